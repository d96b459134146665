"""What columns and sources are good for: alone, beside all others, and in money."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import DataError
from evergreen.measures.clustered import Shares, clustered_shares
from evergreen.models.alone import code_cells
from evergreen.models.clusters import row_clusters
from evergreen.models.folds import Fold, make_folds
from evergreen.models.quick import Floats, QuickFold
from evergreen.models.threads import threads_for
from evergreen.models.usefulness_words import SubjectKind, tell_cost, tell_use
from evergreen.problem import Problem

_MAX_ROWS, _MAX_CELLS, _MIN_ROWS = 20_000, 3_000_000, 2_000
_N_FOLDS = 2
_MAX_BINS = 20


@dataclass(frozen=True)
class _Subject:
    """A source with its features, or a feature."""

    name: str
    kind: SubjectKind
    features: frozenset[str]


@dataclass(frozen=True, eq=False)
class _Gains:
    """What judged rows gain, row by row: shapes (m,) for the whole, (m, p) for the subjects side by side."""

    whole: Floats
    alone: Floats
    beside: Floats
    money: Floats


@dataclass(frozen=True, eq=False)
class _Figures:
    """The gains in shares of the whole, and in money a row."""

    alone: Shares
    beside: Shares
    money: Shares


def measure_usefulness(training: pd.DataFrame, problem: Problem, *, random_state: int) -> pd.DataFrame:
    """Measure what each feature, and each source, tells of the outcome.

    Figures are shares of what a constant prediction leaves open: of its log loss, or for a regression of its squared
    error. ``univariate`` is what the subject takes away alone: a column by the mean outcome of its levels; prose, a
    picture or a source by a quick boosted model of its own. ``marginal`` is what is lost without it beside all others:
    a column's cells are given to other rows (permutation importance; Breiman, 2001, Machine Learning 45, 5-32); without
    a source the model is learnt again, since that is what dropping it means, and ``worth_per_row`` is the payoff that a
    decision would then lose. All is judged on rows that were not learnt from, in the last two of the case's folds.
    At most 20,000 training rows take part, and fewer where there are more than 150 features.

    Args:
        training: training rows.
        problem: the case.
        random_state: seed of sample, folds, models and permutations.

    Returns:
        Columns ``subject, kind, univariate, univariate_low, univariate_high, marginal, marginal_low, marginal_high,
        cost_per_row, worth_per_row, finding``; sources first, then columns, the most useful beside all others first.
        Bounds are two-sided 95 % over judged rows, days or groups. Figures are NaN where the rows give no folds.
    """
    rows = _sample(training[training[problem.target.column].notna()], problem, random_state)
    subjects = _subjects(problem)
    try:
        folds = make_folds(rows, problem, random_state=random_state)[-_N_FOLDS:]
    except DataError as error:
        return _tabulate(subjects, _unknown(len(subjects)), problem, f"Not measured: {error.thing} {error.finding}.")
    with threads_for(len(rows)):
        gains = [_judge(rows, fold, subjects, problem, random_state=random_state) for fold in folds]
    clusters = row_clusters(rows, problem)
    labels = None if clusters is None else np.concatenate([clusters[judged] for _, judged in folds])
    return _tabulate(subjects, _summarise(gains, labels), problem)


def _sample(rows: pd.DataFrame, problem: Problem, random_state: int) -> pd.DataFrame:
    n_rows = min(_MAX_ROWS, max(_MIN_ROWS, _MAX_CELLS // len(problem.feature_columns)))
    if len(rows) <= n_rows:
        return rows.reset_index(drop=True)
    drawn = np.random.default_rng(random_state).choice(len(rows), n_rows, replace=False)
    return rows.iloc[np.sort(drawn)].reset_index(drop=True)


def _subjects(problem: Problem) -> list[_Subject]:
    features = problem.feature_columns
    by_source = {
        source: frozenset(name for name, column in features.items() if (column.source or problem.spine) == source)
        for source in problem.sources
    }
    sources = [_Subject(name, "source", members) for name, members in by_source.items()]
    return [*sources, *(_Subject(name, "column", frozenset([name])) for name in features)]


def _judge(
    rows: pd.DataFrame, positions: Fold, subjects: list[_Subject], problem: Problem, *, random_state: int
) -> _Gains:
    fold = QuickFold(rows, positions, problem, random_state=random_state)
    constant, full = fold.losses(fold.predict_constant()), fold.losses(fold.predict_from(fold.features))
    alone = [constant - fold.losses(_predict_alone(fold, subject, rows, problem)) for subject in subjects]
    beside = [fold.losses(_predict_without(fold, subject)) - full for subject in subjects]
    money = [_lose(fold, subject, problem) for subject in subjects]
    return _Gains(constant, *(np.stack(columns, axis=1) for columns in (alone, beside, money)))


def _predict_alone(fold: QuickFold, subject: _Subject, rows: pd.DataFrame, problem: Problem) -> Floats:
    if subject.kind == "source" or fold.is_wide(subject.name):
        return fold.predict_from(subject.features)
    return fold.predict_by_level(code_cells(rows[subject.name], problem.columns[subject.name], max_bins=_MAX_BINS))


def _predict_without(fold: QuickFold, subject: _Subject) -> Floats:
    if subject.kind == "source":
        return fold.predict_from(fold.features - subject.features)
    return fold.predict_shuffled(subject.name)


def _lose(fold: QuickFold, subject: _Subject, problem: Problem) -> Floats:
    if subject.kind == "column" or problem.payoff is None:
        return np.full(fold.n_judged, np.nan)
    return fold.payoffs_from(fold.features) - fold.payoffs_from(fold.features - subject.features)


def _summarise(gains: list[_Gains], labels: NDArray[np.generic] | None) -> _Figures:
    whole = np.concatenate([one.whole for one in gains])
    alone, beside, money = (
        np.concatenate(parts) for parts in zip(*((one.alone, one.beside, one.money) for one in gains), strict=True)
    )
    return _Figures(
        clustered_shares(alone, whole, labels),
        clustered_shares(beside, whole, labels),
        clustered_shares(money, np.ones(len(whole)), labels),
    )


def _unknown(n_subjects: int) -> _Figures:
    nothing = np.full(n_subjects, np.nan)
    shares = Shares(nothing, nothing, nothing)
    return _Figures(shares, shares, shares)


def _tabulate(subjects: list[_Subject], figures: _Figures, problem: Problem, excuse: str = "") -> pd.DataFrame:
    findings = [excuse or _tell(place, one, figures, problem) for place, one in enumerate(subjects)]
    table = pd.DataFrame(
        {
            "subject": pd.Series([one.name for one in subjects], dtype="str"),
            "kind": pd.Series([one.kind for one in subjects], dtype="str"),
            **_columns("univariate", figures.alone),
            **_columns("marginal", figures.beside),
            "cost_per_row": pd.Series([_cost(one, problem) for one in subjects], dtype="float64"),
            "worth_per_row": figures.money.value,
            "finding": pd.Series(findings, dtype="str"),
        }
    )
    order = ["kind", "marginal", "univariate", "subject"]
    return table.sort_values(order, ascending=[False, False, False, True], ignore_index=True)


def _columns(name: str, shares: Shares) -> dict[str, Floats]:
    return {name: shares.value, f"{name}_low": shares.low, f"{name}_high": shares.high}


def _cost(subject: _Subject, problem: Problem) -> float | None:
    return problem.sources[subject.name].cost_per_row if subject.kind == "source" else None


def _tell(place: int, subject: _Subject, figures: _Figures, problem: Problem) -> str:
    told = tell_use(subject.kind, figures.alone.at(place), figures.beside.at(place))
    if subject.kind == "column":
        return told
    if not subject.features:
        told = "No feature comes from it."
    unit = None if problem.payoff is None else problem.payoff.unit
    return tell_cost(told, _cost(subject, problem), figures.money.at(place), unit)
