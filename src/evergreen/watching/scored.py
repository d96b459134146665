"""From scored rows to what is watched of them: columns, what was expected, what has come."""

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import expected_payoffs
from evergreen.measures.arrays import Floats
from evergreen.models.performance import payoff_of
from evergreen.models.profiles import watched_columns
from evergreen.models.row_payoffs import row_matrix
from evergreen.models.scores import ACTION, probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.watching.bins import Columns, WatchBins
from evergreen.watching.cost import PAYOFF
from evergreen.watching.outcomes import Judged, OutcomeRecord, SegmentSums, count_outcomes
from evergreen.watching.profile import WindowRecord, count_window, with_outcomes

CORRECT = "correct"
HAPPENS = "happens"


def columns_to_watch(rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem) -> Columns:
    """Collect what is watched: features that differ from row to row, scores, actions, groups and their intersections.

    Args:
        rows: repaired rows, n of them.
        predictions: their predictions, in the same order.
        problem: the case.

    Returns:
        Name -> cells and their kind, n cells each.
    """
    watched: dict[str, tuple[pd.Series[Any], Any]] = dict(watched_columns(rows, predictions, problem))
    if problem.is_classification:
        watched["prediction: decision"] = (predictions[ACTION].astype("str"), "category")
    groups = [name for name in problem.group_columns if not problem.columns[name].is_numeric]
    for name in groups:
        watched.setdefault(name, (rows[name], "category"))
    for pair in _intersections(problem, groups):
        watched[" and ".join(pair)] = (_join_cells(rows, pair), "category")
    return watched


def _intersections(problem: Problem, groups: list[str]) -> list[tuple[str, ...]]:
    named = [clause.columns for clause in problem.bias_plan.clauses if len(clause.columns) > 1]
    asked = {tuple(sorted(columns)) for columns in named if set(columns) <= set(groups)}
    return [pair for pair in combinations(sorted(groups), 2) if pair in asked]


def _join_cells(rows: pd.DataFrame, columns: tuple[str, ...]) -> "pd.Series[Any]":
    parts = [rows[name].astype("str") for name in columns]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + ", " + part
    return joined.where(rows[list(columns)].notna().all(axis=1), None)


def record_rows(
    bins: WatchBins,
    rows: pd.DataFrame,
    predictions: pd.DataFrame,
    problem: Problem,
    *,
    window: str,
    is_logged: NDArray[np.bool_] | None = None,
) -> WindowRecord:
    """Count scored rows, and the outcomes that are known of them.

    Args:
        bins: the bins of the release's reference.
        rows: repaired rows with the target, missing where it is not known yet.
        predictions: their predictions, in the same order.
        problem: the case of the release.
        window: the window's name.
        is_logged: which rows come from the log of predictions, shape (n,). Columns that it never holds are counted of
            the others alone: their cells are not missing, nobody wrote them down.

    Returns:
        The window's record.
    """
    columns = columns_to_watch(rows, predictions, problem)
    expected = expect_rows(rows, predictions, problem)
    record = count_window(bins, columns, window=window, expected=expected)
    is_untold = np.zeros(len(rows), dtype=bool) if is_logged is None else is_logged
    hidden = _hidden(columns, problem) if is_untold.any() else set[str]()
    if hidden:
        record = _less_untold(record, hidden, int(is_untold.sum()))
    is_known = rows[problem.target.column].notna().to_numpy()
    if not is_known.any():
        return record
    came = _came(bins, columns, judge_rows(rows[is_known], predictions[is_known], problem), is_known)
    if hidden:
        told = {name: columns[name] for name in hidden}
        part = is_known & ~is_untold
        seen = _came(bins, told, judge_rows(rows[part], predictions[part], problem), part)
        came = came.model_copy(update={"segments": {**came.segments, **_of(seen.segments, hidden)}})
    return with_outcomes(record, came)


def _came(bins: WatchBins, columns: Columns, judged: Judged, is_taken: NDArray[np.bool_]) -> OutcomeRecord:
    segments: Columns = {name: (cells[is_taken], kind) for name, (cells, kind) in columns.items()}
    return count_outcomes(bins, segments, judged)


def _of(segments: Mapping[str, SegmentSums], names: Collection[str]) -> dict[str, SegmentSums]:
    return {name: one for name, one in segments.items() if name in names}


def _hidden(columns: Columns, problem: Problem) -> set[str]:
    """Name what is watched and made of cells that the log never holds."""
    told = set(problem.hidden_columns)
    pairs = {" and ".join(pair) for pair in combinations(sorted(problem.group_columns), 2) if told & set(pair)}
    return {name for name in columns if name in told or name in pairs}


def _less_untold(record: WindowRecord, hidden: Collection[str], n_untold: int) -> WindowRecord:
    columns = {
        name: one.model_copy(update={"n_missing": one.n_missing - n_untold}) if name in hidden else one
        for name, one in record.columns.items()
    }
    return record.model_copy(update={"columns": columns})


def expect_rows(rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem) -> dict[str, float]:
    """Sum what the model expects of rows; blind to concept drift, for it asks the model itself.

    Args:
        rows: repaired rows.
        predictions: their predictions.
        problem: the case.

    Returns:
        Of classes ``correct``: rows whose most probable class is the true one; ``happens``: of two classes the positive
        ones; ``payoff``, where decisions are priced. Of values nothing.
    """
    if not problem.is_classification:
        return {}
    known = probabilities_of(predictions, problem)
    found = {CORRECT: float(known.max(axis=1, initial=0.0).sum())}
    if problem.kind == "binary":
        found[HAPPENS] = float(known[:, 1].sum())
    if problem.payoff is not None:
        money = expected_payoffs(known, row_matrix(problem.payoff, problem, rows))
        chosen = pd.Index(list(problem.payoff.actions)).get_indexer(pd.Index(predictions[ACTION]))
        found[PAYOFF] = float(money[np.arange(len(chosen)), chosen].sum())
    return found


def judge_rows(rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem) -> Judged:
    """Lay predictions beside outcomes.

    Args:
        rows: rows whose outcome is known.
        predictions: their predictions.
        problem: the case.

    Returns:
        The judged rows.
    """
    truth = target_values(rows, problem)
    actions = predictions[ACTION].to_numpy()
    money = None if problem.payoff is None else payoff_of(problem.payoff, problem, actions, truth, rows)
    if not problem.is_classification:
        values: Floats = predictions["score"].to_numpy(dtype=float)
        return Judged(values, truth.astype(float), is_probability=False, money=money)
    known = probabilities_of(predictions, problem)
    asked = np.ones(len(truth), dtype=int) if problem.kind == "binary" else known.argmax(axis=1)
    outcomes = rows[problem.target.column].astype("str").to_numpy(dtype=object)
    return Judged(
        expected=known[np.arange(len(truth)), asked],
        happened=(truth == asked).astype(float),
        decisions=np.array([f"{a}|{b}" for a, b in zip(actions, outcomes, strict=True)], dtype=object),
        money=money,
    )
