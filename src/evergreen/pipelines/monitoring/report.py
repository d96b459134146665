"""What was found in a window, in one table and on one page."""

from collections.abc import Hashable
from typing import Any

import pandas as pd
from scipy.special import bdtrc

from evergreen.pipelines.monitoring.life import Incidents
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.watch import reference_of
from evergreen.pipelines.monitoring.windows import reference_windows_of, width_of
from evergreen.problem import AsOf, Problem, in_digits
from evergreen.releases import Champion, LoadedRelease, NoChampion
from evergreen.reporting import (
    Finding,
    MonitoringFacts,
    Performance,
    Section,
    Table,
    incident_section,
    windows_section,
    write_monitoring_page,
)
from evergreen.reporting.estimates import AS_TARGET
from evergreen.tables.engines import as_frame
from evergreen.tables.quarantine import count_reasons
from evergreen.watching.periods import longest
from evergreen.watching.signals import NOT_OF_THE_MODEL

_LEAST_SHARE = 1e-4
# Below it a p-value says no more than that it is small.
_SURE = 0.001
_LOUD = ("quarantined", "latency", "skew")
_COLUMNS = ["check", "subject", "severity", "value", "reference", "finding"]
Row = tuple[str, str, str, float, float | None, str]


def summarise_window(  # noqa: PLR0913, PLR0917 - one input each
    params: MonitoringParams,
    champion: Champion,
    new_rows_quarantine: Any,
    predictions: pd.DataFrame,
    watched: dict[str, Any],
    incidents: Incidents,
    service_checks: pd.DataFrame,
) -> pd.DataFrame:
    """Put every check of the newest rows, and every open incident, in one table.

    Where the release is watched window by window, incidents alone speak of drift and of quarantine: one budget of false
    alarms holds for all of it. Else the newest rows are tested against the holdout by themselves.

    Args:
        params: how easily monitoring speaks up.
        champion: the live release.
        new_rows_quarantine: new rows that could not be used.
        predictions: the window's predictions.
        watched: what ``collect_watched`` gave.
        incidents: all incidents.
        service_checks: what ``check_service`` gave.

    Returns:
        Columns ``check, subject, severity, value, reference, finding``; none without a champion, or where no row
        came, usable or not, and there is nothing to say of the service.
    """
    n_came = len(predictions) + len(new_rows_quarantine) + len(service_checks)
    if isinstance(champion, NoChampion) or not n_came:
        return pd.DataFrame(columns=_COLUMNS)
    normal = reference_of(champion).quarantined_share
    tests = [
        _quarantine(params, len(new_rows_quarantine), len(predictions), normal),
        *_drift(watched["drift"]),
    ]
    if reference_windows_of(champion) is not None:
        tests = [(check, subject, "ok", value, reference, "") for check, subject, _, value, reference, _ in tests]
    rows = [
        _volume(len(predictions)),
        *tests,
        *_ranges(watched["ranges"]),
        *_waited(params, champion),
        *_realised(champion, watched["realised"]),
        *service_checks[_COLUMNS].itertuples(index=False, name=None),
        *(_incident(one) for one in incidents if one["is_open"]),
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def write_window_page(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    champion: Champion,
    monitoring: pd.DataFrame,
    watched: dict[str, Any],
    window: dict[str, Any],
    incidents: Incidents,
    window_figures: pd.DataFrame,
) -> str:
    """Write the page of the window.

    Args:
        problem: the case.
        champion: the live release.
        monitoring: every check.
        watched: what ``collect_watched`` gave.
        window: what ``describe_window`` gave.
        incidents: all incidents.
        window_figures: the windows of the release.

    Returns:
        One self-contained HTML page.
    """
    realised, ranges = watched["realised"], watched["ranges"]
    unit = "" if problem.payoff is None else f"{problem.payoff.unit} per decision"
    spoken = monitoring[monitoring["finding"] != ""]
    extra = [
        incident_section(incidents),
        windows_section(window_figures),
        None if ranges.empty else _ranges_section(ranges),
    ]
    return write_monitoring_page(
        MonitoringFacts(
            case=problem.name,
            as_of=window["as_of"],
            release_id=champion.release_id,
            window=window["window"],
            n_rows=window["n_rows"],
            findings=tuple(Finding(s, f) for s, f in zip(spoken["severity"], spoken["finding"], strict=True)),
            quality=window["quality"],
            drift=watched["drift"],
            score_shift=watched["score_shift"],
            performance=Performance(
                realised["n_outcomes"],
                realised["metrics"],
                realised["money"],
                unit,
                target_unit=problem.columns[problem.target.column].unit or AS_TARGET,
            ),
            extra=tuple(one for one in extra if one is not None),
        )
    )


def _ranges_section(ranges: pd.DataFrame) -> Section:
    return Section(
        "What a whole period shares",
        lead="Such columns have one value for all rows of a period, so they are not tested row by row: they are held "
        "against the range that the model has learnt from.",
        tables=(Table("Range of the window beside the range the model knows", ranges),),
    )


def collect_watched(
    drift: pd.DataFrame, ranges: pd.DataFrame, score_shift: pd.DataFrame, realised: dict[str, Any]
) -> dict[str, Any]:
    """Collect what was watched.

    Args:
        drift: the tested columns.
        ranges: what the period shares, beside what the model knows.
        score_shift: scores beside those of the reference.
        realised: what is known of the outcomes.

    Returns:
        Name -> table or document.
    """
    return {"drift": drift, "ranges": ranges, "score_shift": score_shift, "realised": realised}


def describe_window(
    problem: Problem, as_of: AsOf, new_rows: pd.DataFrame, new_rows_quarantine: Any, watched: dict[str, Any]
) -> dict[str, Any]:
    """Describe the window itself.

    Args:
        problem: the case.
        as_of: the logical date.
        new_rows: the rows that were scored.
        new_rows_quarantine: new rows that could not be used.
        watched: what ``collect_watched`` gave.

    Returns:
        ``as_of``; ``window``: first and last day; ``n_rows``; ``quality``: missing shares by column and quarantined
        rows by reason.
    """
    reasons = count_reasons(as_frame(new_rows_quarantine)).most_common()
    missing = watched["drift"][["column", "missing_share_reference", "missing_share_current"]]
    return {
        "as_of": as_of.root.isoformat(),
        "window": _window(problem, new_rows),
        "n_rows": len(new_rows),
        "quality": missing if not reasons else pd.concat([missing, _as_quality(reasons)], ignore_index=True),
    }


def _as_quality(reasons: list[tuple[str, int]]) -> pd.DataFrame:
    return pd.DataFrame([{"column": f"quarantined: {reason}", "n_rows": n} for reason, n in reasons])


def _window(problem: Problem, new_rows: pd.DataFrame) -> tuple[str, str] | None:
    if problem.event_time is None or new_rows.empty:
        return None
    times = new_rows[problem.event_time]
    return times.min().date().isoformat(), times.max().date().isoformat()


def _volume(n_rows: int) -> Row:
    return ("volume", "rows scored", "ok", float(n_rows), None, "")


def _quarantine(params: MonitoringParams, n_bad: int, n_good: int, normal: float) -> Row:
    share = n_bad / max(n_bad + n_good, 1)
    # The chance of at least so many with the former share, which is taken as no less than 1 in 10,000.
    p_value = bdtrc(n_bad - 1, n_bad + n_good, max(normal, _LEAST_SHARE)) if n_bad else 1.0
    is_high = bool(p_value < params.false_alarm_rate)
    finding = f"{share:.1%} of the rows could not be used, against {normal:.1%} before the release." if is_high else ""
    return ("quality", "quarantined share", "alarm" if is_high else "ok", share, normal, finding)


def _incident(incident: dict[str, Any]) -> Row:
    latest = incident["latest"]
    severity = "alarm" if latest["is_harmful"] or latest["kind"] in _LOUD else "watch"
    return (
        "service" if latest["kind"] in NOT_OF_THE_MODEL else "incident",
        incident["cause"],
        severity,
        latest["now"],
        latest["before"],
        f"{latest['finding']} {latest['advice']}",
    )


def _drift(drift: pd.DataFrame) -> list[Row]:
    return [_drifted_column(str(one["column"]), one) for one in drift.to_dict("records")]


def _drifted_column(name: str, found: dict[Hashable, Any]) -> Row:
    effect, p_value = float(found["effect_size"]), float(found["p_value_adjusted"])
    if not found["is_drifted"]:
        return ("drift", name, "ok", effect, None, "")
    surely = "below 0.001" if p_value < _SURE else f"{p_value:.1g}"
    finding = f"'{name}' is distributed otherwise than before the release (effect {effect:.2f}, adjusted p {surely})."
    return ("drift", name, "watch", effect, None, finding)


def _ranges(ranges: pd.DataFrame) -> list[Row]:
    rows: list[Row] = []
    for one in ranges.to_dict("records"):
        name, low, high = str(one["column"]), float(one["known_low"]), float(one["known_high"])
        known = f"{in_digits(low)} to {in_digits(high)}"
        seen = f"{in_digits(float(one['window_low']))} to {in_digits(float(one['window_high']))}"
        finding = f"'{name}' is {seen}; the model has learnt from {known} only." if one["is_outside"] else ""
        if one["has_gaps"]:
            finding = f"'{name}' is missing in a part of the window. {finding}".rstrip()
        rows.append(("range", name, "watch" if finding else "ok", float(one["window_high"]), high, finding))
    return rows


def _waited(params: MonitoringParams, champion: LoadedRelease) -> list[Row]:
    width, delay_days = width_of(champion.problem, params), champion.problem.target.delay_days
    least = delay_days + (1 if width is None else longest(width))
    if params.watch_days >= least:
        return []
    finding = (
        f"Rows are kept for {params.watch_days} days after the first day of their window (monitoring.watch_days), and "
        f"its outcomes are due {delay_days} days after the last one: many are missed, and nobody hears if they stop. "
        f"Set watch_days to {least} or more, the more the rarer runs are."
    )
    return [("outcomes", "watch_days", "watch", float(params.watch_days), float(least), finding)]


def _realised(champion: Champion, realised: dict[str, Any]) -> list[Row]:
    if isinstance(champion, NoChampion):
        return []
    promised = champion.documents["metrics"]
    rows: list[Row] = [("outcomes", "outcomes known", "ok", float(realised["n_outcomes"]), None, "")]
    for name, found in realised["metrics"].items():
        rows.append(("performance", name, "ok", found["value"], promised[name]["value"], ""))
    for rule, lead in realised["lead"].items():
        is_behind = lead["high"] is not None and lead["high"] < 0
        finding = f"The model pays {in_digits(-lead['value'], 3)} less per decision than '{rule}'." if is_behind else ""
        rows.append(("money", f"lead over {rule}", "alarm" if is_behind else "ok", lead["value"], None, finding))
    return rows
