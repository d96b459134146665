"""Columns whose value all but gives the outcome away."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from evergreen.measures.ranking import rank_scores
from evergreen.models.alone import Alone, as_numbers, code_cells, judge_alone
from evergreen.models.suspect import Suspect, checked_columns, outcome_shares
from evergreen.problem import Column, Problem

_N_FOLDS = 5
# A column that ranks 97 of 100 pairs rightly, or explains 95 % of the spread, leaves nothing to predict. The strongest
# honest columns of the public tables this was tried on have 0.93 (the perimeter of a bean) and 63 % (the hour of day).
_AUC, _SURE_AUC = 0.97, 0.95
_R2, _SURE_R2 = 0.95, 0.92
# One-sided 95 %.
_Z = 1.645
_MIN_CLASS_ROWS = 10
_MIN_KNOWN_SHARE = 0.05
# With more rows bins are fine enough; with fewer the order of the values itself is judged too.
_FEW_ROWS = 2000
# By far the strongest: a third of what there is to know and four times the next, where three others tell something to
# measure it by. The length of a call has 6.7 and 4.9 times the next in the two banks; no honest column had 1.2 times.
_MUCH, _TIMES_NEXT, _MOST_AHEAD = 0.3, 4.0, 3
_SOMETHING, _MIN_YARDSTICK, _MIN_ROWS = 0.01, 3, 1000
# What is known only at the outcome is under suspicion already: it is enough that no feature tells more.
_MUCH_IF_LATE = 0.1


@dataclass(frozen=True)
class _Judged:
    """What a column tells on all rows, and on those where it is known."""

    everywhere: Alone
    where_known: Alone
    n_known: NDArray[np.float64]


def find_telling_values(rows: pd.DataFrame, problem: Problem, *, random_state: int) -> list[Suspect]:
    """Find columns that tell the outcome alone.

    Three ways lead to the suspicion. (1) The column all but decides the outcome: an out-of-fold ROC AUC of 0.97 (mean
    over classes against the rest), or 95 % of the variance of the outcome's ranks. Where rows are few the figure must
    be high enough that 0.95 (92 %) can be ruled out at 5 %, with the standard error of Hanley and McNeil (1982,
    Radiology 143, 29-36) or Fisher's z. (2) It is by far the strongest: it explains at least 0.3 of the log loss of a
    constant prediction and four times as much as the next column, while three others or more tell something. Only with
    classes and 1,000 rows: an honest hour of day or size may rule a quantity, and in few rows chance rules. (3) It
    is known only at the outcome and tells more than any feature: the block is what keeps it out.

    Args:
        rows: labelled training rows.
        problem: the case.
        random_state: seed of the folds.

    Returns:
        The suspects; their strength is 2 AUC - 1, or the share of the variance.
    """
    columns = {name: column for name, column in checked_columns(problem).items() if name != problem.split.group}
    outcomes = outcome_shares(rows, problem)
    folds = np.random.default_rng(random_state).permutation(len(rows)) % _N_FOLDS
    judged = {name: _judge(rows[name], column, outcomes, folds) for name, column in columns.items()}
    certain = {name: strength for name, one in judged.items() if (strength := _certainty(one)) is not None}
    explained = {name: one.everywhere.explained for name, one in judged.items() if name not in certain}
    can_compare = problem.is_classification and len(rows) >= _MIN_ROWS
    ahead = _far_ahead(explained) if can_compare else []
    late = [name for name in _strongest_late(explained, problem) if name not in ahead]
    found = [
        Suspect(name, "tells the target", value, _certain_finding(value, problem)) for name, value in certain.items()
    ]
    found += [_less_certain(name, judged[name], _ahead_finding(name, explained, ahead)) for name in ahead]
    return found + [_less_certain(name, judged[name], _late_finding(explained[name])) for name in late]


def _judge(cells: "pd.Series[Any]", column: Column, outcomes: NDArray[np.float64], folds: NDArray[np.int64]) -> _Judged:
    codes = code_cells(cells, column)
    everywhere = judge_alone(codes, outcomes, folds)
    known = codes > 0
    where_known = everywhere
    if _MIN_KNOWN_SHARE * len(codes) <= known.sum() < len(codes):
        where_known = judge_alone(codes[known], outcomes[known], folds[known])
    if len(codes) < _FEW_ROWS and (column.is_numeric or column.type == "timestamp"):
        where_known = _judge_order(as_numbers(cells)[known], outcomes[known], where_known)
    return _Judged(everywhere, where_known, outcomes[known].sum(axis=0) if outcomes.shape[1] > 1 else known.sum())


def _judge_order(values: NDArray[np.float64], outcomes: NDArray[np.float64], binned: Alone) -> Alone:
    """Judge the plain order of the values, rising or falling; nothing is learnt but which of the two."""
    if not len(values):
        return binned
    if not len(binned.ranking):
        ranks = rankdata(values)
        spread = ranks.std() * outcomes.std()
        slope = np.mean((ranks - ranks.mean()) * (outcomes[:, 0] - outcomes.mean())) / spread if spread > 0 else 0.0
        return Alone(binned.ranking, max(binned.explained, float(slope**2)))
    weights = np.ones((1, len(values)))
    areas = np.array([rank_scores(share > 0, values, weights)["roc_auc"][0] for share in outcomes.T])
    return Alone(np.fmax(binned.ranking, np.maximum(areas, 1 - areas)), binned.explained)


def _certainty(judged: _Judged) -> float | None:
    """Give the strength of a column that all but decides the outcome; None for any other."""
    measure = _class_certainty if len(judged.everywhere.ranking) else _value_certainty
    found = [measure(one, judged.n_known) for one in (judged.everywhere, judged.where_known)]
    return max((strength for strength in found if strength is not None), default=None)


def _class_certainty(alone: Alone, n_of_class: NDArray[np.float64]) -> float | None:
    n_rest = n_of_class.sum() - n_of_class
    counts = (n_of_class >= _MIN_CLASS_ROWS) & (n_rest >= _MIN_CLASS_ROWS) & ~np.isnan(alone.ranking)
    if not counts.any():
        return None
    area = float(alone.ranking[counts].mean())
    slack = _Z * float(_auc_error(_SURE_AUC, n_of_class[counts], n_rest[counts]).mean())
    # A perfect ranking has no error of its own, so it is never asked for more than nearly that.
    return 2 * area - 1 if area >= max(_AUC, min(_SURE_AUC + slack, 0.995)) else None


def _auc_error(area: float, n_positive: NDArray[np.float64], n_negative: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the standard error of an area under the ROC curve (Hanley and McNeil, 1982, eq. 1 and 2)."""
    q_1, q_2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (n_positive - 1) * (q_1 - area**2) + (n_negative - 1) * (q_2 - area**2)
    error: NDArray[np.float64] = np.sqrt(variance / (n_positive * n_negative))
    return error


