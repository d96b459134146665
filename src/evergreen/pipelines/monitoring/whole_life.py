"""The whole life of a case's model, over all of its releases: tables, and the page that tells it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evergreen.errors import ReleaseError
from evergreen.pipelines.monitoring.life import COUNTS, FIGURES, Incidents, end_of, figures_of
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.watch import reference_of
from evergreen.pipelines.monitoring.windows import read_windows, reference_windows_of, width_of
from evergreen.problem import AsOf, Problem
from evergreen.releases import RELEASE_ID, Champion, LoadedRelease, NoChampion, Succession
from evergreen.reporting import LifeFacts, write_life_page
from evergreen.watching import LiveWindow, watch_release
from evergreen.watching.distance import DISTANCE_COLUMNS, measure_distances, subject_of, tell_shares
from evergreen.watching.periods import Width, first_day

WINDOW_COLUMNS = {
    RELEASE_ID: "str",
    "width": "str",
    "window": "str",
    "is_over": "bool",
    "is_counted": "bool",
    "n_rows": "int64",
    "n_quarantined": "int64",
    "n_outcomes": "int64",
    "n_alarms": "Int64",
    **dict.fromkeys(FIGURES, "float64"),
    **dict.fromkeys(COUNTS, "Int64"),
}
_DISTANCES = {RELEASE_ID: "str", **DISTANCE_COLUMNS, "is_alarm": "bool"}
# So many windows are as wide as a map can be and still be read.
_MOST_WINDOWS = 60
ReadDocument = Callable[[], dict[str, Any] | None]


@dataclass(frozen=True)
class _Lived:
    """One window of one release."""

    release_id: str
    window: LiveWindow


def tabulate_life(
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    past_releases: Succession,
    window_profiles: pd.DataFrame,
    window_alarms: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay all windows of all releases side by side, and say how far the newest lie from their references.

    Where two releases have rows of one window, that which has more of them counts; of as many, the earlier release.

    Args:
        params: the width of windows, and the budget of alarms.
        as_of: the logical date; a window that begins later has not happened.
        champion: the live release.
        past_releases: all releases that have been live, and how to read them.
        window_profiles: all windows.
        window_alarms: their alarms.

    Returns:
        ``WINDOW_COLUMNS``, one row a window and release, in the order of time: money per decision, all else per row;
        ``n_alarms`` is unknown of a window that is not over. And the distances of ``measure_distances`` of the newest
        60 windows that count, with ``is_alarm``; without scores where the reference of a former release is not at hand,
        and for what is watched otherwise. No rows without a champion.
    """
    if isinstance(champion, NoChampion):
        return _framed([], WINDOW_COLUMNS), _framed([], _DISTANCES)
    width = width_of(champion.problem, params)
    own = window_profiles[window_profiles["width"] == (width or "")]
    lived = [
        _Lived(release_id, window)
        for release_id in _in_order(own, past_releases)
        for window in read_windows(own, release_id, width)
        if first_day(window.record.window) <= as_of.root
    ]
    counted = _counted(lived)
    chosen = {(one.release_id, one.window.record.window) for one in counted}
    heard = window_alarms[window_alarms["width"] == (width or "")]
    n_alarms = heard.set_index([RELEASE_ID, "window"])["n_alarms"]
    rows = [
        {
            RELEASE_ID: one.release_id,
            "width": width or "",
            "is_over": end_of(one.window, width) <= as_of.root.isoformat(),
            "is_counted": (one.release_id, one.window.record.window) in chosen,
            "n_alarms": n_alarms.get((one.release_id, one.window.record.window)),
            **figures_of(one.window),
        }
        for one in lived
    ]
    # Releases stay in the order in which they became live.
    table = _framed(rows, WINDOW_COLUMNS).sort_values("window", kind="stable", ignore_index=True)
    newest = counted[-_MOST_WINDOWS:]
    return table, _mark_alarms(_distances(newest, params, champion, past_releases, width), heard)


def collect_life(
    life_windows: pd.DataFrame,
    life_distances: pd.DataFrame,
    window_rules: pd.DataFrame,
    window_groups: pd.DataFrame,
    incidents: Incidents,
) -> dict[str, Any]:
    """Collect what is known of the whole life.

    Args:
        life_windows: all windows.
        life_distances: how far they lie from their references.
        window_rules: what rules without a model would have earned.
        window_groups: decisions and outcomes by group.
        incidents: all incidents.

    Returns:
        Name -> table or list.
    """
    return {
        "windows": life_windows,
        "distances": life_distances,
        "rules": window_rules,
        "groups": window_groups,
        "incidents": incidents,
    }


