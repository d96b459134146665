"""The book of trials: what was tried, by whom, and how it ended; it survives the process, and the loss of its file."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import Any, TypeVar

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError, UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage, fail_stale_trials
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from evergreen.models.candidates import Settings
from evergreen.tuning.budget import Budget
from evergreen.tuning.race import Outcome
from evergreen.tuning.record import OUTCOME, STATES, SURPLUS, Record, record_of, written
from evergreen.tuning.sampler import START, SeededSampler
from evergreen.tuning.search import Search
from evergreen.tuning.space import Space, choose_settings, parameters_of

_AGAIN, _FINISHED = "again", "finished"
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Asked:
    """A trial that has begun.

    Attributes:
        number: of the trial.
        settings: what to try.
        start: its place among the first trials; None for all others.
        trial: what the study knows of it.
    """

    number: int
    settings: Settings
    start: int | None
    trial: Trial


class Book:
    """Opens a study, or goes on with it.

    Where the storage fails on the way the search goes on without it: everything known so far is carried over into
    memory, and the trial under way says so.

    Args:
        search: the way to the storage.
        name: of the study.
        space: what may be chosen from.
        firsts: the first trials.
        random_state: seed of what is chosen.
    """

    def __init__(self, search: Search, name: str, space: Space, firsts: Sequence[Settings], random_state: int) -> None:
        self._search = search
        self._space = space
        self._firsts = tuple(firsts)
        self._sampler = SeededSampler([parameters_of(one) for one in firsts], random_state)
        self._name = name
        self._known: list[FrozenTrial] = []
        self._trouble = ""
        self._is_trouble_told = True
        self._under_way: int | None = None
        self._passed: dict[int, float] = {}
        self._storage: BaseStorage | None = None
        try:
            self._storage = search.open_storage(name)
            self._study = self._open(self._storage)
            self._bury()
        except (OSError, StorageInternalError) as error:
            self._note_trouble(error)
            self._study = self._open(None)

    def ask(self, budget: Budget) -> Asked | None:
        """Begin a trial.

        Args:
            budget: where it is in trials, those of all processes together count.

        Returns:
            The trial; None where other processes have taken the last one meanwhile.
        """
        self._under_way = None
        asked = self._safely(lambda: self._ask(budget), lambda: self._ask(budget))
        self._under_way = None if asked is None else asked.number
        self._passed = {}
        return asked

    def report(self, asked: Asked, step: int, loss: float) -> None:
        """Write down that a rung was passed."""
        self._passed[step] = loss
        self._safely(lambda: self._told(asked).report(loss, step), lambda: None)

    def close(self, asked: Asked, outcome: Outcome) -> None:
        """Write down how a trial ended."""

        def close() -> None:
            trial = self._told(asked)
            self._close(self._with_trouble(outcome), trial)

        self._safely(close, lambda: self._add(asked, self._with_trouble(outcome)))
        self._under_way = None

    def records(self) -> list[Record]:
        """Read the book.

        Returns:
            One record a trial, in order; those of other processes too, without such as were begun beyond the budget.
        """
        self._known = self._safely(self._trials, self._trials)
        found = (record_of(trial) for trial in self._known if trial.state is not TrialState.WAITING)
        return [record for record in found if record is not None]

    def is_finished(self, budget: Budget) -> bool:
        """Tell whether a search with this budget, or a larger one of its kind, has come to its end before."""
        return bool(self._finished().get(budget.unit, 0) >= budget.amount)

    def finish(self, budget: Budget) -> None:
        """Write down that the search has come to its end."""
        told = {**self._finished(), budget.unit: budget.amount}
        self._safely(lambda: self._study.set_user_attr(_FINISHED, told), lambda: None)

    @contextmanager
    def alive(self, asked: Asked) -> Iterator[None]:
        """Say while a trial goes on that its process lives, where others listen."""
        listener, over = self._listener, Event()
        if listener is None:
            yield
            return
        seconds = self._search.beat_seconds or 1.0
        thread = Thread(target=_beat, args=(listener, asked.trial._trial_id, seconds, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @property
    def _listener(self) -> RDBStorage | None:
        is_deaf = self._search.beat_seconds is None or bool(self._trouble)
        return None if is_deaf or not isinstance(self._storage, RDBStorage) else self._storage

    def _trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _finished(self) -> dict[str, float]:
        found: dict[str, Any] = self._safely(lambda: self._study.user_attrs, dict)
        return dict(found.get(_FINISHED, {}))

    def _open(self, storage: BaseStorage | None) -> optuna.Study:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        return optuna.create_study(
            study_name=self._name, storage=storage, sampler=self._sampler, direction="minimize", load_if_exists=True
        )

    def _ask(self, budget: Budget) -> Asked | None:
        if self._search.is_shared:
            self._bury_stale()
        with warnings.catch_warnings():
            # Heartbeats are sent here, not by Optuna's own loop.
            warnings.simplefilter("ignore", UserWarning)
            trial = self._study.ask()
        if self._listener is not None:
            # A trial that was never heard of cannot be missed.
            self._listener.record_heartbeat(trial._trial_id)
        if self._is_surplus(trial.number, budget):
            trial.set_user_attr(OUTCOME, {SURPLUS: True})
            self._study.tell(trial, state=TrialState.FAIL)
            return None
        chosen = choose_settings(trial, self._space)
        start = self._sampler.start
        return Asked(trial.number, chosen if start is None else self._firsts[start], start, trial)

    def _is_surplus(self, number: int, budget: Budget) -> bool:
        if not (self._search.is_shared and budget.is_in_trials):
            return False
        begun = (record_of(one) for one in self._trials() if one.state is not TrialState.WAITING)
        n_before = sum(one is not None and one.number < number and not one.has_died for one in begun)
        return n_before >= budget.amount

    def _bury(self) -> None:
        """Mark trials as failed whose process has ended, and put them in line again, each once."""
        if self._search.is_shared:
            self._bury_stale()
            return
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            ended = record_of(trial, is_over=True)
            if ended is not None and not ended.has_died:
                # It had ended when the process did, only that was not written down any more.
                value = ended.loss if ended.state == "done" else None
                self._study.tell(trial.number, value, state=STATES[ended.state])
                continue
            self._study.tell(trial.number, state=TrialState.FAIL)
            put_in_line(self._study, trial)

    def _bury_stale(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            fail_stale_trials(self._study)

    def _told(self, asked: Asked) -> Trial:
        if asked.trial.study is not self._study:
            raise OSError(self._trouble)
        return asked.trial

    def _with_trouble(self, outcome: Outcome) -> Outcome:
        word = "" if self._is_trouble_told else self._trouble
        self._is_trouble_told = True
        return replace(outcome, word=f"{outcome.word} {word}".strip())

    def _close(self, outcome: Outcome, trial: Trial) -> None:
        try:
            trial.set_user_attr(OUTCOME, written(outcome, self._search.worker))
            if outcome.state == "done":
                self._study.tell(trial, outcome.loss)
            else:
                self._study.tell(trial, state=STATES[outcome.state])
        except (UpdateFinishedTrialError, ValueError):
            # Others took this process for dead; the trial is theirs now.
            if not self._search.is_shared:
                raise

    def _add(self, asked: Asked, outcome: Outcome) -> None:
        """Put a trial that the lost storage knew as running into the book in memory."""
        if len(self._trials()) > asked.number:
            return
        is_done = outcome.state == "done"
        self._study.add_trial(
            create_trial(
                state=STATES[outcome.state],
                value=outcome.loss if is_done else None,
                params=asked.trial.params,
                distributions=asked.trial.distributions,
                user_attrs={OUTCOME: written(outcome, self._search.worker)},
                intermediate_values=self._passed,
            )
        )

    def _safely(self, action: Callable[[], _T], without: Callable[[], _T]) -> _T:
        """Do something with the storage; where it fails, carry the book over into memory and do it there."""
        try:
            return action()
        except (OSError, StorageInternalError) as error:
            if not self._trouble:
                self._to_memory(error)
            return without()

    def _note_trouble(self, error: Exception) -> None:
        cause = error if isinstance(error, OSError) else error.__cause__ or error
        what = getattr(cause, "strerror", None) or type(cause).__name__
        self._trouble = f"From here on the study is kept in memory only ({what})."
        self._is_trouble_told = False

    def _to_memory(self, error: Exception) -> None:
        self._note_trouble(error)
        with suppress(OSError, StorageInternalError):
            self._known = self._trials()
        self._study = self._open(None)
        for trial in self._known:
            if self._under_way is None or trial.number < self._under_way:
                is_open = not trial.state.is_finished()
                self._study.add_trial(_failed(trial) if is_open else trial)


def put_in_line(study: optuna.Study, dead: FrozenTrial) -> None:
    """Have a trial that died with its process done again, once.

    Args:
        study: it is of.
        dead: the trial, marked as failed.
    """
    if dead.user_attrs.get(_AGAIN):
        return
    sampler = study.sampler
    start = sampler.start_of(dead) if isinstance(sampler, SeededSampler) else None
    told: dict[str, Any] = {_AGAIN: True} if start is None else {_AGAIN: True, START: start}
    study.enqueue_trial({} if start is not None else dead.params, user_attrs=told)


def _beat(storage: RDBStorage, trial_id: int, seconds: float, over: Event) -> None:
    while not over.is_set():
        try:
            storage.record_heartbeat(trial_id)
        except (OSError, StorageInternalError):
            return
        over.wait(seconds)


def _failed(trial: FrozenTrial) -> FrozenTrial:
    return create_trial(
        state=TrialState.FAIL,
        params=trial.params,
        distributions=trial.distributions,
        user_attrs=trial.user_attrs,
    )
