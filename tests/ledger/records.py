"""Ledger lines to test with."""

from dataclasses import replace
from typing import Any

from evergreen.ledger import RunRecord, StepRecord

_RUN = RunRecord(
    run_id="r1",
    project_version="0.1.0",
    case="demo",
    env="local",
    pipeline="__default__",
    runner="SequentialRunner",
    as_of="2010-06-30",
    runtime_params="{}",
    n_steps=2,
    host="here",
    pid=1,
    process_start=None,
    started_at="2024-02-29T12:00:00.000+00:00",
)
_STEP = StepRecord(run_id="r1", step="repair", stage=None, position=1, started_at="2024-02-29T12:00:00.000+00:00")


def a_run(**changes: Any) -> RunRecord:
    return replace(_RUN, **changes)


def a_step(**changes: Any) -> StepRecord:
    return replace(_STEP, **changes)
