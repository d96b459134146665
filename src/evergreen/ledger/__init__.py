"""The record of runs: what ran, when, how long, at what cost, and how it ended."""

from evergreen.ledger.begin import new_run, utc_now
from evergreen.ledger.meter import Meter, NoMeter, ProcessMeter
from evergreen.ledger.place import Place
from evergreen.ledger.read import read_runs, read_steps, time_shares
from evergreen.ledger.recorder import Recorder
from evergreen.ledger.schema import RunRecord, Status, StepRecord, error_text
from evergreen.ledger.work import recorded_work

__all__ = [
    "Meter",
    "NoMeter",
    "Place",
    "ProcessMeter",
    "Recorder",
    "RunRecord",
    "Status",
    "StepRecord",
    "error_text",
    "new_run",
    "read_runs",
    "read_steps",
    "recorded_work",
    "time_shares",
    "utc_now",
]
