"""Ask tables again about what the service has answered."""

import json
from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd

from evergreen.answering import Answer, PlainAnswerer
from evergreen.answering.again import compare_answers
from evergreen.models.threads import threads_for
from evergreen.prediction_log import FAILED
from evergreen.problem import Problem
from evergreen.releases import LoadedRelease

_COLUMNS = {"request_id": "str", "row": "int64", "is_same": "bool", "differing": "str", "gap": "float64"}


def ask_again(champion: LoadedRelease, newest: pd.DataFrame) -> pd.DataFrame:
    """Let the release answer rows of the log once more, through tables, and hold that against what was said.

    Rows that the release failed on are left out, and none is asked where the log hides what an answer needs. Where it
    hides other columns, their repairs are not compared, and rows that could not be used are left out.

    Args:
        champion: the release that answered.
        newest: rows of the log.

    Returns:
        Columns ``request_id, row, is_same, differing`` (names of columns as JSON) and ``gap``, one row an answer.
    """
    problem = champion.problem
    hidden = frozenset(problem.hidden_columns)
    if newest.empty or hidden & _needed(problem):
        return pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)
    # A hidden cell may be why a row could not be used.
    is_asked = newest["_reasons"] == "" if hidden else newest["_reasons"] != FAILED
    asked = newest[is_asked]
    with threads_for(len(asked)):
        now = PlainAnswerer(champion.model, problem, champion.outlier_limits).answer(raw_rows(asked))
    rows = []
    for (_, one), answer in zip(asked.iterrows(), now, strict=True):
        now_told = answer._replace(repairs=_known(answer.repairs, hidden))
        found = compare_answers(_logged(one, hidden), now_told, is_rationed=problem.is_rationed)
        told = {"is_same": found.is_same, "differing": json.dumps(list(found.columns)), "gap": found.gap}
        rows.append({"request_id": one["_request_id"], "row": one["_row"], **told})
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


def raw_rows(part: pd.DataFrame) -> list[dict[str, Any]]:
    """Take the raw cells of rows of the log.

    Args:
        part: rows of the log.

    Returns:
        Cells by the contract's names, as they came.
    """
    cells = {str(name): part[name].tolist() for name in part.columns if not str(name).startswith("_")}
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _needed(problem: Problem) -> set[str]:
    """Name the columns that tell whether a row can be used, its scores, or which action is the best."""
    fairness = problem.fairness
    groups = fairness.columns if fairness is not None and fairness.has_thresholds else ()
    money = () if problem.payoff is None else problem.payoff.columns
    return {*problem.feature_columns, *problem.required_columns, *groups, *money}


def _logged(row: "pd.Series[Any]", hidden: Collection[str]) -> Answer:
    return Answer(tuple(row["_scores"]), row["_action"], None, _known(row["_repairs"], hidden), row["_reasons"])


def _known(repairs: Iterable[Iterable[str]], hidden: Collection[str]) -> tuple[tuple[str, str], ...]:
    told = ((str(column), str(rule)) for column, rule in repairs)
    return tuple((column, rule) for column, rule in told if column not in hidden)
