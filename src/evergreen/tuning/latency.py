"""What a prediction of one row takes, told from settings alone.

A recipe made twice with one seed must be the same to the byte, and no clock is. So whether a combination is too slow is
told from what was measured once: 19 features of mixed type (bank_marketing) and 16 numbers in 7 classes (dry_bean), the
median of 15 predictions of one row on one core of 2026. Only ratios count, and they hold from one machine to the next
far better than milliseconds do. What a model really takes here is measured beside it, in the costs of the candidates;
a limit in milliseconds goes by that.
"""

from collections.abc import Iterable

from evergreen.models.candidates import CANDIDATES, CandidateName, Settings, first_settings
from evergreen.models.candidates.forest import N_TREES
from evergreen.problem import Problem

_BINARY = 2
# Trees of candidates whose settings name no number.
_FIXED_TREES: dict[CandidateName, int] = {"forest": N_TREES}
# Milliseconds of one row: preparing its features and calling the estimator. The greater part of every prediction.
_CALL_MS: dict[CandidateName, float] = {
    "linear": 5.5,
    "boosted": 6.3,
    "forest": 4.4,
    "network": 5.5,
    "lightgbm": 4.7,
    "catboost": 4.4,
}
# Milliseconds of each tree: 100 to 300 of a forest cost 10 more, 150 to 600 of histogram boosting 2.6.
_TREE_MS: dict[CandidateName, float] = {
    "linear": 0.0,
    "boosted": 0.006,
    "forest": 0.05,
    "network": 0.0,
    "lightgbm": 0.0005,
    "catboost": 0.0002,
}


def latency_ratio(members: Iterable[Settings], problem: Problem) -> float:
    """Estimate the latency of one row against a single histogram boosting as it starts.

    Args:
        members: settings of models that are asked one after the other.
        problem: the case.

    Returns:
        How many times as long; 1 is the single histogram boosting.
    """
    return sum(_milliseconds(one, problem) for one in members) / _milliseconds(
        first_settings("boosted", problem), problem
    )


def _milliseconds(settings: Settings, problem: Problem) -> float:
    return _CALL_MS[settings.candidate] + _TREE_MS[settings.candidate] * _n_trees(settings, problem)


def _n_trees(settings: Settings, problem: Problem) -> int:
    """Count trees: boosting grows one a class in each round where there are more than two."""
    counted = CANDIDATES[settings.candidate].rounds_setting or "max_iter"
    told = (settings.rounds, settings.estimator.get(counted), settings.estimator.get("n_estimators"))
    n_rounds = next((int(number) for number in told if number is not None), _FIXED_TREES.get(settings.candidate, 0))
    is_many = settings.candidate in ("boosted", "lightgbm") and len(problem.target.classes) > _BINARY
    return n_rounds * (len(problem.target.classes) if is_many else 1)
