"""What the log of the service tells of each window, beside its rows."""

import json
from collections import Counter
from datetime import date

import numpy as np
import pandas as pd

from evergreen.prediction_log import FAILED
from evergreen.watching.periods import Width, first_day, name_windows
from evergreen.watching.service import ServiceRecord

# Of so many requests, one may take longer than the p99.
_HUNDRED = 100


def count_answers(answers: pd.DataFrame, width: Width | None, *, horizon: date) -> dict[str, ServiceRecord]:
    """Count the answers of each window.

    Args:
        answers: every answer that is kept, ``ANSWER_COLUMNS``.
        width: of the windows; where a run is a window, each day is one.
        horizon: the day from which on answers are kept; a window that began before has lost some, and is left out.

    Returns:
        Window -> what is kept of its answers.
    """
    if answers.empty:
        return {}
    names = name_windows(answers["at"], width or "day")
    parts = answers.groupby(names.to_numpy(), sort=True)
    return {str(name): _record(part) for name, part in parts if first_day(str(name)) >= horizon}


def _record(answers: pd.DataFrame) -> ServiceRecord:
    by_request = answers.groupby("request_id")
    # The limit of a case is that of one row; others of the request may lie in other windows, or with another release.
    latency = np.sort((by_request["latency_ms"].max() / by_request["request_rows"].max()).to_numpy())
    odd = answers[~answers["is_same"]]
    gaps = odd["gap"].to_numpy()
    n_failed = int((answers["reasons"] == FAILED).sum())
    return ServiceRecord(
        n_answers=len(answers),
        n_unusable=int((answers["reasons"] != "").sum()) - n_failed,
        n_failed=n_failed,
        n_requests=len(latency),
        p50_ms=float(latency[(len(latency) - 1) // 2]),
        p99_ms=float(latency[-1 - _n_above(len(latency))]),
        n_asked_again=int(answers["is_asked_again"].sum()),
        n_differing=len(odd),
        differing=dict(sorted(Counter(name for told in odd["differing"] for name in json.loads(told)).items())),
        largest_gap=float(np.nanmax(gaps)) if len(gaps) and not np.isnan(gaps).all() else 0.0,
    )


def _n_above(n_requests: int) -> int:
    """Say how many requests may take longer than the p99: one of a hundred, rounded down, but at least the slowest."""
    return min(max(n_requests // _HUNDRED, 1), n_requests - 1)
