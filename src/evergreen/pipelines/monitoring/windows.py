"""Part scored rows into windows, and keep one record of each."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from evergreen.models.profiles import ReferenceProfile
from evergreen.models.scores import ACTION, score_columns
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.watch import check_predictions, reference_of
from evergreen.problem import AsOf, Problem
from evergreen.releases import RELEASE_ID, Champion, LoadedRelease, NoChampion
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.split import new_rows_after
from evergreen.watching import REFERENCE_WINDOWS, LiveWindow, ReferenceWindows
from evergreen.watching.periods import Width, first_day, name_windows, windows_between
from evergreen.watching.scored import record_rows

Earlier = Callable[[], pd.DataFrame | None]
# No column of a contract begins with an underscore.
WINDOW, RELEASE = "_window", "_release_id"
PROFILE_COLUMNS = {
    "release_id": "str",
    "width": "str",
    "window": "str",
    "n_rows": "int64",
    "n_quarantined": "int64",
    "n_outcomes": "int64",
    "is_whole": "bool",
    "record": "str",
}


def keep_watched_rows(
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    new_rows: pd.DataFrame,
    predictions: pd.DataFrame,
    earlier_watched_rows: Earlier,
) -> pd.DataFrame:
    """Put newly scored rows to those whose outcome is still waited for.

    Args:
        params: how long rows are kept, and the width of windows.
        as_of: the logical date.
        champion: the live release.
        new_rows: the rows that were scored.
        predictions: their predictions.
        earlier_watched_rows: reads the rows of earlier runs.

    Returns:
        Rows of the champion with ``_score...``, ``_action``, ``_release_id`` and ``_window``; each once, as it was last
        seen; without time once a window. None without a champion.

    Raises:
        DataError: where the predictions are not the champion's, or not of these rows.
    """
    if isinstance(champion, NoChampion):
        return new_rows.head(0).assign(**{RELEASE: pd.Series(dtype="str"), WINDOW: pd.Series(dtype="str")})
    check_predictions(champion, new_rows, predictions)
    problem, width = champion.problem, width_of(champion.problem, params)
    said = predictions.drop(columns=list(problem.key)).add_prefix("_").reset_index(drop=True)
    windows = _windows_of(new_rows, problem, width, as_of.root).reset_index(drop=True)
    rows = pd.concat([new_rows.reset_index(drop=True), said], axis=1).assign(**{WINDOW: windows})
    earlier = earlier_watched_rows()
    if earlier is not None and list(earlier.columns) == list(rows.columns):
        mine = earlier[(earlier[RELEASE] == champion.release_id)].copy()
        mine[WINDOW] = _windows_of(mine, problem, width, None) if width else mine[WINDOW]
        rows = pd.concat([mine.astype(rows.dtypes), rows], ignore_index=True) if len(mine) else rows
    name = list(problem.key) if width else [*problem.key, WINDOW]
    horizon = as_of.root - timedelta(days=params.watch_days)
    known = rows.drop_duplicates(name, keep="last")
    # Whole windows go: half of one would count as few rows.
    kept = known[known[WINDOW].map(first_day) >= horizon] if len(known) else known
    return kept.sort_values([WINDOW, *problem.key], ignore_index=True)


def profile_windows(  # noqa: PLR0913, PLR0917 - one input each
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    watched_rows: pd.DataFrame,
    new_rows_quarantine: Any,
    outcomes: pd.DataFrame,
    earlier_window_profiles: Earlier,
) -> pd.DataFrame:
    """Count the rows of each window, and what has come of them.

    A window whose rows are no longer kept stays as it was last counted.

    Args:
        params: the width of windows.
        as_of: the logical date.
        champion: the live release.
        watched_rows: rows that are watched.
        new_rows_quarantine: new rows that could not be used.
        outcomes: key and target of rows whose outcome is known.
        earlier_window_profiles: reads the windows of earlier runs.

    Returns:
        One row a window and release; ``record`` is a ``LiveWindow`` as JSON. Unchanged where no release is live, or
        the live one keeps nothing to be held against.
    """
    earlier = earlier_window_profiles()
    known = pd.DataFrame(columns=list(PROFILE_COLUMNS)).astype(PROFILE_COLUMNS) if earlier is None else earlier
    told = reference_windows_of(champion)
    if told is None or isinstance(champion, NoChampion):
        return known
    width = width_of(champion.problem, params)
    is_own = (known["release_id"] == champion.release_id) & (known["width"] == (width or ""))
    own = {str(one["window"]): one["record"] for one in known[is_own].to_dict("records")}
    covered = _covered(champion.problem, width, as_of.root)
    counted = _count_windows(champion, told, width, watched_rows, outcomes, as_of.root, covered, own)
    bad = _quarantined_by_window(as_frame(new_rows_quarantine), champion.problem, width, as_of.root)
    found = [_with_quarantine(one, bad, is_covered=one.record.window in covered) for one in counted]
    rows = pd.DataFrame([_as_row(champion.release_id, one) for one in found], columns=list(PROFILE_COLUMNS))
    seen = {one.record.window for one in found}
    rest = known[~(is_own & known["window"].isin(seen))]
    both = pd.concat([rest, rows.astype(PROFILE_COLUMNS)], ignore_index=True) if len(rest) else rows
    return both.astype(PROFILE_COLUMNS).sort_values(["window", "width", "release_id"], ignore_index=True)


def width_of(problem: Problem, params: MonitoringParams) -> Width | None:
    """Say how wide windows are.

    Args:
        problem: the case.
        params: the width that is asked for.

    Returns:
        It; None where new rows are not those of the newest days, so that a run is a window.
    """
    return params.window if problem.event_time is not None and problem.split.by == "time" else None


def reference_windows_of(champion: Champion) -> ReferenceWindows | None:
    """Read what windows of a release are held against.

    Args:
        champion: the live release.

    Returns:
        It; None without a champion, or where the release was made before releases kept it.
    """
    if isinstance(champion, NoChampion) or REFERENCE_WINDOWS not in champion.documents:
        return None
    return ReferenceWindows.model_validate(champion.documents[REFERENCE_WINDOWS])


def read_windows(window_profiles: pd.DataFrame, release_id: str, width: Width | None) -> list[LiveWindow]:
    """Read the windows of a release.

    Args:
        window_profiles: all windows.
        release_id: the release.
        width: their width.

    Returns:
        Windows in the order of time.
    """
    own = window_profiles[(window_profiles["release_id"] == release_id) & (window_profiles["width"] == (width or ""))]
    return [LiveWindow.model_validate_json(text) for text in own.sort_values("window")["record"]]


def _told_columns(problem: Problem) -> list[str]:
    return [f"_{name}" for name in (*score_columns(problem), ACTION)]


def _windows_of(rows: pd.DataFrame, problem: Problem, width: Width | None, as_of: date | None) -> "pd.Series[str]":
    if width is None:
        return pd.Series([as_of.isoformat() if as_of else ""] * len(rows), index=rows.index, dtype="str")
    return name_windows(rows[str(problem.event_time)], width)


def _covered(problem: Problem, width: Width | None, as_of: date) -> dict[str, bool]:
    """Name the windows that this run's rows lie in, and whether it has seen all of their days so far."""
    after = new_rows_after(problem, as_of)
    if width is None or after is None:
        return {as_of.isoformat(): True}
    first = after.date() + timedelta(days=1)
    return {name: first_day(name) >= first for name in windows_between(first, as_of, width)}


