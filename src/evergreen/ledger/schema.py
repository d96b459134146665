"""What the ledger holds: one row a run, one row a step of a run."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["running", "done", "failed", "interrupted"]

SCHEMA_VERSION = 1
MAX_ERROR_CHARS = 500

DDL = """
CREATE TABLE IF NOT EXISTS runs (
    run_id          TEXT PRIMARY KEY,
    project_version TEXT NOT NULL,
    "case"          TEXT NOT NULL,
    env             TEXT NOT NULL,
    pipeline        TEXT NOT NULL,
    runner          TEXT NOT NULL,
    as_of           TEXT,
    runtime_params  TEXT NOT NULL,
    n_steps         INTEGER NOT NULL,
    host            TEXT NOT NULL,
    pid             INTEGER NOT NULL,
    process_start   INTEGER,
    started_at      TEXT NOT NULL,
    startup_seconds REAL,
    wall_seconds    REAL,
    cpu_seconds     REAL,
    peak_memory_mb  REAL,
    status          TEXT NOT NULL,
    error           TEXT
);
CREATE TABLE IF NOT EXISTS steps (
    run_id          TEXT NOT NULL REFERENCES runs (run_id),
    step            TEXT NOT NULL,
    stage           TEXT,
    position        INTEGER NOT NULL,
    started_at      TEXT NOT NULL,
    wall_seconds    REAL,
    load_seconds    REAL,
    save_seconds    REAL,
    cpu_seconds     REAL,
    peak_memory_mb  REAL,
    rows_in         INTEGER,
    rows_out        INTEGER,
    bytes_out       INTEGER,
    status          TEXT NOT NULL,
    error           TEXT,
    PRIMARY KEY (run_id, step)
);
"""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run of a pipeline.

    Attributes:
        run_id: Kedro's session id, a UTC time stamp.
        project_version: version of the package, with the commit where it is known.
        case: the business case.
        env: the Kedro environment.
        pipeline: the pipelines' names, joined by ``+``.
        runner: the runner's class.
        as_of: the logical date of the run, ISO.
        runtime_params: what ``--params`` gave, as JSON; values under secret-looking keys are masked.
        n_steps: steps the run set out to do.
        host: the machine.
        pid: the process.
        process_start: when the process started, in clock ticks since boot; tells it from a later one with its number.
        started_at: UTC, ISO.
        startup_seconds: CPU seconds the process worked before ``started_at``: Python, Kedro and libraries starting;
            null where it was not started for the run.
        wall_seconds: from ``started_at`` to the end.
        cpu_seconds: user and system time of the process and its children, >= 0.
        peak_memory_mb: the highest resident memory of the process, in units of 2**20 bytes.
        status: how it stands or ended.
        error: what ended it, in at most ``MAX_ERROR_CHARS`` characters.
    """

    run_id: str
    project_version: str
    case: str
    env: str
    pipeline: str
    runner: str
    as_of: str | None
    runtime_params: str
    n_steps: int
    host: str
    pid: int
    process_start: int | None
    started_at: str
    startup_seconds: float | None = None
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory_mb: float | None = None
    status: Status = "running"
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """One step of a run, which is one node.

    Attributes:
        run_id: the run.
        step: the node's name.
        stage: the stage the node belongs to, where it is known.
        position: the node's place in the run, from 1.
        started_at: UTC, ISO.
        wall_seconds: the node's function alone.
        load_seconds: reading its inputs.
        save_seconds: writing its outputs.
        cpu_seconds: user and system time of the process and its children from the first load to the last save.
        peak_memory_mb: the highest resident memory of the process in that time, in units of 2**20 bytes.
        rows_in: rows of all tables it got; null where it got none.
        rows_out: rows of all tables it gave; null where it gave none.
        bytes_out: size of the files it wrote; null where it wrote no plain local file.
        status: how it stands or ended.
        error: what ended it, in at most ``MAX_ERROR_CHARS`` characters.
    """

    run_id: str
    step: str
    stage: str | None
    position: int
    started_at: str
    wall_seconds: float | None = None
    load_seconds: float | None = None
    save_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory_mb: float | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    bytes_out: int | None = None
    status: Status = "running"
    error: str | None = None


def error_text(error: BaseException) -> str:
    """Say an error in one line of bounded length.

    Args:
        error: what was raised.

    Returns:
        ``"KeyError: 'age'"``: its kind and its message on one line, at most ``MAX_ERROR_CHARS`` characters.
    """
    message = " ".join(str(error).split())
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return text if len(text) <= MAX_ERROR_CHARS else f"{text[: MAX_ERROR_CHARS - 3]}..."
