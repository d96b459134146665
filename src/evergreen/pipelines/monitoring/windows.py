"""Part scored rows into windows, and keep one record of each."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd

from evergreen.pipelines.monitoring.answered import ANSWERED_AT, KEY, time_of_rows
from evergreen.pipelines.monitoring.count import Seen, count_quarantined, count_windows, covered_windows
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.service import count_answers
from evergreen.pipelines.monitoring.watch import check_predictions
from evergreen.problem import AsOf, Problem
from evergreen.releases import RELEASE_ID, Champion, LoadedRelease, NoChampion
from evergreen.tables.engines import as_frame
from evergreen.tables.repair import REPAIRS
from evergreen.watching import REFERENCE_WINDOWS, LiveWindow, ReferenceWindows
from evergreen.watching.periods import Width, first_day, name_windows

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


def keep_watched_rows(  # noqa: PLR0913, PLR0917 - one input each
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    new_rows: pd.DataFrame,
    predictions: pd.DataFrame,
    answered_rows: pd.DataFrame,
    earlier_watched_rows: Earlier,
) -> pd.DataFrame:
    """Put newly scored and newly answered rows to those whose outcome is still waited for.

    Args:
        params: how long rows are kept, and the width of windows.
        as_of: the logical date.
        champion: the live release.
        new_rows: the rows that were scored.
        predictions: their predictions.
        answered_rows: rows that the service has answered; no columns without any.
        earlier_watched_rows: reads the rows of earlier runs.

    Returns:
        Rows of the champion with ``_score...``, ``_action``, ``_release_id``, ``_answered_at`` and ``_key`` (both empty
        for rows of batches) and ``_window``; each once, as it was last seen, and as the service has answered it where
        it has; without time once a window. None without a champion.

    Raises:
        DataError: where the predictions are not the champion's, or not of these rows.
    """
    if isinstance(champion, NoChampion):
        return new_rows.head(0).assign(**{RELEASE: pd.Series(dtype="str"), WINDOW: pd.Series(dtype="str")})
    check_predictions(champion, new_rows, predictions)
    problem, width = champion.problem, width_of(champion.problem, params)
    said = predictions.drop(columns=[*problem.key, REPAIRS], errors="ignore").add_prefix("_").reset_index(drop=True)
    windows = _windows_of(new_rows, problem, width, as_of.root).reset_index(drop=True)
    rows = pd.concat([new_rows.reset_index(drop=True), said], axis=1)
    rows = rows.assign(**dict.fromkeys((ANSWERED_AT, KEY), pd.Series("", index=rows.index, dtype="str")))
    rows = rows.assign(**{WINDOW: windows})
    parts = [_earlier_rows(earlier_watched_rows(), rows, champion, width), rows]
    if len(answered_rows):
        days = name_windows(time_of_rows(answered_rows, problem), width or "day")
        parts.append(answered_rows.assign(**{WINDOW: days})[list(rows.columns)])
    full = [part for part in parts if part is not None and len(part)]
    together = pd.concat([part.astype(full[-1].dtypes) for part in full], ignore_index=True) if full else rows
    # An answer has left the house: what a batch says of the same row does not replace it.
    ordered = together.sort_values(ANSWERED_AT, kind="stable", ignore_index=True)
    known = ordered.drop_duplicates(list(problem.key) if width else [*problem.key, WINDOW], keep="last")
    horizon = as_of.root - timedelta(days=params.watch_days)
    # Whole windows go: half of one would count as few rows.
    kept = known[known[WINDOW].map(first_day) >= horizon] if len(known) else known
    return kept.sort_values([WINDOW, *problem.key], ignore_index=True)


def _earlier_rows(
    earlier: pd.DataFrame | None, rows: pd.DataFrame, champion: LoadedRelease, width: Width | None
) -> pd.DataFrame | None:
    if earlier is None or RELEASE not in earlier:
        return None
    # Before the log was read, rows did not say where they came from.
    told = earlier.assign(**{name: "" for name in (ANSWERED_AT, KEY) if name not in earlier})
    if set(told.columns) != set(rows.columns):
        return None
    mine = told.loc[told[RELEASE] == champion.release_id, list(rows.columns)].copy()
    if width:
        mine[WINDOW] = _windows_of(mine, champion.problem, width, None)
    return mine


def profile_windows(  # noqa: PLR0913, PLR0917 - one input each
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    watched_rows: pd.DataFrame,
    new_rows_quarantine: Any,
    outcomes: pd.DataFrame,
    answers: pd.DataFrame,
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
        answers: what the service has answered.
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
    rows = watched_rows.merge(outcomes, on=list(champion.problem.key), how="left", validate="many_to_one")
    horizon = as_of.root - timedelta(days=params.watch_days)
    seen = Seen(
        as_of=as_of.root,
        rows={str(name): rows.iloc[at].reset_index(drop=True) for name, at in rows.groupby(WINDOW).indices.items()},
        no_rows=rows.head(0),
        covered=covered_windows(champion.problem, width, as_of.root),
        service=count_answers(answers[answers["release_id"] == champion.release_id], width, horizon=horizon),
        bad=count_quarantined(as_frame(new_rows_quarantine), champion.problem, width, as_of.root),
    )
    found = count_windows(champion, told, width, seen, own)
    counted = {one.record.window for one in found}
    told_of = pd.DataFrame([_as_row(champion.release_id, one) for one in found], columns=list(PROFILE_COLUMNS))
    rest = known[~(is_own & known["window"].isin(counted))]
    both = pd.concat([rest, told_of.astype(PROFILE_COLUMNS)], ignore_index=True) if len(rest) else told_of
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


def _windows_of(rows: pd.DataFrame, problem: Problem, width: Width | None, as_of: date | None) -> "pd.Series[str]":
    if width is None:
        return pd.Series([as_of.isoformat() if as_of else ""] * len(rows), index=rows.index, dtype="str")
    return name_windows(rows[str(problem.event_time)], width)


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
