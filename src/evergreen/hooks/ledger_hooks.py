"""Every run and every step goes into the ledger."""

from dataclasses import replace

from evergreen.hooks.events import RunEvents
from evergreen.ledger import ProcessMeter, Recorder, RunRecord, StepRecord


class LedgerHooks(RunEvents):
    """Writes runs and steps into the ledger of the place they run in."""

    def __init__(self) -> None:
        self._process = ProcessMeter()
        self._recorder = Recorder(None)
        super().__init__(self._process)

    def run_started(self, run: RunRecord) -> RunRecord:
        """Enter the run; another run with the same id makes it change its own."""
        self._process.forget()
        self._recorder = Recorder(self.place.ledger_path if self.place else None)
        return self._recorder.start(run)

    def step_started(self, step: StepRecord) -> None:
        """Enter the step."""
        self._recorder.put(step)

    def step_ended(self, step: StepRecord) -> None:
        """Enter how the step ended."""
        self._recorder.put(step)

    def run_ended(self, run: RunRecord) -> None:
        """Enter how the run ended."""
        self._process.peak_memory_mb()
        self._recorder.end(replace(run, peak_memory_mb=self._process.highest_mb))