def _count_windows(  # noqa: PLR0913, PLR0917 - what a window is made of
    champion: LoadedRelease,
    told: ReferenceWindows,
    width: Width | None,
    watched_rows: pd.DataFrame,
    outcomes: pd.DataFrame,
    as_of: date,
    covered: Mapping[str, bool],
    own: Mapping[str, str],
) -> list[LiveWindow]:
    problem, reference = champion.problem, reference_of(champion)
    rows = watched_rows.merge(outcomes, on=list(problem.key), how="left", validate="many_to_one")
    said = rows[[*problem.key, *_told_columns(problem)]].rename(columns=lambda name: str(name).removeprefix("_"))
    places = {str(name): at for name, at in rows.groupby(WINDOW).indices.items()}
    found = []
    for name in sorted({*places, *covered}):
        if first_day(name) > as_of:
            continue
        at = places.get(name, [])
        before = LiveWindow.model_validate_json(own[name]) if name in own else None
        part = rows.iloc[at]
        if before is not None and name not in covered and _is_as_before(before, part, problem):
            continue
        record = record_rows(told.bins, part, said.iloc[at].reset_index(drop=True), problem, window=name)
        found.append(
            LiveWindow(
                width=width,
                is_whole=covered.get(name, False) or (before is not None and before.is_whole),
                ranges=_ranges(part, reference),
                record=record.model_copy(
                    update={"n_quarantined": 0 if before is None else before.record.n_quarantined}
                ),
            )
        )
    return found


def _is_as_before(before: LiveWindow, rows: pd.DataFrame, problem: Problem) -> bool:
    n_known = int(rows[problem.target.column].notna().sum())
    was_known = 0 if before.record.outcomes is None else before.record.outcomes.n_outcomes
    return (before.record.n_rows, was_known) == (len(rows), n_known)


def _ranges(rows: pd.DataFrame, reference: ReferenceProfile) -> dict[str, tuple[float, float]]:
    known = [name for name in reference.ranges if rows[name].notna().any()]
    return {name: (float(rows[name].min()), float(rows[name].max())) for name in known}


def _quarantined_by_window(quarantine: Any, problem: Problem, width: Width | None, as_of: date) -> dict[str, int]:
    """Count quarantined rows by window; those whose time nobody can read belong to none."""
    rows = as_pandas(quarantine)
    if rows.empty:
        return {}
    if width is None or problem.event_time not in rows.columns:
        return {as_of.isoformat() if width is None else windows_between(as_of, as_of, width)[0]: len(rows)}
    times = pd.to_datetime(rows[problem.event_time], errors="coerce", format="mixed").dropna()
    return {str(name): int(n) for name, n in name_windows(times, width).value_counts().items()}


def _with_quarantine(window: LiveWindow, bad: Mapping[str, int], *, is_covered: bool) -> LiveWindow:
    if not is_covered:
        return window
    n_bad = max(window.record.n_quarantined, bad.get(window.record.window, 0))
    return window.model_copy(update={"record": window.record.model_copy(update={"n_quarantined": n_bad})})


def _as_row(release_id: str, window: LiveWindow) -> dict[str, Any]:
    record = window.record
    return {
        RELEASE_ID: release_id,
        "width": window.width or "",
        "window": record.window,
        "n_rows": record.n_rows,
        "n_quarantined": record.n_quarantined,
        "n_outcomes": 0 if record.outcomes is None else record.outcomes.n_outcomes,
        "is_whole": window.is_whole,
        "record": window.model_dump_json(),
    }
