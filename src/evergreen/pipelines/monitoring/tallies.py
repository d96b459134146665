"""Keep, window by window, what rules without a model would have earned, and how groups were decided about."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evergreen.models.no_model import NoModel
from evergreen.models.scores import ACTION, score_columns
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.windows import WINDOW, Earlier, width_of
from evergreen.releases import RELEASE_ID, Champion, NoChampion
from evergreen.watching.tally import GROUP_COLUMNS, RULE_COLUMNS, tally_groups, tally_rules

_WINDOW_COLUMNS = {RELEASE_ID: "str", "width": "str", "window": "str"}


def tally_windows(  # noqa: PLR0913, PLR0917 - one input each
    params: MonitoringParams,
    champion: Champion,
    watched_rows: pd.DataFrame,
    outcomes: pd.DataFrame,
    window_profiles: pd.DataFrame,
    earlier_window_rules: Earlier,
    earlier_window_groups: Earlier,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count what became of each window's decisions, beside every rule without a model and by group.

    A window whose rows, or a part of them, are no longer kept stays as it was last counted.

    Args:
        params: the width of windows.
        champion: the live release.
        watched_rows: rows that are watched.
        outcomes: key and target of rows whose outcome is known.
        window_profiles: all windows, which say how many rows each had.
        earlier_window_rules: reads the rules' tally of earlier runs.
        earlier_window_groups: reads the groups' tally of earlier runs.

    Returns:
        One row a window, release and rule (see ``tally_rules``), and one a window, release and group (see
        ``tally_groups``). Unchanged without a champion.
    """
    rules = _known(earlier_window_rules, RULE_COLUMNS)
    groups = _known(earlier_window_groups, GROUP_COLUMNS)
    if isinstance(champion, NoChampion) or watched_rows.empty:
        return rules, groups
    problem = champion.problem
    key, said_names = list(problem.key), [f"_{name}" for name in (*score_columns(problem), ACTION)]
    knowledge = NoModel.model_validate(champion.documents["no_model"])
    rows = watched_rows.merge(outcomes, on=key, how="left", validate="many_to_one")
    width = width_of(problem, params) or ""
    had = window_profiles.set_index([RELEASE_ID, "width", "window"])["n_rows"]
    counted, new_rules, new_groups = [], [], []
    for window, part in rows.groupby(WINDOW, sort=True):
        place = (champion.release_id, width, str(window))
        if len(part) < had.get(place, 0):
            continue
        counted.append(place)
        name = dict(zip(_WINDOW_COLUMNS, place, strict=True))
        whole = part.reset_index(drop=True)
        said = whole[[*key, *said_names]].rename(columns=lambda column: str(column).removeprefix("_"))
        new_rules += [name | one for one in tally_rules(whole, said, problem, knowledge)]
        new_groups += [name | one for one in tally_groups(whole, said, problem)]
    return _replace(rules, new_rules, RULE_COLUMNS, counted), _replace(groups, new_groups, GROUP_COLUMNS, counted)


def _known(earlier: Earlier, columns: Mapping[str, str]) -> pd.DataFrame:
    kinds = _WINDOW_COLUMNS | dict(columns)
    found = earlier()
    return pd.DataFrame(columns=list(kinds)).astype(kinds) if found is None else found


def _replace(
    known: pd.DataFrame, found: list[dict[str, Any]], columns: Mapping[str, str], counted: Sequence[tuple[str, ...]]
) -> pd.DataFrame:
    """Put what was found of the counted windows, which may be nothing, in the place of what was known of them."""
    kinds = _WINDOW_COLUMNS | dict(columns)
    new, names = pd.DataFrame(found, columns=list(kinds)).astype(kinds), list(_WINDOW_COLUMNS)
    rest = known[~pd.MultiIndex.from_frame(known[names]).isin(counted)]
    both = pd.concat([rest, new], ignore_index=True) if len(rest) else new
    return both.astype(kinds).sort_values(["window", "width", RELEASE_ID], kind="stable", ignore_index=True)
