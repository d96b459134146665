from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import CaseError, DataError
from evergreen.models.candidates import CandidateName
from evergreen.models.decide import predict_features
from evergreen.models.explain_row import Explanation, choose_background, explain_row
from evergreen.models.features import feature_frame
from evergreen.problem import Kind
from tests.models.oracles import Formula, numbers_case, numbers_rows, oracle
from tests.models.small import KINDS, small_case, small_rows, trained


def _sum(found: Explanation) -> float:
    return found.baseline + sum(found.contributions.values())


def shapley_by_brute_force(formula: Formula, row: pd.Series, background: pd.DataFrame) -> dict[str, float]:
    """The definition (Shapley, 1953): the mean gain of a column over all sets of others, weighted by their orders."""
    names = list(row.index)

    def worth(own: tuple[str, ...]) -> float:
        mixed = background.assign(**{name: row[name] for name in own})
        return float(np.mean(formula(mixed)))

    values = dict.fromkeys(names, 0.0)
    for name in names:
        others = [other for other in names if other != name]
        for size in range(len(names)):
            for chosen in combinations(others, size):
                gain = worth((*chosen, name)) - worth(chosen)
                values[name] += gain / (len(names) * comb(len(names) - 1, size))
    return values


@pytest.mark.parametrize("n_columns", [1, 2, 3, 4])
def test_few_columns_have_exact_shapley_values(n_columns: int) -> None:
    names = list("abcd")[:n_columns]

    def formula(X: pd.DataFrame) -> pd.Series:
        return X.prod(axis=1) + np.sin(X.sum(axis=1)) + X[names[0]] ** 2

    problem, rows = numbers_case(*names), numbers_rows(7, *names)
    row, background = rows.iloc[[0]], rows.iloc[1:]
    found = explain_row(oracle("regression", formula), row, background, problem)
    wanted = shapley_by_brute_force(formula, row[names].iloc[0], background[names])
    assert found.contributions == pytest.approx(wanted, abs=1e-9)
    assert _sum(found) == pytest.approx(found.score, abs=1e-9)


def test_many_columns_have_shapley_values_about_right() -> None:
    names = list("abcdef")

    def formula(X: pd.DataFrame) -> pd.Series:
        return X["a"] * X["b"] + 2 * X["c"] + np.sin(X["d"] + X["e"])

    problem, rows = numbers_case(*names), numbers_rows(41, *names)
    found = explain_row(oracle("regression", formula), rows.iloc[[0]], rows.iloc[1:], problem)
    wanted = shapley_by_brute_force(formula, rows[names].iloc[0], rows[names].iloc[1:])
    # Of products of two columns a path and its reverse are exact; the sine of a sum is nearly one.
    assert found.contributions == pytest.approx(wanted, abs=0.05)
    assert found.contributions["f"] == 0


def test_an_additive_model_is_explained_exactly_however_many_columns() -> None:
    names, weights = list("abcdefgh"), np.arange(1, 9)
    problem, rows = numbers_case(*names), numbers_rows(6, *names)
    found = explain_row(oracle("regression", lambda X: X @ weights), rows.iloc[[0]], rows.iloc[1:], problem)
    wanted = weights * (rows[names].iloc[0] - rows[names].iloc[1:].mean())
    assert found.contributions == pytest.approx(wanted.to_dict(), abs=1e-9)


@pytest.mark.parametrize("candidate", ["linear", "boosted"])
@pytest.mark.parametrize("kind", KINDS)
def test_contributions_sum_up_to_the_score(kind: Kind, candidate: CandidateName) -> None:
    problem, model, rows = small_case(kind), trained(kind, candidate).model, small_rows(kind, 60, seed=11)
    background = choose_background(model, rows, problem)
    known = predict_features(model, feature_frame(rows, problem), problem)
    for place in range(5):
        found = explain_row(model, rows.iloc[[place]], background, problem)
        assert list(found.contributions) == list(problem.feature_columns)
        assert _sum(found) == pytest.approx(found.score, abs=1e-9)
        share = known[place].max() if kind == "multiclass" else known[place, -1]
        assert found.score == pytest.approx(share if kind == "regression" else np.log(share / (1 - share)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_model_does_not_look_at_adds_exactly_nothing(kind: Kind) -> None:
    problem, rows = small_case(kind), small_rows(kind, 40, seed=11)
    model = oracle(kind, lambda X: 2 * X["strength"])
    found = explain_row(model, rows.iloc[[0]], choose_background(model, rows, problem), problem)
    assert {name for name, gain in found.contributions.items() if gain} == {"strength"}


def test_the_same_question_has_the_same_answer() -> None:
    problem, model, rows = small_case("binary"), trained("binary", "boosted").model, small_rows("binary", 40, seed=11)
    background = choose_background(model, rows, problem)
    first, again = (explain_row(model, rows.iloc[[3]], background, problem) for _ in range(2))
    assert first == again


def test_of_several_classes_the_most_probable_is_explained_or_the_one_asked_for() -> None:
    problem, rows = small_case("multiclass"), small_rows("multiclass", 40, seed=11)
    model = oracle("multiclass", lambda X: X["strength"])
    row = rows.assign(strength=3.0).iloc[[0]]
    assert explain_row(model, row, rows, problem).of_class == "good"
    asked = explain_row(model, row, rows, problem, of_class="bad")
    assert asked.of_class == "bad"
    assert asked.contributions["strength"] < 0


def test_the_background_stands_for_all_rows() -> None:
    problem, model, rows = small_case("binary"), trained("binary").model, small_rows("binary", 200, seed=11)
    background = choose_background(model, rows, problem, n_rows=10)
    assert list(background.columns) == list(problem.feature_columns)
    chosen, whole = (predict_features(model, feature_frame(X, problem), problem)[:, 1] for X in (background, rows))
    assert len(chosen) == 10
    assert chosen.mean() == pytest.approx(whole.mean(), abs=0.02)
    assert len(choose_background(model, rows.head(3), problem)) == 3


@pytest.mark.parametrize(("n_rows", "n_behind"), [(0, 3), (2, 3), (1, 0)])
def test_other_than_one_row_and_a_background_is_refused(n_rows: int, n_behind: int) -> None:
    problem, model, rows = small_case("binary"), trained("binary").model, small_rows("binary", 10)
    with pytest.raises(DataError, match=f"are {n_rows} to explain and {n_behind} behind them"):
        explain_row(model, rows.head(n_rows), rows.head(n_behind), problem)


def test_no_rows_give_no_background() -> None:
    with pytest.raises(DataError, match="The background has no rows"):
        choose_background(trained("binary").model, small_rows("binary", 10).head(0), small_case("binary"))


@pytest.mark.parametrize(("kind", "known"), [("binary", "'no'"), ("regression", "none")])
def test_an_unknown_class_is_refused(kind: Kind, known: str) -> None:
    rows = small_rows(kind, 10)
    with pytest.raises(CaseError, match=f"is 'maybe'. It is one of {known}"):
        explain_row(trained(kind).model, rows.head(1), rows, small_case(kind), of_class="maybe")
