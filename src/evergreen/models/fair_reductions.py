"""Fair classification reduced to a few weighted fits (Agarwal et al., ICML 2018, arXiv:1803.02453), without a coin."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.errors import Pandas4Warning
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from evergreen.measures import best_actions, payoff_matrix
from evergreen.measures.arrays import Floats
from evergreen.measures.fairness import decided_rows, group_rates, rate_gaps
from evergreen.models.averaged import AveragedModel
from evergreen.models.candidates import Settings, build_pipeline
from evergreen.models.fair_groups import favourable_decision, find_groups
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import learnt_rows, used_columns
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.problem.fairness import FairnessMetric

# What a violation may cost is told well enough by so many rows: a handful of numbers is learnt from them. The models
# themselves learn from all rows.
_ROWS_OF_MULTIPLIERS = 2_000
_LEAST_ROWS_OF_A_CELL = 25
_MAX_ITERATIONS = 6
_STEPS = (0.0, 0.5, 1.0, 1.5, 2.5)
_PARTS_OF_A_STEP = 5
_HALF = 0.5
_N_GROUPS_OF_A_GAP = 2


def fit_reduced(
    settings: Settings, rows: pd.DataFrame, problem: Problem, movable: Sequence[str], *, random_state: int
) -> AveragedModel | None:
    """Fit models whose average gives groups the favourable decision about alike.

    The reduction finds a lottery over classifiers, each fitted to rows that are weighted and labelled by money and by
    the price of unequal rates; each selects from one half on. A lottery is no way to treat people, and two answers
    about one row must be the same. So probabilities are averaged, and rows are selected where the mean is one half or
    more. No group is asked for when deciding. The bound of the lottery says nothing about the average; the average is
    chosen by its own gap and cost on the rows that were learnt from, and measured on rows it has not seen.

    What unequal rates have to cost is found with the same estimator on 2,000 rows at most. How much of it is found on
    all rows: classifiers are fitted to some multiples of these prices, from none to more than enough, and of each and
    the averages of neighbours the one is taken that costs least under the limit.

    Args:
        settings: of the candidate.
        rows: labelled rows.
        problem: a case with a section on fairness.
        movable: columns in the order in which they are left out.
        random_state: seed of everything random in the candidate.

    Returns:
        The average; None where fewer than two groups are large enough.
    """
    taken, weights = learnt_rows(rows, settings, problem)
    used = rows.iloc[taken]
    pipeline = build_pipeline(settings, problem, used_columns(settings, problem, movable), random_state=random_state)
    y, is_good, group = target_values(used, problem), _is_good(used, problem), _judged_groups(used, problem)
    if len(set(group[group >= 0])) < _N_GROUPS_OF_A_GAP:
        return None
    with warnings.catch_warnings(), np.errstate(invalid="ignore"), threads_for(len(used)):
        warnings.simplefilter("ignore", ConvergenceWarning)
        # fairlearn 0.15 lengthens series in a way that pandas 3 calls deprecated.
        warnings.simplefilter("ignore", Pandas4Warning)
        prepared = pipeline[:-1].fit_transform(feature_frame(used, problem), y)
        multipliers = _find_multipliers(prepared, is_good, group, pipeline[-1], problem)
        ladder = [_signed_weights(step * multipliers, is_good, group, problem) for step in _STEPS]
        positive = int(problem.target.classes.index(str(problem.favourable_class)))
        fitted = [_fit(pipeline[-1], prepared, signed, positive, weights) for signed in ladder]
        scores = np.stack([_score(one, prepared, positive) for one in fitted])
    shares = _choose_shares(scores, is_good, group, problem)
    kept = np.flatnonzero(shares)
    models = [Pipeline([*pipeline.steps[:-1], ("estimator", fitted[place])]) for place in kept]
    return AveragedModel(models, tuple(shares[kept].tolist()), len(problem.target.classes))


def decide_reduced(averaged: Floats, problem: Problem) -> NDArray[np.object_]:
    """Choose the favourable action where the average says so, else the best of the others.

    Args:
        averaged: what the average says, shape (n, 2), in the order of the classes.
        problem: a case with a section on fairness.

    Returns:
        Names of actions (or classes), shape (n,).
    """
    chosen, good = favourable_decision(problem), problem.target.classes.index(str(problem.favourable_class))
    if problem.payoff is None:
        others = np.full(len(averaged), next(name for name in problem.target.classes if name != chosen), dtype=object)
    else:
        names = [name for name in problem.payoff.actions if name != chosen]
        pays = payoff_matrix(problem.payoff, problem.target.classes)
        left = np.array([name != chosen for name in problem.payoff.actions])
        others = np.asarray(names, dtype=object)[best_actions(averaged, pays[left])]
    decided: NDArray[np.object_] = np.where(averaged[:, good] >= _HALF, np.asarray(chosen, dtype=object), others)
    return decided


class _Oracle:
    """Fits an estimator on prepared features; it takes places of rows, since fairlearn takes no sparse matrices."""

    def __init__(self, estimator: Any, prepared: Any) -> None:
        self.estimator = estimator
        self.prepared = prepared
        self._answer: NDArray[np.int64] | None = None

    def __sklearn_clone__(self) -> Self:
        """Copy the estimator and share the features."""
        return type(self)(clone(self.estimator), self.prepared)

    def fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        self.estimator.fit(_take(self.prepared, _places(X)), np.asarray(y), sample_weight=np.asarray(sample_weight))
        return self

    def predict(self, X: Any) -> NDArray[np.int64]:
        # Asked about the rows it was fitted to, over and over.
        if self._answer is None:
            told = self.estimator.predict_proba(_take(self.prepared, _places(X)))
            self._answer = np.asarray(self.estimator.classes_, dtype=np.int64)[told.argmax(axis=1)]
        return self._answer


def _places(X: Any) -> NDArray[np.intp]:
    return np.asarray(X, dtype=np.intp).ravel()


def _take(prepared: Any, places: NDArray[np.intp]) -> Any:
    return prepared.iloc[places] if isinstance(prepared, pd.DataFrame) else prepared[places]


def _is_good(rows: pd.DataFrame, problem: Problem) -> NDArray[np.int64]:
    return np.asarray(rows[problem.target.column] == problem.favourable_class, dtype=np.int64)


def _judged_groups(rows: pd.DataFrame, problem: Problem) -> NDArray[np.int64]:
    """Give codes of groups that are large enough; -1 for rows of all others."""
    assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
    groups = find_groups(rows, problem.fairness.columns, problem)
    n_rows = np.bincount(groups.codes, minlength=len(groups.names))
    is_judged = groups.is_known & (n_rows >= problem.fairness.min_group_rows)
    return np.where(is_judged[groups.codes], groups.codes, -1)


def _find_multipliers(
    prepared: Any, is_good: NDArray[np.int64], group: NDArray[np.int64], estimator: Any, problem: Problem
) -> pd.Series:
    """Find what unequal rates have to cost: the mean over the classifiers of the lottery of a few rows."""
    from fairlearn.reductions import ErrorRate, ExponentiatedGradient

    places = _thinned(np.flatnonzero(group >= 0), group * 2 + is_good)
    found = ExponentiatedGradient(
        _Oracle(estimator, prepared),
        _constraint(problem),
        objective=ErrorRate(costs=_costs(problem)),
        max_iter=_MAX_ITERATIONS,
    )
    found.fit(places[:, None], is_good[places], sensitive_features=group[places])
    shares = found.weights_.sort_index()
    multipliers: pd.Series = found.lambda_vecs_[shares.index] @ shares
    return multipliers


def _score(fitted: Any, prepared: Any, positive: int) -> Floats:
    told = np.asarray(fitted.predict_proba(prepared), dtype=np.float64)
    return np.asarray((told * (np.asarray(fitted.classes_, dtype=int) == positive)).sum(axis=1))


def _choose_shares(scores: Floats, is_good: NDArray[np.int64], group: NDArray[np.int64], problem: Problem) -> Floats:
    """Choose the average of a classifier and the next stricter one that costs least under the limit.

    Where none keeps the limit on the rows that were learnt from, the one with the smallest gap.
    """
    assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
    costs, known = _costs(problem), group >= 0
    codes = np.unique(group[known], return_inverse=True)[1]
    names = tuple(map(str, range(int(codes.max()) + 1)))
    tried = []
    for shares in _mixtures(len(scores)):
        selected = shares @ scores >= _HALF
        cost = float(np.where(is_good == 1, costs["fn"] * ~selected, costs["fp"] * selected).mean())
        rates = group_rates(decided_rows(selected[known], is_good[known], codes, names))
        gap = float(np.nan_to_num(rate_gaps(rates)[problem.fairness.metric][0]))
        tried.append((max(0.0, gap - problem.fairness.at_most), cost, shares))
    return min(tried, key=lambda one: one[:2])[2]


def _mixtures(n_classifiers: int) -> list[Floats]:
    steps = np.arange((n_classifiers - 1) * _PARTS_OF_A_STEP + 1) / _PARTS_OF_A_STEP
    return [np.maximum(0.0, 1 - np.abs(np.arange(n_classifiers) - step)) for step in steps]


def _loaded(is_good: NDArray[np.int64], group: NDArray[np.int64], places: NDArray[np.intp], problem: Problem) -> Any:
    constraint = _constraint(problem)
    constraint.load_data(places[:, None], pd.Series(is_good), sensitive_features=pd.Series(group))
    return constraint


def _constraint(problem: Problem) -> Any:
    """Bound how far each group lies from all rows at half the limit, so that no two lie further apart than it."""
    from fairlearn import reductions

    assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
    kinds: dict[FairnessMetric, Any] = {
        "selection_rate": reductions.DemographicParity,
        "true_positive_rate": reductions.TruePositiveRateParity,
        "false_positive_rate": reductions.FalsePositiveRateParity,
        "equalized_odds": reductions.EqualizedOdds,
    }
    return kinds[problem.fairness.metric](difference_bound=problem.fairness.at_most / 2)


def _costs(problem: Problem) -> dict[str, float]:
    """Give what each wrong decision costs, the larger 1; both 1 where money tells no right and wrong."""
    if problem.payoff is None:
        return {"fp": 1.0, "fn": 1.0}
    good = str(problem.favourable_class)
    bad = next(name for name in problem.target.classes if name != good)
    pays = problem.payoff.actions
    chosen, others = favourable_decision(problem), [name for name in pays if name != favourable_decision(problem)]
    missed = pays[chosen][good] - max(pays[name][good] for name in others)
    wasted = max(pays[name][bad] for name in others) - pays[chosen][bad]
    if min(missed, wasted) <= 0:
        return {"fp": 1.0, "fn": 1.0}
    return {"fp": wasted / max(missed, wasted), "fn": missed / max(missed, wasted)}


def _signed_weights(
    multipliers: pd.Series, is_good: NDArray[np.int64], group: NDArray[np.int64], problem: Problem
) -> Floats:
    """Give each row the weight of being selected; rows of no judged group have that of the objective alone."""
    costs, known = _costs(problem), np.flatnonzero(group >= 0)
    signed = np.where(is_good == 1, costs["fn"], -costs["fp"])
    constraint = _loaded(is_good[known], group[known], known, problem)
    # A group whose cell had no row where multipliers were found has none.
    priced = multipliers.reindex(constraint.index, fill_value=0.0)
    signed[known] += constraint.signed_weights(priced).to_numpy()
    return np.asarray(signed, dtype=np.float64)


def _fit(estimator: Any, prepared: Any, signed: Floats, positive: int, recency: Floats | None) -> Any:
    labels = np.where(signed > 0, positive, 1 - positive)
    if len(np.unique(labels)) == 1:
        return DummyClassifier(strategy="constant", constant=labels[0]).fit(np.zeros((len(labels), 1)), labels)
    weights = np.abs(signed) * (1.0 if recency is None else recency)
    return clone(estimator).fit(prepared, labels, sample_weight=weights * len(weights) / weights.sum())


def _thinned(places: NDArray[np.intp], cell: NDArray[np.int64]) -> NDArray[np.intp]:
    """Take rows at equal steps within each group and class, so that nothing is left to chance and no group is lost."""
    if len(places) <= _ROWS_OF_MULTIPLIERS:
        return places
    kept = []
    for code in np.unique(cell[places]):
        own = places[cell[places] == code]
        n_kept = min(len(own), max(_LEAST_ROWS_OF_A_CELL, _ROWS_OF_MULTIPLIERS * len(own) // len(places)))
        kept.append(own[np.arange(n_kept) * len(own) // n_kept])
    return np.sort(np.concatenate(kept))
