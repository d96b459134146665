"""Entering work done by hand, so that its share of the time is visible too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from evergreen.ledger.begin import new_run
from evergreen.ledger.meter import ProcessMeter
from evergreen.ledger.place import Place
from evergreen.ledger.recorder import Recorder
from evergreen.ledger.schema import RunRecord, Status, error_text

BY_HAND = "by hand"


@contextmanager
def recorded_work(context: Any, title: str) -> Iterator[None]:
    """Enter a stretch of work as a run without steps.

    Args:
        context: Kedro's ``context``, as a notebook has it.
        title: what the work is about; it stands in the column ``pipeline``.

    Yields:
        Nothing; the work is what happens inside ``with``. An error in it is entered and raised again.
    """
    place, meter = Place.of(context), ProcessMeter()
    run_id = datetime.now(UTC).strftime("%Y-%m-%dT%H.%M.%S.%fZ")
    recorder = Recorder(place.ledger_path)
    run = recorder.start(replace(new_run(place, run_id=run_id, pipeline=title), runner=BY_HAND))
    meter.start_peak()
    wall, cpu = time.perf_counter(), meter.cpu_seconds()
    status: Status = "interrupted"
    error: BaseException | None = None
    try:
        yield
        status = "done"
    except Exception as raised:
        status, error = "failed", raised
        raise
    finally:
        spent = replace(run, wall_seconds=time.perf_counter() - wall, cpu_seconds=meter.cpu_seconds() - cpu)
        recorder.end(_ended(spent, meter, status, error))


def _ended(run: RunRecord, meter: ProcessMeter, status: Status, error: BaseException | None) -> RunRecord:
    text = None if error is None else error_text(error)
    return replace(run, peak_memory_mb=meter.peak_memory_mb(), status=status, error=text)
