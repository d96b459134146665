"""What the rows and the scores of a model looked like, as profiles that later windows are compared with."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.measures import ColumnProfile, ProfileKind, profile_like, reference_profile
from evergreen.models.features import days_since_1970
from evergreen.models.images import brightness
from evergreen.models.scores import ACTION, score_columns
from evergreen.problem import CaseModel, Problem

_SCORE = "prediction: {}"
_N_SCORE_BINS = 20


class ReferenceProfile(CaseModel):
    """What was normal when a model was released.

    Attributes:
        columns: feature or ``prediction: score`` -> profile. Prose is profiled by its length in characters, a
            picture by its brightness. Features that a whole period shares are not profiled: their rows are not
            independent.
        ranges: such a feature, if it is a number -> least and greatest value the model has learnt from or was
            judged on.
        mean_scores: score column -> mean.
        action_shares: action -> share of rows; empty for a regression.
        quarantined_share: share of rows that could not be used.
        score_edges: edges of the bins in which scores are shown, one more than shares.
        score_shares: share of rows whose shown score lies in each bin, see ``shown_scores``.
    """

    columns: dict[str, ColumnProfile]
    ranges: dict[str, tuple[float, float]]
    mean_scores: dict[str, float]
    action_shares: dict[str, float]
    quarantined_share: float
    score_edges: tuple[float, ...]
    score_shares: tuple[float, ...]


def make_reference(
    rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem, *, history: pd.DataFrame, quarantined_share: float
) -> ReferenceProfile:
    """Profile the rows and predictions that later windows are compared with.

    Args:
        rows: repaired rows, n of them.
        predictions: their predictions, in the same order.
        problem: the case.
        history: the rows the model has learnt from.
        quarantined_share: share of the raw rows that could not be used, 0 to 1.

    Returns:
        The reference.
    """
    watched = watched_columns(rows, predictions, problem)
    profiles = {name: reference_profile(values, kind=kind) for name, (values, kind) in watched.items()}
    scores = shown_scores(predictions, problem)
    edges = shown_edges(scores, problem)
    return ReferenceProfile(
        columns=profiles,
        ranges=_ranges(pd.concat([history, rows], ignore_index=True), problem),
        mean_scores=mean_scores_of(predictions, problem),
        action_shares=action_shares_of(predictions, problem),
        quarantined_share=quarantined_share,
        score_edges=tuple(float(edge) for edge in edges),
        score_shares=tuple(float(share) for share in bin_shares(scores, edges)),
    )


def profile_window(
    reference: ReferenceProfile, rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem
) -> dict[str, ColumnProfile]:
    """Profile a window in the bins of the reference.

    Args:
        reference: what was normal.
        rows: repaired rows of the window.
        predictions: their predictions, in the same order.
        problem: the case.

    Returns:
        The same columns as the reference.
    """
    watched = watched_columns(rows, predictions, problem)
    return {name: profile_like(profile, watched[name][0]) for name, profile in reference.columns.items()}


def watched_columns(
    rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem
) -> "dict[str, tuple[pd.Series[Any], ProfileKind]]":
    """Collect what is watched row by row: every feature that differs from row to row, and every score.

    Args:
        rows: repaired rows.
        predictions: their predictions.
        problem: the case.

    Returns:
        Name -> cells and whether they are numbers or words.
    """
    watched: dict[str, tuple[pd.Series[Any], ProfileKind]] = {}
    for name, column in problem.feature_columns.items():
        if name in problem.period_columns:
            continue
        if column.type == "text":
            watched[name] = (rows[name].str.len(), "number")
        elif column.type == "image":
            watched[name] = (brightness(rows[name]), "number")
        elif column.type == "timestamp":
            watched[name] = (days_since_1970(rows[name]), "number")
        else:
            watched[name] = (rows[name], "number" if column.is_numeric else "category")
    for name in score_columns(problem):
        watched[_SCORE.format(name)] = (predictions[name], "number")
    return watched


def period_ranges(reference: ReferenceProfile, rows: pd.DataFrame) -> pd.DataFrame:
    """Compare what a whole period shares with the range the model knows.

    Args:
        reference: what was normal.
        rows: repaired rows of the window.

    Returns:
        Columns ``column, known_low, known_high, window_low, window_high, is_outside, has_gaps``.
    """
    records = [
        (name, low, high, float(rows[name].min()), float(rows[name].max()))
        for name, (low, high) in reference.ranges.items()
    ]
    table = pd.DataFrame(records, columns=["column", "known_low", "known_high", "window_low", "window_high"])
    outside = (table["window_low"] < table["known_low"]) | (table["window_high"] > table["known_high"])
    has_gaps = pd.Series([bool(rows[name].isna().any()) for name in table["column"]], dtype=bool)
    return table.assign(is_outside=outside, has_gaps=has_gaps)


def _ranges(rows: pd.DataFrame, problem: Problem) -> dict[str, tuple[float, float]]:
    numeric = [name for name in problem.period_columns if problem.columns[name].is_numeric and rows[name].notna().any()]
    return {name: (float(rows[name].min()), float(rows[name].max())) for name in numeric}


def shown_scores(predictions: pd.DataFrame, problem: Problem) -> NDArray[np.float64]:
    """Give the one score of each row that a histogram shows.

    Args:
        predictions: predictions, n rows.
        problem: the case.

    Returns:
        The probability of the positive class, that of the most probable class, or the value; shape (n,).
    """
    scores: NDArray[np.float64] = predictions[list(score_columns(problem))].to_numpy(dtype=float)
    shown: NDArray[np.float64] = scores.max(axis=1, initial=-np.inf)
    return shown


def shown_edges(scores: NDArray[np.float64], problem: Problem) -> NDArray[np.float64]:
    """Choose equal bins for a histogram of scores.

    Args:
        scores: shown scores, shape (n,).
        problem: the case.

    Returns:
        Edges: 0 to 1 for probabilities, else from the least to the greatest.
    """
    if problem.is_classification:
        return np.linspace(0, 1, _N_SCORE_BINS + 1)
    return np.histogram_bin_edges(scores, _N_SCORE_BINS)


def bin_shares(scores: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say what share of scores lies in each bin; scores beyond the edges count in the outer bins.

    Args:
        scores: shown scores, shape (n,).
        edges: edges, shape (b + 1,).

    Returns:
        Shares, shape (b,); all zero where there are no scores.
    """
    counts = np.histogram(np.clip(scores, edges[0], edges[-1]), edges)[0]
    return counts / max(int(counts.sum()), 1)


def mean_scores_of(predictions: pd.DataFrame, problem: Problem) -> dict[str, float]:
    """Average each score.

    Args:
        predictions: predictions.
        problem: the case.

    Returns:
        Score column -> mean.
    """
    return {name: float(predictions[name].mean()) for name in score_columns(problem)}


def action_shares_of(predictions: pd.DataFrame, problem: Problem) -> dict[str, float]:
    """Say how often each action was chosen.

    Args:
        predictions: predictions.
        problem: the case.

    Returns:
        Action -> share; empty for a regression, whose actions are quantities.
    """
    if not problem.is_classification:
        return {}
    shares = predictions[ACTION].value_counts(normalize=True)
    names = problem.payoff.actions if problem.payoff is not None else problem.target.classes
    return {name: float(shares.get(name, 0.0)) for name in names}