def _value_certainty(alone: Alone, n_known: NDArray[np.float64]) -> float | None:
    if n_known < 2 * _MIN_CLASS_ROWS or alone.explained < _R2:
        return None
    z = np.arctanh(np.sqrt(min(alone.explained, 1 - 1e-12))) - _Z / np.sqrt(n_known - 3)
    return alone.explained if np.tanh(z) ** 2 >= _SURE_R2 else None


def _far_ahead(explained: dict[str, float]) -> list[str]:
    """Name up to three columns that leave all others far behind; copies of one leak must not hide each other."""
    order = sorted(explained, key=lambda name: -explained[name])
    for n_ahead in range(1, min(_MOST_AHEAD, len(order) - 1) + 1):
        least, following = explained[order[n_ahead - 1]], explained[order[n_ahead]]
        n_telling = sum(explained[name] >= _SOMETHING for name in order[n_ahead:])
        if n_telling >= _MIN_YARDSTICK and least >= max(_MUCH, _TIMES_NEXT * following):
            return order[:n_ahead]
    return []


def _strongest_late(explained: dict[str, float], problem: Problem) -> list[str]:
    best = max((explained[name] for name in problem.feature_columns if name in explained), default=0.0)
    late = [name for name in problem.outcome_columns if name in explained]
    return [name for name in late if explained[name] >= max(_MUCH_IF_LATE, best)]


def _less_certain(name: str, judged: _Judged, finding: str) -> Suspect:
    alone = judged.everywhere
    strength = 2 * float(np.nanmean(alone.ranking)) - 1 if len(alone.ranking) else alone.explained
    return Suspect(name, "tells the target", strength, finding)


def _certain_finding(strength: float, problem: Problem) -> str:
    if problem.is_classification:
        return f"Alone it ranks the outcomes almost without fault (ROC AUC {(strength + 1) / 2:.3f})."
    return f"Alone it explains {strength:.1%} of the order of the outcomes."


def _ahead_finding(name: str, explained: dict[str, float], ahead: list[str]) -> str:
    following = max(value for other, value in explained.items() if other not in ahead)
    times = explained[name] / max(following, _SOMETHING)
    return f"Alone it explains {explained[name]:.0%} of the outcome, {times:.1f} times as much as the next column."


def _late_finding(value: float) -> str:
    return f"Alone it explains {value:.0%} of the outcome, more than any feature does."
