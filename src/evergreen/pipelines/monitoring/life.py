"""Alarms of every window, and the incidents that follow from them."""

import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.watch import reference_of
from evergreen.pipelines.monitoring.windows import read_windows, reference_windows_of, width_of
from evergreen.problem import AsOf
from evergreen.releases import Champion, NoChampion
from evergreen.watching import HeardWindow, LiveWindow, fold_incidents, follow_life, watch_release
from evergreen.watching.cost import PAYOFF
from evergreen.watching.life import Promised
from evergreen.watching.outcomes import ALL_ROWS, OutcomeRecord
from evergreen.watching.periods import Width, last_day
from evergreen.watching.scored import CORRECT

ALARM_COLUMNS = {
    "release_id": "str",
    "width": "str",
    "window": "str",
    "n_alarms": "int64",
    "mark": "str",
    "alarms": "str",
}
Incidents = list[dict[str, Any]]


def find_incidents(
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    window_profiles: pd.DataFrame,
    earlier_window_alarms: Callable[[], pd.DataFrame | None],
) -> tuple[pd.DataFrame, Incidents]:
    """Find the alarms of every window that is over, and fold them into incidents.

    Args:
        params: the budget of false alarms.
        as_of: the logical date.
        champion: the live release.
        window_profiles: all windows.
        earlier_window_alarms: reads the alarms of earlier runs; windows before the first that has changed keep theirs.

    Returns:
        One row a window and release, ``alarms`` as JSON; and all incidents, those of former releases first, each with
        ``release_id``, ``is_open`` and the fields of ``Incident``.
    """
    earlier = earlier_window_alarms()
    known = pd.DataFrame(columns=list(ALARM_COLUMNS)).astype(ALARM_COLUMNS) if earlier is None else earlier
    told = reference_windows_of(champion)
    if isinstance(champion, NoChampion) or told is None:
        return known, _fold_all(known, params, live=None)
    width, reference = width_of(champion.problem, params), reference_of(champion)
    windows = read_windows(window_profiles, champion.release_id, width)
    over = [one for one in windows if end_of(one, width) <= as_of.root.isoformat()]
    watch = watch_release(told, params.budget, width=width, quarantined_share=reference.quarantined_share)
    is_own = (known["release_id"] == champion.release_id) & (known["width"] == (width or ""))
    promised = Promised(champion.problem.limits.max_latency_ms, champion.problem.target.delay_days)
    heard = follow_life(watch, told, reference.ranges, over, _as_heard(known[is_own]), promised)
    rows = pd.DataFrame(
        [_as_row(champion.release_id, width, one) for one in heard], columns=list(ALARM_COLUMNS)
    ).astype(ALARM_COLUMNS)
    rest = known[~is_own]
    both = pd.concat([rest, rows], ignore_index=True) if len(rest) else rows
    alarms = both.astype(ALARM_COLUMNS)
    return alarms, _fold_all(alarms, params, live=(champion.release_id, width or ""))


def tabulate_windows(
    params: MonitoringParams, champion: Champion, window_profiles: pd.DataFrame, window_alarms: pd.DataFrame
) -> pd.DataFrame:
    """Lay what the model expected of each window beside what has come.

    Args:
        params: the width of windows.
        champion: the live release.
        window_profiles: all windows.
        window_alarms: their alarms.

    Returns:
        One row a window of the champion: ``window, n_rows, n_quarantined, n_outcomes, n_alarms, expected_accuracy,
        expected_payoff, payoff, expected_outcome, outcome, loss, expected_loss, expected_roc_auc``; of the service
        ``p50_ms, p99_ms, n_answers, n_failed``; of outcomes when they were due ``n_due, n_late``. Money is told per
        decision, accuracy, outcomes and losses per row. What is expected asks the model itself and is blind to concept
        drift; ``expected_outcome`` and ``expected_loss`` are of the rows whose outcome is known. None where there is
        nothing to tell.
    """
    columns = ["window", "n_rows", "n_quarantined", "n_outcomes", "n_alarms", *FIGURES, *COUNTS]
    if isinstance(champion, NoChampion):
        return pd.DataFrame(columns=columns)
    width = width_of(champion.problem, params)
    own = window_alarms[
        (window_alarms["release_id"] == champion.release_id) & (window_alarms["width"] == (width or ""))
    ]
    n_alarms = dict(zip(own["window"], own["n_alarms"], strict=True))
    windows = read_windows(window_profiles, champion.release_id, width)
    rows = [figures_of(one) | {"n_alarms": n_alarms.get(one.record.window)} for one in windows]
    kinds = dict.fromkeys(("n_alarms", *COUNTS), "Int64") | dict.fromkeys(FIGURES, "float64")
    return pd.DataFrame(rows, columns=columns).astype(kinds)


