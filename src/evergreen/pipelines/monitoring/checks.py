"""What was found about the service and its answers, as rows of the table of checks."""

from typing import Any

import pandas as pd

from evergreen.errors import named
from evergreen.pipelines.monitoring.answered import ANSWERED_AT
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.windows import read_windows, width_of
from evergreen.problem import in_full
from evergreen.releases import Champion, NoChampion
from evergreen.watching import LiveWindow
from evergreen.watching.freshness import LATE

CHECK_COLUMNS = ("check", "subject", "severity", "value", "reference", "finding")
_SKEW_COLUMNS = {"column": "str", "n_shared": "int64", "n_differing": "int64", "share": "float64"}
Row = tuple[str, str, str, float, float | None, str]


def compare_with_batch(champion: Champion, new_rows: pd.DataFrame, watched_rows: pd.DataFrame) -> pd.DataFrame:
    """Hold the cells by which the service has answered against those of the same rows in the batch.

    Args:
        champion: the live release.
        new_rows: the rows that were scored.
        watched_rows: the rows that are watched; those that the service has answered stand as it has seen them.

    Returns:
        Columns ``column, n_shared`` (rows that both have seen), ``n_differing, share``; one row a feature that the log
        holds, none where no row was seen by both.
    """
    nothing = pd.DataFrame(columns=list(_SKEW_COLUMNS)).astype(_SKEW_COLUMNS)
    if isinstance(champion, NoChampion) or new_rows.empty or ANSWERED_AT not in watched_rows:
        return nothing
    key = list(champion.problem.key)
    answered = watched_rows[watched_rows[ANSWERED_AT] != ""].drop_duplicates(key, keep="last")
    batch = new_rows.drop_duplicates(key, keep="last")
    both = batch.merge(answered, on=key, suffixes=("", "_of_service"))
    if both.empty:
        return nothing
    hidden = set(champion.problem.hidden_columns)
    rows = []
    for name in champion.problem.feature_columns:
        if name in hidden or f"{name}_of_service" not in both:
            continue
        mine, other = both[name], both[f"{name}_of_service"]
        n_odd = int((~(mine.eq(other) | (mine.isna() & other.isna()))).sum())
        rows.append((name, len(both), n_odd, n_odd / len(both)))
    return pd.DataFrame(rows, columns=list(_SKEW_COLUMNS)).astype(_SKEW_COLUMNS)


def check_service(
    params: MonitoringParams,
    champion: Champion,
    answers_read: dict[str, Any],
    input_skew: pd.DataFrame,
    window_profiles: pd.DataFrame,
) -> pd.DataFrame:
    """Say what was read of the service's log, what was left aside, and what is odd about it.

    Args:
        params: the width of windows.
        champion: the live release.
        answers_read: what ``read_answers`` has read; empty without a log.
        input_skew: what ``compare_with_batch`` gave.
        window_profiles: all windows.

    Returns:
        Rows of the table of checks; none without a champion, or where there is neither a log nor a due outcome.
    """
    if isinstance(champion, NoChampion):
        return pd.DataFrame(columns=list(CHECK_COLUMNS))
    windows = read_windows(window_profiles, champion.release_id, width_of(champion.problem, params))
    rows = [*_no_outcomes(windows, champion.problem.target.delay_days)]
    if answers_read:
        rows += [*_read(answers_read), *_skew(answers_read, input_skew)]
        rows += [*_latency(windows, champion.problem.limits.max_latency_ms), *_failed(windows)]
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))


def _no_outcomes(windows: list[LiveWindow], delay_days: int) -> list[Row]:
    n_due = sum(one.due.n_due for one in windows if one.due is not None)
    if not n_due or any(one.record.outcomes is not None for one in windows):
        return []
    finding = (
        f"No outcome has ever come, of {n_due:,} rows whose outcome should be known {delay_days} days after the "
        "decision: only what goes in and what comes out is watched. Look at how outcomes are delivered."
    )
    return [("outcomes", LATE, "watch", 0.0, float(n_due), finding)]


def _read(read: dict[str, Any]) -> list[Row]:
    others, hidden = read["n_of_others"], read["hidden_columns"]
    n_others = sum(others.values())
    told = f"{n_others:,} answers are of other releases or roles and are not watched here: {named(others)}."
    rows: list[Row] = [
        ("service", "answers", "ok", float(read["n_new"]), None, ""),
        ("service", "answers of others", "ok", float(n_others), None, told if n_others else ""),
    ]
    if read["n_later"]:
        finding = (
            f"{read['n_later']:,} answers are dated after {read['as_of']} and are not watched yet. If that day is "
            "today, look at the clocks of the service and of those who ask it."
        )
        rows.append(("service", "answers dated later", "watch", float(read["n_later"]), 0.0, finding))
    if read["n_passed_over"]:
        finding = (
            f"{read['n_passed_over']:,} answers were found that earlier runs have passed over, and are watched from "
            "now on: they were logged more than an hour late, or a clock is behind. Look at the clocks of the machines "
            "that answer."
        )
        rows.append(("service", "answers found late", "watch", float(read["n_passed_over"]), 0.0, finding))
    if read["n_too_old"]:
        finding = f"{read['n_too_old']:,} answers are to rows of before {read['kept_since']}, and are not watched."
        rows.append(("service", "answers to old rows", "ok", float(read["n_too_old"]), None, finding))
    if read["n_unwatched"]:
        finding = (
            f"{read['n_unwatched']:,} answers cannot be watched: of what the log holds no usable row can be made"
            + (f" (it never holds {named(hidden)})." if hidden else ".")
        )
        rows.append(("service", "answers not watched", "watch", float(read["n_unwatched"]), 0.0, finding))
    if hidden:
        finding = f"The log never holds {named(hidden)}: of answers of the service they are not watched."
        rows.append(("service", "hidden columns", "ok", float(len(hidden)), None, finding))
    return rows


def _skew(read: dict[str, Any], input_skew: pd.DataFrame) -> list[Row]:
    rows: list[Row] = [("skew", "answers asked again", "ok", float(read["n_asked_again"]), None, "")]
    for one in input_skew[input_skew["n_differing"] > 0].to_dict("records"):
        finding = (
            f"'{one['column']}' is not the same in {one['share']:.1%} of {one['n_shared']:,} rows that both the batch "
            "and the service have seen. Look at where the service's callers take it from."
        )
        rows.append(("skew", str(one["column"]), "watch", float(one["share"]), 0.0, finding))
    return rows


def _failed(windows: list[LiveWindow]) -> list[Row]:
    """Tell of the newest window with answers how many rows the release failed on."""
    told = [(one.record.window, one.service) for one in windows if one.service is not None]
    if not told:
        return []
    window, service = told[-1]
    finding = (
        f"The release failed on {service.n_failed:,} of {service.n_answers:,} rows in {window}. Look at the lines "
        "'A row failed' in the log lines of the service."
    )
    is_bad = service.n_failed > 0
    severity = "watch" if is_bad else "ok"
    return [("service", "answers that failed", severity, float(service.n_failed), 0.0, finding if is_bad else "")]


def _latency(windows: list[LiveWindow], limit: float | None) -> list[Row]:
    told = [one for one in windows if one.service is not None and one.service.p99_ms is not None]
    if not told or told[-1].service is None or told[-1].service.p99_ms is None:
        return []
    subject = f"p99 ms a row, {told[-1].record.window}"
    kept = "" if limit is None else f" (limit {in_full(limit)} ms)"
    return [("latency", f"{subject}{kept}", "ok", told[-1].service.p99_ms, limit, "")]
