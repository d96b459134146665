"""Kedro's many hooks, told as five events: of the run, of a step, and of a dataset that came or went."""

import time
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from evergreen.hooks.begin import SEQUENTIAL, begin_run
from evergreen.hooks.rows import count_rows, file_bytes, total
from evergreen.hooks.watch import FUNCTION, StepWatch
from evergreen.ledger import Meter, Place, RunRecord, Status, StepRecord, error_text
from evergreen.staging import dataset_location


@dataclass
class RunState:
    """The run in hand.

    Attributes:
        run: its line in the ledger.
        nodes: its nodes, in order.
        catalog: its catalog.
        cpu_before: processor time when it started, in seconds.
        open_steps: the steps on their way, by node name.
        ended_steps: the steps that ended in this process.
    """

    run: RunRecord
    nodes: tuple[Node, ...]
    catalog: Any
    cpu_before: float | None
    open_steps: dict[str, StepWatch] = field(default_factory=dict)
    ended_steps: list[StepRecord] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.positions = {node.name: place for place, node in enumerate(self.nodes, start=1)}


class RunEvents:
    """Watches runs and tells its heirs of five events.

    Hooks that time a step run as close to the step as pluggy allows: last before it and first after it. A run that no
    Kedro session started (a bare runner) is not watched.

    Args:
        meter: what reads processor time and memory.

    Attributes:
        place: the project and the environment.
        state: the run in hand, from its start until after its end was told; None between runs.
    """

    def __init__(self, meter: Meter) -> None:
        self.place: Place | None = None
        self.state: RunState | None = None
        self._meter = meter
        self._lock = Lock()

    def run_started(self, run: RunRecord) -> RunRecord:
        """A run starts; return its line as it shall be from now on."""
        return run

    def step_started(self, step: StepRecord) -> None:
        """A step starts."""

    def step_ended(self, step: StepRecord) -> None:
        """A step ends, well or not."""

    def dataset_moved(self, name: str, data: Any, *, is_saved: bool) -> None:
        """A dataset was loaded, or saved."""

    def run_ended(self, run: RunRecord) -> None:
        """The run ends, well or not."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Note the project, the environment and the globals."""
        self.place = Place.of(context)

    @hook_impl(trylast=True)
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        """Start a run; one that never came to its end in this process was stopped by hand."""
        if self.place is None:
            return
        if self.state is not None:
            self.run_ended(replace(self.state.run, status="interrupted"))
        nodes = tuple(pipeline.nodes)
        run = begin_run(self.place, run_params=run_params, catalog=catalog, n_steps=len(nodes))
        self.state = RunState(run=run, nodes=nodes, catalog=catalog, cpu_before=self._meter.cpu_seconds())
        self.state.run = self.run_started(run)

    @hook_impl(trylast=True)
    def before_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Start a step with its first input, and the clock of the input."""
        if step := self._step(node):
            step.mark(dataset_name)

    @hook_impl(tryfirst=True)
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Node) -> None:
        """Stop the clock of the input."""
        if step := self._step(node):
            step.load_seconds += step.since(dataset_name)
            self.dataset_moved(dataset_name, data, is_saved=False)

    @hook_impl(trylast=True)
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        """Count what goes in and start the clock of the function."""
        if step := self._step(node):
            step.rows_in = total(map(count_rows, inputs.values()))
            step.mark(FUNCTION)

    @hook_impl(tryfirst=True)
    def after_node_run(self, node: Node, outputs: dict[str, Any]) -> None:
        """Stop the clock of the function and count what came out."""
        if step := self._step(node):
            step.add_function_time()
            if not step.is_stream:
                step.rows_out = total(map(count_rows, outputs.values()))
            self._end_if_complete(step)

    @hook_impl(trylast=True)
    def before_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Start the clock of the output; a node that yields has worked until now."""
        if step := self._step(node):
            if step.is_stream:
                step.add_function_time()
                step.rows_out = total((step.rows_out, count_rows(data)))
            step.mark(dataset_name)

    @hook_impl(tryfirst=True)
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Stop the clock of the output; the last one ends the step."""
        if (step := self._step(node)) and self.state:
            location = dataset_location(self.state.catalog.get(dataset_name))
            step.add_saved(dataset_name, file_bytes(location))
            self.dataset_moved(dataset_name, data, is_saved=True)
            self._end_if_complete(step)
            step.mark(FUNCTION)

    @hook_impl(tryfirst=True)
    def on_node_error(self, error: Exception, node: Node) -> None:
        """End the step whose function failed."""
        if step := self._step(node):
            step.add_function_time()
            self._end_step(step, "failed", error)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """End the run."""
        self._end_run("done", None)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """End the run, and the step whose reading or writing failed."""
        self._end_run("failed", error)

    def _step(self, node: Node) -> StepWatch | None:
        state = self.state
        if state is None or node.name not in state.positions:
            return None
        with self._lock:
            step = state.open_steps.get(node.name)
            return step or self._start_step(state, node)

    def _start_step(self, state: RunState, node: Node) -> StepWatch:
        if state.run.runner == SEQUENTIAL:
            # A node that yields does not say when it is done; that the next one starts does.
            for other in tuple(state.open_steps.values()):
                self._end_step(other, "done", None)
        step = StepWatch(state.run.run_id, node, state.positions[node.name], self._meter)
        state.open_steps[node.name] = step
        self.step_started(step.record("running"))
        return step

    def _end_if_complete(self, step: StepWatch) -> None:
        if step.is_complete:
            self._end_step(step, "done", None)

    def _end_step(self, step: StepWatch, status: Status, error: Exception | None) -> None:
        if self.state is not None and step.node.name in self.state.open_steps:
            del self.state.open_steps[step.node.name]
            record = step.record(status, error)
            self.state.ended_steps.append(record)
            self.step_ended(record)

    def _end_run(self, status: Status, error: Exception | None) -> None:
        if (state := self.state) is None:
            return
        for step in tuple(state.open_steps.values()):
            self._end_step(step, status, error)
        cpu = self._meter.cpu_seconds()
        run = replace(
            state.run,
            wall_seconds=time.perf_counter() - state.started,
            cpu_seconds=None if cpu is None or state.cpu_before is None else cpu - state.cpu_before,
            status=status,
            error=None if error is None else error_text(error),
        )
        self.run_ended(run)
        self.state = None
