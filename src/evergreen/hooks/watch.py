"""One step on its way: what happened to it so far, and the ledger's line that follows from it."""

import inspect
import time
from dataclasses import dataclass, field
from typing import Any

from kedro.pipeline.node import Node

from evergreen.hooks.rows import total
from evergreen.ledger import Meter, Status, StepRecord, error_text, utc_now

# What is timed goes by the dataset's name, and no dataset has an empty one.
FUNCTION = ""
_PIPELINES_FOLDER = "pipelines"


@dataclass
class StepWatch:
    """Gathers the events of one node.

    Attributes:
        run_id: the run.
        node: the node.
        position: its place in the run, from 1.
        meter: what reads processor time and memory.
    """

    run_id: str
    node: Node
    position: int
    meter: Meter
    started_at: str = field(default_factory=utc_now)
    wall_seconds: float | None = None
    load_seconds: float = 0.0
    save_seconds: float = 0.0
    rows_in: int | None = None
    rows_out: int | None = None

    def __post_init__(self) -> None:
        self.is_stream = inspect.isgeneratorfunction(self.node.func)
        self._cpu_before = self.meter.cpu_seconds()
        self.meter.start_peak()
        self._marks: dict[str, float] = {}
        self._saved: dict[str, int | None] = {}

    @property
    def is_complete(self) -> bool:
        """Whether all outputs are saved. A node that yields may always yield again."""
        return self.wall_seconds is not None and not self.is_stream and self._saved.keys() >= set(self.node.outputs)

    def mark(self, what: str) -> None:
        """Begin to time something, by name."""
        self._marks[what] = time.perf_counter()

    def since(self, what: str) -> float:
        """Seconds since ``mark``."""
        return time.perf_counter() - self._marks[what]

    def add_function_time(self) -> None:
        """End a stretch in which the node's function worked."""
        self.wall_seconds = (self.wall_seconds or 0.0) + self.since(FUNCTION)

    def add_saved(self, dataset_name: str, n_bytes: int | None) -> None:
        """Note an output that is written."""
        self.save_seconds += self.since(dataset_name)
        self._saved[dataset_name] = n_bytes

    def record(self, status: Status, error: BaseException | None = None) -> StepRecord:
        """Draw up the ledger's line.

        Args:
            status: how the step stands.
            error: what ended it.

        Returns:
            The line; figures of a step that has just begun are null.
        """
        is_new = status == "running"
        cpu_now = None if is_new else self.meter.cpu_seconds()
        return StepRecord(
            run_id=self.run_id,
            step=self.node.short_name,
            stage=stage_of(self.node),
            position=self.position,
            started_at=self.started_at,
            wall_seconds=self.wall_seconds,
            load_seconds=None if is_new else self.load_seconds,
            save_seconds=None if is_new else self.save_seconds,
            cpu_seconds=None if cpu_now is None or self._cpu_before is None else cpu_now - self._cpu_before,
            peak_memory_mb=None if is_new else self.meter.peak_memory_mb(),
            rows_in=self.rows_in,
            rows_out=self.rows_out,
            bytes_out=total(self._saved.values()),
            status=status,
            error=None if error is None else error_text(error),
        )


def stage_of(node: Any) -> str | None:
    """Name the stage a node belongs to.

    Args:
        node: a Kedro node.

    Returns:
        Its namespace; else its only tag; else the folder under ``pipelines`` that its function lives in; else None.
    """
    if node.namespace:
        return str(node.namespace)
    if len(node.tags) == 1:
        return str(next(iter(node.tags)))
    parts = str(getattr(node.func, "__module__", "")).split(".")
    after = parts[parts.index(_PIPELINES_FOLDER) + 1 :] if _PIPELINES_FOLDER in parts else []
    return after[0] if after else None
