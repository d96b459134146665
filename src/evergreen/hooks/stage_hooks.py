"""The outputs of a stage appear all at once, when its last node has ended, or not at all."""

import atexit
import inspect
import os
from pathlib import Path
from threading import Lock
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.runner import SequentialRunner

from evergreen.hooks.begin import SEQUENTIAL, runner_name
from evergreen.hooks.stages import StagePlan, stage_by_stage
from evergreen.ledger import Place
from evergreen.staging import Dataset, StagedWrites, Staging, is_out_of_hand, local_path, recover


class StagedRun:
    """One run whose outputs are staged.

    Args:
        pipeline: the nodes that will run.
        catalog: their catalog; it has a staging from now on.
        journal: the journal of the case, None for none.
        is_sequential: whether a node only starts when the one before has ended.
    """

    def __init__(self, pipeline: Pipeline, catalog: StagedWrites, journal: Path | None, *, is_sequential: bool) -> None:
        self.catalog = catalog
        self.staging = Staging(journal, _readers(pipeline, catalog))
        self._plan = StagePlan(pipeline)
        self._is_sequential = is_sequential
        self._saved: dict[str, set[str]] = {}
        self._streams: dict[str, Node] = {}
        self._lock = Lock()
        catalog.staging = self.staging

    def start(self, node: Node) -> None:
        """A node starts. One that yields does not say when it is done; that another one starts does."""
        with self._lock:
            below = self._plan.rests_on(node)
            over = [one for one in self._streams.values() if self._is_sequential or below & set(one.outputs)]
            for stream in over:
                del self._streams[stream.name]
                self._end(stream)
            if inspect.isgeneratorfunction(node.func):
                self._streams[node.name] = node

    def before_save(self, name: str, node: Node) -> None:
        """A dataset is about to be saved; what cannot be taken back comes after all that it rests on."""
        dataset = self.catalog.get(name)
        if dataset is not None and is_out_of_hand(dataset):
            with self._lock:
                self.staging.commit(self._plan.rests_on(node))

    def after_save(self, name: str, node: Node) -> None:
        """A dataset was saved; the last one ends its node."""
        with self._lock:
            saved = self._saved.setdefault(node.name, set())
            saved.add(name)
            if saved >= set(node.outputs) and node.name not in self._streams:
                self._end(node)

    def end_without_outputs(self, node: Node) -> None:
        """A node ended that saves nothing."""
        with self._lock:
            self._end(node)

    def close(self, *, is_done: bool) -> None:
        """The run ended: what is complete is put into place if it ended well, all else is given up."""
        is_in_place = False
        try:
            if is_done:
                self.staging.commit()
                is_in_place = True
        finally:
            self.catalog.staging = None
            self.staging.close(is_done=is_in_place)

    def _end(self, node: Node) -> None:
        if complete := self._plan.end(node):
            self.staging.commit(complete)


class StageHooks:
    """Stages the outputs of every run that the catalog can stage: all but parallel ones."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._run: StagedRun | None = None
        self._pid = 0

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Note the project and the environment."""
        self._place = Place.of(context)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        """Clear away what a run left that was cut off, and begin to stage."""
        self._give_up()
        if self._place is None or not isinstance(catalog, StagedWrites):
            return
        journal = _journal(self._place)
        if journal is not None:
            recover(journal)
        # The runner and all hooks go by this list, which Kedro makes anew for every run.
        pipeline.nodes[:] = stage_by_stage(pipeline)
        is_sequential = runner_name(run_params.get("runner")) == SEQUENTIAL
        self._run = StagedRun(_to_run(run_params, pipeline, catalog), catalog, journal, is_sequential=is_sequential)
        self._pid = os.getpid()
        # A run that is stopped by hand is told to no hook.
        atexit.register(self._give_up)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Note that a node starts."""
        if self._run is not None:
            self._run.start(node)

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Note the end of a node that saves nothing."""
        if self._run is not None and not node.outputs:
            self._run.end_without_outputs(node)

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Put into place what a dataset rests on that is written at once."""
        if self._run is not None:
            self._run.before_save(dataset_name, node)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Put a stage into place when its last dataset is saved."""
        if self._run is not None:
            self._run.after_save(dataset_name, node)

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, run_result: dict[str, Any] | None) -> None:
        """Put into place what is left, before anybody looks at the outputs."""
        self._close(is_done=True, run_result=run_result)

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self) -> None:
        """Give up what is not complete."""
        self._close(is_done=False, run_result=None)

    def _close(self, *, is_done: bool, run_result: dict[str, Any] | None) -> None:
        run, self._run = self._run, None
        atexit.unregister(self._give_up)
        if run is None:
            return
        run.close(is_done=is_done)
        for name in run_result or ():
            # Kedro took the datasets of the result while some may have been staged.
            run_result[name] = run.catalog[name]  # type: ignore[index]

    def _give_up(self) -> None:
        if self._run is not None and self._pid == os.getpid():
            self._close(is_done=False, run_result=None)


def _journal(place: Place) -> Path | None:
    # Without the lock of the case nobody may clear up after others: then there is no journal.
    if place.data_path is None or place.may_only_read:
        return None
    return place.data_path / f".{place.case}.journal"


def _to_run(run_params: dict[str, Any], pipeline: Pipeline, catalog: StagedWrites) -> Pipeline:
    if not run_params.get("only_missing_outputs"):
        return pipeline
    # Kedro sorts out only later what is there already; a stage is complete without those nodes.
    return SequentialRunner()._filter_pipeline_for_missing_outputs(pipeline, catalog)


def _readers(pipeline: Pipeline, catalog: StagedWrites) -> dict[Path, list[Dataset]]:
    readers: dict[Path, list[Dataset]] = {}
    for name in sorted(pipeline.datasets()):
        dataset = catalog.get(name) if name in catalog else None
        if dataset is not None and (path := local_path(dataset)):
            readers.setdefault(path, []).append(dataset)
    return readers