def tell_life(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    past_releases: Succession,
    life: dict[str, Any],
    past_drills: ReadDocument,
    past_retraining: ReadDocument,
    past_runs: pd.DataFrame,
) -> str:
    """Write the page of the whole life.

    Args:
        problem: the case.
        params: the confidence of intervals.
        as_of: the logical date.
        champion: the live release.
        past_releases: how it became live, and those before it.
        life: what ``collect_life`` gave.
        past_drills: reads what came of the last drills.
        past_retraining: reads what the last run of retraining did.
        past_runs: the runs of the case before this one.

    Returns:
        One self-contained HTML page.
    """
    return write_life_page(
        LifeFacts(
            problem=problem,
            as_of=as_of.root.isoformat(),
            release_id=champion.release_id,
            is_watched=reference_windows_of(champion) is not None,
            confidence=params.confidence,
            history=past_releases.history,
            windows=life["windows"],
            distances=life["distances"],
            rules=life["rules"],
            groups=life["groups"],
            incidents=tuple(life["incidents"]),
            drills=past_drills(),
            retraining=past_retraining(),
            runs=past_runs,
        )
    )


def _in_order(window_profiles: pd.DataFrame, past_releases: Succession) -> list[str]:
    """Name the releases that have windows, in the order in which they first became live."""
    told = [one.release_id for one in past_releases.history if one.makes_champion]
    seen = list(dict.fromkeys(window_profiles.sort_values("window", kind="stable")[RELEASE_ID]))
    return [name for name in dict.fromkeys([*told, *seen]) if name in seen]


def _counted(lived: Sequence[_Lived]) -> list[_Lived]:
    best: dict[str, _Lived] = {}
    for one in lived:
        record = one.window.record
        if record.window not in best or record.n_rows > best[record.window].window.record.n_rows:
            best[record.window] = one
    return [best[name] for name in sorted(best)]


def _distances(
    counted: Sequence[_Lived],
    params: MonitoringParams,
    champion: LoadedRelease,
    past_releases: Succession,
    width: Width | None,
) -> pd.DataFrame:
    parts = []
    for release_id in dict.fromkeys(one.release_id for one in counted):
        records = [one.window.record for one in counted if one.release_id == release_id]
        release = champion if release_id == champion.release_id else _read(past_releases, release_id)
        told = None if release is None else reference_windows_of(release)
        if release is None or told is None:
            found = tell_shares(records)
        else:
            normal = reference_of(release).quarantined_share
            found = measure_distances(
                watch_release(told, params.budget, width=width, quarantined_share=normal), records
            )
        parts.append(found.assign(**{RELEASE_ID: release_id}))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return found.reindex(columns=[RELEASE_ID, *DISTANCE_COLUMNS])


def _mark_alarms(distances: pd.DataFrame, heard: pd.DataFrame) -> pd.DataFrame:
    """Say where a column rang; what rang and has no distance, like the number of rows, gets a row without one."""
    names = [RELEASE_ID, "window", "column", "aspect"]
    shown = set(zip(distances[RELEASE_ID], distances["window"], strict=True))
    rang = [
        (one[RELEASE_ID], one["window"], *subject_of(alarm["cause"], alarm["kind"]))
        for one in heard.to_dict("records")
        if (one[RELEASE_ID], one["window"]) in shown
        for alarm in json.loads(str(one["alarms"]))
    ]
    alarms = pd.DataFrame(rang, columns=names).drop_duplicates().assign(is_alarm=True)
    both = distances.merge(alarms, on=names, how="outer", sort=False)
    told = both.assign(is_alarm=both["is_alarm"].eq(True), what=both["what"].fillna(""))
    return told.sort_values(names, ignore_index=True)[list(_DISTANCES)].astype(_DISTANCES)


def _read(past_releases: Succession, release_id: str) -> LoadedRelease | None:
    """Read a former release; None where it is gone or damaged, since a page does not wait for it."""
    try:
        return past_releases.read(release_id)
    except ReleaseError:
        return None


def _framed(rows: list[dict[str, Any]], kinds: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
