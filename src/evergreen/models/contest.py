"""What a challenger gains over the champion on rows that neither has learnt from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from evergreen.measures.arrays import Floats, ratio
from evergreen.measures.promotion import PairedDifference, paired_differences
from evergreen.models.clusters import row_clusters
from evergreen.models.figures import score_predictions
from evergreen.models.performance import PAYOFF, payoff_of
from evergreen.models.scores import ACTION
from evergreen.models.target import target_values
from evergreen.problem import Problem

Differences = dict[str, PairedDifference]


@dataclass(frozen=True)
class Contest:
    """A challenger beside the champion.

    Attributes:
        champion_id: the live release; None where no other model is live.
        why_not: why they cannot be compared, in a sentence; empty where they can, or where no other model is live.
        number: which comparison with this champion it is.
        level: of the one-sided bounds of this comparison.
        n_rows: rows that neither has learnt from.
        whole: metric -> the challenger's figure less the champion's on these rows.
        slices: slice -> the same on its rows, for slices that a criterion compares with the champion.
    """

    champion_id: str | None
    why_not: str = ""
    number: int = 1
    level: float = 0.05
    n_rows: int = 0
    whole: Differences = field(default_factory=dict)
    slices: Mapping[str, Differences] = field(default_factory=dict)


NO_RIVAL = Contest(None)


def compare_predictions(
    problem: Problem, rows: pd.DataFrame, challenger: pd.DataFrame, champion: pd.DataFrame
) -> Differences:
    """Compare what two models said and did about the same rows.

    Rows of one day, or of one group, count together where the split is by time or group. Decisions of both are paid
    by the present case.

    Args:
        problem: the case.
        rows: labelled rows, n of them.
        challenger: what ``predict_rows`` gave for them by the challenger, in the same order.
        champion: the same by the champion.

    Returns:
        Metric -> the challenger's figure less the champion's, for every metric of the case.
    """
    y_true = target_values(rows, problem)

    def figures(predictions: pd.DataFrame, weights: Floats) -> dict[str, Floats]:
        found = score_predictions(problem, y_true, predictions, weights)
        if problem.payoff is not None:
            money = payoff_of(problem.payoff, problem, predictions[ACTION].to_numpy(), y_true, rows)
            found |= {PAYOFF: ratio(weights @ money, weights.sum(axis=1))}
        return found

    def differences(weights: Floats) -> dict[str, Floats]:
        new, live = figures(challenger, weights), figures(champion, weights)
        return {name: new[name] - live[name] for name in problem.metrics}

    return paired_differences(differences, len(rows), clusters=row_clusters(rows, problem))