FIGURES = (
    *("expected_accuracy", "expected_payoff", "payoff", "expected_outcome", "outcome", "loss", "expected_loss"),
    *("expected_roc_auc", "p50_ms", "p99_ms"),
)
COUNTS = ("n_answers", "n_failed", "n_due", "n_late")


def _beside(window: LiveWindow) -> dict[str, Any]:
    """Tell what a window keeps beside its record."""
    service, due = window.service, window.due
    found: dict[str, Any] = {"expected_roc_auc": window.expected_roc_auc}
    if service is not None:
        found |= {"n_answers": service.n_answers, "n_failed": service.n_failed}
        found |= {"p50_ms": service.p50_ms, "p99_ms": service.p99_ms}
    return found | ({} if due is None else {"n_due": due.n_due, "n_late": due.n_missing})


def figures_of(window: LiveWindow) -> dict[str, Any]:
    """Lay what the model expected of a window beside what has come.

    Args:
        window: the window.

    Returns:
        The columns of ``tabulate_windows`` that are known, but for the number of alarms.
    """
    record = window.record
    n_rows, expected, came = record.n_rows, record.expected, record.outcomes
    found: dict[str, Any] = {
        "window": record.window,
        "n_rows": n_rows,
        "n_quarantined": record.n_quarantined,
        "n_outcomes": 0 if came is None else came.n_outcomes,
    }
    if n_rows:
        told = {"expected_accuracy": expected.get(CORRECT), "expected_payoff": expected.get(PAYOFF)}
        found |= {name: None if total is None else total / n_rows for name, total in told.items()}
    return found | _beside(window) | ({} if came is None else _came(came))


def _came(outcomes: OutcomeRecord) -> dict[str, float]:
    n, whole = outcomes.n_outcomes, outcomes.segments[ALL_ROWS]
    found = {
        "expected_outcome": outcomes.expected / n,
        "outcome": outcomes.happened / n,
        "loss": outcomes.loss.s[0] / n,
    }
    if outcomes.by_score is not None:
        found["expected_loss"] = (outcomes.loss.s[0] - whole.excess.s[0]) / n
    if whole.money is not None:
        found["payoff"] = whole.money.s[0] / n
    return found


def end_of(window: LiveWindow, width: Width | None) -> str:
    """Give the last day of a window.

    Args:
        window: the window.
        width: of the windows; None where a run is a window.

    Returns:
        The day, ISO.
    """
    name = window.record.window
    return name if width is None else last_day(name, width).isoformat()


def _as_heard(rows: pd.DataFrame) -> list[HeardWindow]:
    return [
        HeardWindow.model_validate(
            {"window": one["window"], "mark": one["mark"], "alarms": json.loads(str(one["alarms"]))}
        )
        for one in rows.to_dict("records")
    ]


def _as_row(release_id: str, width: Width | None, heard: HeardWindow) -> dict[str, Any]:
    alarms = json.dumps([one.model_dump(mode="json") for one in heard.alarms], ensure_ascii=False)
    told = {"window": heard.window, "n_alarms": len(heard.alarms), "mark": heard.mark, "alarms": alarms}
    return {"release_id": release_id, "width": width or "", **told}


def _fold_all(window_alarms: pd.DataFrame, params: MonitoringParams, *, live: tuple[str, str] | None) -> Incidents:
    """Fold each release's windows; what was open under a former release is closed with its last window."""
    lives = []
    for name, rows in window_alarms.groupby(["release_id", "width"], sort=False):
        heard = _as_heard(rows.sort_values("window"))
        lives.append((name == live, heard[0].window, str(name[0]), heard))
    found: Incidents = []
    for is_live, _, release_id, heard in sorted(lives, key=lambda one: one[:2]):
        for incident in fold_incidents(heard, n_quiet=params.budget.n_quiet):
            ended = incident
            if not is_live and live is not None and incident.is_open:
                ended = incident.model_copy(update={"closed": heard[-1].window})
            found.append({"release_id": release_id, "is_open": ended.is_open, **ended.model_dump(mode="json")})
    return found
