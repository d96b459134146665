"""Fair classification reduced to a few weighted fits (Agarwal et al., ICML 2018, arXiv:1803.02453), without a coin."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.errors import Pandas4Warning
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from evergreen.errors import DataError
from evergreen.measures.arrays import Floats
from evergreen.measures.fairness import decided_rows, group_rates, rate_gaps
from evergreen.models.averaged import AveragedModel
from evergreen.models.candidates import Settings, build_pipeline
from evergreen.models.fair_groups import favourable_decision, find_groups
from evergreen.models.fair_thresholds import gap_and_reach
from evergreen.models.features import feature_frame
from evergreen.models.learnt_rows import learnt_rows, used_columns
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
_PARTS_OF_A_STEP = 25
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
    chosen by its own gap and cost on rows that were not learnt from: each half of the rows is scored by what the other
    half has taught. The limit is first chosen under as it is, and then less what a holdout could not tell, as for cut
    points.

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
        rungs = _Rungs(pipeline[-1], prepared, positive, np.ones(len(used)) if weights is None else weights)
        scores = np.stack([rungs.score_halves(signed, group * 2 + is_good) for signed in ladder])
        shares = _choose_with_room(scores, used, is_good, group, problem, random_state)
        kept = np.flatnonzero(shares)
        fitted = [rungs.fit(ladder[place], np.arange(len(used))) for place in kept]
    models = [Pipeline([*pipeline.steps[:-1], ("estimator", one)]) for one in fitted]
    return AveragedModel(models, tuple(shares[kept].tolist()), len(problem.target.classes))


def fit_decider(
    settings: Settings, rows: pd.DataFrame, problem: Problem, movable: Sequence[str], *, random_state: int
) -> AveragedModel:
    """Fit the models that decide where reductions are applied.

    Args:
        settings: of the candidate.
        rows: labelled rows.
        problem: a case with a section on fairness.
        movable: columns in the order in which they are left out.
        random_state: seed of everything random in the candidate.

    Returns:
        The average of ``fit_reduced``.

    Raises:
        DataError: where fewer than two groups are large enough.
    """
    found = fit_reduced(settings, rows, problem, movable, random_state=random_state)
    if found is None:
        assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
        finding = f"hold fewer than two groups of {problem.fairness.min_group_rows} rows or more"
        cure = f"Reductions have nothing to make alike in {problem.fairness.name}: bring more rows or apply no remedy."
        raise DataError("The training rows", finding, cure)
    return found


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


def _choose_with_room(
    scores: Floats,
    rows: pd.DataFrame,
    is_good: NDArray[np.int64],
    group: NDArray[np.int64],
    problem: Problem,
    random_state: int,
) -> Floats:
    """Choose an average under the limit less how far the gap of a holdout may seem to lie above it."""
    assert problem.fairness is not None  # noqa: S101 - asked of cases that have the section
    limit = problem.fairness.at_most
    shares = _choose_shares(scores, is_good, group, problem, limit)
    actions = np.where(shares @ scores >= _HALF, favourable_decision(problem), "")
    groups = find_groups(rows, problem.fairness.columns, problem)
    _, reach = gap_and_reach(rows, actions, groups, problem, random_state=random_state)
    return _choose_shares(scores, is_good, group, problem, max(0.0, limit - reach))


def _choose_shares(
    scores: Floats, is_good: NDArray[np.int64], group: NDArray[np.int64], problem: Problem, limit: float
) -> Floats:
    """Choose the average of a classifier and the next stricter one that costs least under the limit.

    Where none keeps the limit, the one with the smallest gap.
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
        tried.append((max(0.0, gap - limit), cost, shares))
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
    pays = problem.payoff.plain_actions
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


@dataclass(frozen=True, eq=False)
class _Rungs:
    """Fits classifiers to signed weights of rows, and scores rows that were not learnt from."""

    estimator: Any
    prepared: Any
    positive: int
    recency: Floats

    def fit(self, signed: Floats, places: NDArray[np.intp]) -> Any:
        """Fit one to some rows: the sign is the label, the size is the weight."""
        labels = np.where(signed[places] > 0, self.positive, 1 - self.positive)
        if len(np.unique(labels)) == 1:
            return DummyClassifier(strategy="constant", constant=labels[0]).fit(np.zeros((len(labels), 1)), labels)
        weights = np.abs(signed[places]) * self.recency[places]
        weights *= len(weights) / weights.sum()
        return clone(self.estimator).fit(_take(self.prepared, places), labels, sample_weight=weights)

    def score_halves(self, signed: Floats, cell: NDArray[np.int64]) -> Floats:
        """Score each half of the rows by what the other has taught; every other row of a group and class is a half."""
        half = pd.Series(cell).groupby(cell).cumcount().to_numpy() % 2
        scores = np.empty(len(half))
        for number in (0, 1):
            fitted, asked = self.fit(signed, np.flatnonzero(half != number)), np.flatnonzero(half == number)
            told = np.asarray(fitted.predict_proba(_take(self.prepared, asked)), dtype=np.float64)
            scores[asked] = told @ (np.asarray(fitted.classes_, dtype=int) == self.positive)
        return scores


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
