"""What every candidate of the closed list must bear, for every kind of problem."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.candidates import CANDIDATES, CandidateName
from evergreen.models.target import target_values
from evergreen.problem import Kind, Problem
from evergreen.releases import model_from_bytes, model_to_bytes
from tests.models.candidates.learning import NAMES, fitted, predicted, size_of, without_features
from tests.models.small import KINDS, SEED, small_case, small_rows

N_ROWS = 160


def _is_sound(found: np.ndarray, problem: Problem, n_rows: int) -> bool:
    if not problem.is_classification:
        return found.shape == (n_rows,) and bool(np.isfinite(found).all())
    is_share = np.isfinite(found).all() and (found >= 0).all() and np.allclose(found.sum(axis=1), 1)
    return found.shape[0] == n_rows and bool(is_share)


def _blank(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.assign(**{column: rows[column].where(np.zeros(len(rows), dtype=bool))})


def _same(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.assign(**{column: rows[column].dropna().iloc[0]})


def _each(rows: pd.DataFrame, change: Callable[[pd.DataFrame, str], pd.DataFrame]) -> pd.DataFrame:
    return reduce(change, ("noise", "colour", "since", "note"), rows)


ROWS = {
    "as they are": lambda rows: rows,
    "columns that do not vary": lambda rows: _each(rows, _same),
    "columns without a value": lambda rows: _each(rows, _blank),
    "huge numbers": lambda rows: rows.assign(noise=np.where(rows.index % 50 == 0, 1e200, rows["strength"])),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given", ROWS)
def test_it_learns_and_predicts_whatever_the_rows_hold(given: str, name: CandidateName, kind: Kind) -> None:
    problem, usual = small_case(kind), small_rows(kind, N_ROWS)
    model = fitted(name, ROWS[given](usual), problem)
    assert _is_sound(predicted(model, usual, problem), problem, N_ROWS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_its_later_starts_learn_as_well(name: CandidateName, kind: Kind) -> None:
    problem, rows = small_case(kind), small_rows(kind, N_ROWS)
    for start in range(1, len(CANDIDATES[name].starts(size_of(rows, problem)))):
        assert _is_sound(predicted(fitted(name, rows, problem, start=start), rows, problem), problem, N_ROWS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_gaps_and_words_that_are_new_get_a_prediction(name: CandidateName, kind: Kind) -> None:
    problem, rows = small_case(kind), small_rows(kind, N_ROWS)
    changes: dict[str, Any] = {"category_means": False} if name == "forest" else {}
    model = fitted(name, rows, problem, **changes)
    new = _blank(_blank(rows, "strength"), "is_known").assign(colour=pd.Series(["violet"] * N_ROWS, dtype="str"))
    assert _is_sound(predicted(model, new, problem), problem, N_ROWS)
    unknown = predicted(model, rows.head(1).assign(colour=pd.Series(["violet"], dtype="str")), problem)
    missing = predicted(model, _blank(rows.head(1), "colour"), problem)
    if name not in ("linear", "network"):  # to these a word never seen is as a rare one
        np.testing.assert_array_equal(unknown, missing)


def _wide_case(kind: Kind, n_columns: int) -> Problem:
    told = small_case(kind).model_dump()
    told["columns"] |= {f"x{i}": {"type": "number", "why": "For the test."} for i in range(n_columns)}
    return Problem.model_validate(told)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_more_columns_than_rows_are_no_obstacle(name: CandidateName, kind: Kind) -> None:
    problem, rows = _wide_case(kind, 80), small_rows(kind, 60)
    wide = np.random.default_rng(1).normal(size=(60, 80))
    rows = rows.assign(**{f"x{i}": column for i, column in enumerate(wide.T)})
    assert _is_sound(predicted(fitted(name, rows, problem), rows, problem), problem, 60)


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_one_number_tells_apart_are_told_apart(name: CandidateName) -> None:
    problem, rows = small_case("binary"), small_rows("binary", N_ROWS)
    rows = rows.assign(outcome=pd.Series(np.where(rows["strength"] > 0, "yes", "no"), dtype="str"))
    found = predicted(fitted(name, rows, problem), rows, problem)
    assert np.isfinite(np.log(np.clip(found, 1e-15, 1))).all()
    middle = np.median(found[:, 1])
    assert ((found[:, 1] > middle) == (rows["outcome"] == "yes")).mean() > 0.8


@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_class_of_two_rows_is_learnt(name: CandidateName, means: bool) -> None:
    problem, rows = small_case("multiclass"), small_rows("multiclass", N_ROWS)
    outcome = np.where(rows.index < 2, "bad", np.where(rows["strength"] > 0, "good", "fair"))
    rows = rows.assign(outcome=pd.Series(outcome, dtype="str"))
    changes: dict[str, Any] = {"category_means": means} if name != "catboost" else {}
    found = predicted(fitted(name, rows, problem, **changes), rows, problem)
    assert found.shape == (N_ROWS, 3)
    assert found[:, 0].mean() < 0.3


@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_class_that_is_not_among_the_rows_has_no_column(name: CandidateName, means: bool) -> None:
    problem, rows = small_case("multiclass"), small_rows("multiclass", N_ROWS)
    rows = rows[rows["outcome"] != "fair"].reset_index(drop=True)
    changes: dict[str, Any] = {"category_means": means} if name != "catboost" else {}
    model = fitted(name, rows, problem, **changes)
    assert list(model[-1].classes_) == [0, 2]
    found = predicted(model, rows, problem)
    assert found.shape == (len(rows), 2)
    assert found[(rows["outcome"] == "good").to_numpy(), 1].mean() > found[:, 1].mean()


@pytest.mark.parametrize("name", NAMES)
def test_a_huge_outcome_is_borne(name: CandidateName) -> None:
    problem, rows = small_case("regression"), small_rows("regression", N_ROWS)
    rows.loc[5, "outcome"] = 1e9
    assert _is_sound(predicted(fitted(name, rows, problem), rows, problem), problem, N_ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_an_outcome_that_never_varies_is_predicted(name: CandidateName) -> None:
    problem = small_case("regression")
    rows = small_rows("regression", N_ROWS).assign(outcome=7.5)
    np.testing.assert_allclose(predicted(fitted(name, rows, problem), rows, problem), 7.5, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_two_fits_are_the_same_bytes_and_a_stored_model_predicts_the_same(name: CandidateName, kind: Kind) -> None:
    problem, rows = small_case(kind), small_rows(kind, N_ROWS)
    last = len(CANDIDATES[name].starts(size_of(rows, problem))) - 1
    one, two = (fitted(name, rows, problem, start=last) for _ in range(2))
    content = model_to_bytes(one)
    assert model_to_bytes(two) == content
    stored = model_from_bytes(content)
    np.testing.assert_array_equal(predicted(stored, rows, problem), predicted(one, rows, problem))
    assert model_to_bytes(stored) == content


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_weights_matter(name: CandidateName, kind: Kind) -> None:
    problem, rows = small_case(kind), small_rows(kind, N_ROWS)
    y = target_values(rows, problem)
    is_high = y == y.max() if problem.is_classification else y > np.median(y)
    alike, heavy = (fitted(name, rows, problem, weights=w) for w in (np.ones(N_ROWS), np.where(is_high, 9.0, 1.0)))
    before, after = (predicted(model, rows, problem) for model in (alike, heavy))
    before, after = (found[:, -1] if problem.is_classification else found for found in (before, after))
    assert after.mean() > before.mean() + 0.02


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_changes_little(name: CandidateName, kind: Kind) -> None:
    problem, rows = small_case(kind), small_rows(kind, 400)
    order = np.random.default_rng(SEED).permutation(len(rows))
    found, other = (predicted(fitted(name, told, problem), rows, problem) for told in (rows, rows.iloc[order]))
    # Boosting and forests draw rows, so that their trees differ; linear models and histograms of all rows do not.
    same = 1e-4 if name in ("linear", "boosted") else 0.35 * found.std(axis=0).max()
    assert np.abs(found - other).mean() <= same
    both = [one[:, -1] if problem.is_classification else one for one in (found, other)]
    assert np.corrcoef(both)[0, 1] > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_one_row_is_predicted_as_it_is_among_others(name: CandidateName) -> None:
    problem, rows = small_case("binary"), small_rows("binary", N_ROWS)
    model = fitted(name, rows, problem)
    alone = predicted(model, rows.iloc[[7]], problem)
    np.testing.assert_allclose(alone[0], predicted(model, rows, problem)[7], rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_200_000_words_neither_fail_nor_fill_the_release(name: CandidateName) -> None:
    problem = without_features(small_case("binary", split="random"), "colour", "strength")
    n_rows = 220_000
    rng = np.random.default_rng(1)
    word = np.where(np.arange(n_rows) % 11 == 0, "often", np.char.add("w", np.arange(n_rows).astype(str)))
    strength = rng.normal(size=n_rows)
    is_yes = strength + 2 * (word == "often") + rng.logistic(size=n_rows) > 0
    rows = pd.DataFrame({"colour": word, "strength": strength, "outcome": np.where(is_yes, "yes", "no")})
    changes: dict[str, Any] = {"category_means": True} if name != "catboost" else {}
    model = fitted(name, rows, problem, **changes)
    found = predicted(model, rows.head(2000), problem)[:, 1]
    is_often = rows["colour"].head(2000) == "often"
    assert found[is_often].mean() > found[~is_often].mean() + 0.1
    assert len(model_to_bytes(model)) < 3e6
