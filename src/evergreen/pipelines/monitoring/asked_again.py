"""Ask tables again about what the service has answered."""

import json
from typing import Any

import pandas as pd

from evergreen.answering import Answer, PlainAnswerer
from evergreen.answering.again import compare_answers
from evergreen.models.threads import threads_for
from evergreen.prediction_log import FAILED
from evergreen.releases import LoadedRelease

_COLUMNS = {"request_id": "str", "row": "int64", "is_same": "bool", "differing": "str", "gap": "float64"}


def ask_again(champion: LoadedRelease, newest: pd.DataFrame) -> pd.DataFrame:
    """Let the release answer rows of the log once more, through tables, and hold that against what was said.

    Rows that the release failed on are left out, and none is asked where the log hides what an answer needs.

    Args:
        champion: the release that answered.
        newest: rows of the log.

    Returns:
        Columns ``request_id, row, is_same, differing`` (names of columns as JSON) and ``gap``, one row an answer.
    """
    problem = champion.problem
    needed = {*problem.feature_columns, *problem.required_columns}
    if newest.empty or needed & set(problem.hidden_columns):
        return pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)
    asked = newest[newest["_reasons"] != FAILED]
    with threads_for(len(asked)):
        now = PlainAnswerer(champion.model, problem, champion.outlier_limits).answer(raw_rows(asked))
    rows = []
    for (_, one), answer in zip(asked.iterrows(), now, strict=True):
        found = compare_answers(_logged(one), answer, is_rationed=problem.is_rationed)
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


def _logged(row: "pd.Series[Any]") -> Answer:
    repairs = tuple((str(column), str(rule)) for column, rule in row["_repairs"])
    return Answer(tuple(row["_scores"]), row["_action"], None, repairs, row["_reasons"])
