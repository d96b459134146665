"""The measures behind the suspicions, held against what is known of them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway

from evergreen.models.suspect import outcome_sides
from evergreen.models.suspect_copies import ROWS, find_copies
from evergreen.models.suspect_groups import _alikeness, find_straddling_groups
from evergreen.models.suspect_presence import find_telling_presence
from evergreen.models.suspect_sums import find_sums
from evergreen.models.suspect_values import _auc_error
from evergreen.problem import Column
from tests.models.leaks import case_of, honest, households, is_yes, parted, quantities, where, with_copies

WORD = Column(type="category", why="For the test.")


@pytest.mark.parametrize("n_positive", [10, 100])
def test_the_error_of_an_auc_is_what_scores_with_exponential_tails_show(n_positive: int) -> None:
    rng = np.random.default_rng(0)
    positive = rng.exponential(9, (2000, n_positive, 1))  # P(positive > negative) = 9 / (9 + 1)
    negative = rng.exponential(1, (2000, 1, 50))
    areas = (positive > negative).mean(axis=(1, 2))
    assert areas.mean() == pytest.approx(0.9, abs=0.005)
    error = _auc_error(0.9, np.array([float(n_positive)]), np.array([50.0]))[0]
    assert areas.std() == pytest.approx(error, rel=0.05)


@pytest.mark.parametrize("shared", [0.0, 0.3, 0.8])
def test_alikeness_is_the_share_of_variance_between_names(shared: float) -> None:
    rng = np.random.default_rng(0)
    names = np.repeat(np.arange(1500), 4)
    y = np.sqrt(shared) * rng.normal(size=1500)[names] + np.sqrt(1 - shared) * rng.normal(size=6000)
    alike, p_value = _alikeness(pd.Series([f"name {one}" for one in names]), y[:, None], WORD)
    assert alike == pytest.approx(shared, abs=0.03)
    assert p_value == pytest.approx(f_oneway(*y.reshape(1500, 4)).pvalue, rel=1e-6)


def test_what_the_order_of_a_number_tells_is_no_name() -> None:
    rng = np.random.default_rng(0)
    height = rng.integers(0, 2000, 10_000)
    y = (height / 2000 + rng.normal(0, 0.1, 10_000))[:, None]
    number = Column(type="integer", why="For the test.")
    assert _alikeness(pd.Series(height), y, WORD)[0] > 0.8
    assert _alikeness(pd.Series(height), y, number)[0] < 0.02


def test_a_group_on_both_sides_of_a_split_by_group_is_always_told() -> None:
    rows = honest(np.random.default_rng(0)).assign(home=lambda rows: [f"home {i % 100}" for i in range(len(rows))])
    split = {"by": "group", "group": "home", "new_rows_share": 0.1}
    training, holdout = parted(rows)
    (found,) = find_straddling_groups(training, holdout, case_of(rows, split=split))
    assert (found.subject, found.strength) == ("home", 1.0)
    apart = holdout.assign(home="another " + holdout["home"])
    assert find_straddling_groups(training, apart, case_of(rows, split=split)) == []


def test_a_name_that_the_model_may_not_learn_from_needs_less_likeness() -> None:
    rng = np.random.default_rng(0)
    rows = households(rng)
    rows = rows.assign(y=np.where(rng.random(len(rows)) < 0.7, rows["y"], rng.permutation(rows["y"])))
    sides = parted(rows)
    assert find_straddling_groups(*sides, case_of(rows)) == []
    (found,) = find_straddling_groups(*sides, case_of(rows, {"home": {"is_feature": False}}))
    # Members share 0.81 x 0.21 of the variance 0.22, and seven of ten keep theirs on either side of a pair.
    assert found.strength == pytest.approx(0.49 * 0.81 * 0.21 / 0.2176, abs=0.05)


@pytest.mark.parametrize(("n_copies", "is_told"), [(0, False), (30, False), (400, True)])
def test_copies_are_told_where_they_outnumber_chance(n_copies: int, is_told: bool) -> None:
    """1,600 x 400 pairs of which one in 6 x 6 x 30 x 30 is equal: about 20 by chance, and a third of the copies."""
    rng = np.random.default_rng(0)
    cells = {"a": rng.choice(list("abcdef"), 2000), "b": rng.choice(list("abcdef"), 2000)}
    cells |= {"c": rng.integers(0, 30, 2000), "d": rng.integers(0, 30, 2000), "y": rng.choice(["no", "yes"], 2000)}
    rows = with_copies(pd.DataFrame(cells), rng, n_copies)
    assert [one.subject for one in find_copies(*parted(rows), case_of(rows))] == [ROWS] * is_told


def test_a_key_on_both_sides_is_told() -> None:
    training, holdout = parted(honest(np.random.default_rng(0)))
    again = pd.concat([holdout, training.tail(1)], ignore_index=True)
    (found,) = find_copies(training, again, case_of(training.drop(columns="row_id")))
    assert found.finding == "1 rows of the holdout have the key of a training row."


@pytest.mark.parametrize(("n_words", "is_told"), [(8, True), (2, False)], ids=["long messages", "two words of thirty"])
def test_prose_alone_is_copied_where_whole_texts_return_but_halves_do_not(n_words: int, is_told: bool) -> None:
    rng = np.random.default_rng(0)
    notes = [" ".join(f"w{i}" for i in rng.integers(10, 40, n_words)) for _ in range(600)]
    rows = pd.DataFrame({"note": notes, "y": rng.choice(["no", "yes"], 600)})
    rows = with_copies(rows, rng, 100) if is_told else rows
    found = find_copies(*parted(rows), case_of(rows, {"note": {"type": "text"}}))
    assert [one.subject for one in found] == [ROWS] * is_told


@pytest.mark.parametrize(("share", "is_told"), [(0.01, True), (0.1, False)])
def test_only_means_hardly_ever_otherwise(share: float, is_told: bool) -> None:
    rng = np.random.default_rng(0)
    rows = honest(rng, 8000)
    filled = rng.random(len(rows)) < np.where(is_yes(rows), 0.5, share)
    rows = rows.assign(leak=where(filled, 1.0))
    assert [one.subject for one in find_telling_presence(rows, case_of(rows))] == ["leak"] * is_told


def test_a_quantity_is_parted_at_its_tenths() -> None:
    rows = pd.DataFrame({"x": np.arange(20.0), "y": np.arange(20.0)})
    sides = outcome_sides(rows, case_of(rows))
    assert list(sides)[:2] == ["y above 1", "y above 3"]
    assert [int(side.sum()) for side in sides.values()] == [*range(18, 0, -2), *range(2, 20, 2)]


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        pytest.param(lambda y, _: y, True, id="exact"),
        pytest.param(lambda y, _: y.round(3), True, id="rounded"),
        pytest.param(
            lambda y, rng: np.where(rng.random(len(y)) < 0.03, 99, y), True, id="three broken rows in a hundred"
        ),
        pytest.param(lambda y, rng: y * (1 + rng.normal(0, 0.02, len(y))), False, id="two hundredths of noise"),
        pytest.param(lambda y, rng: np.where(rng.random(len(y)) < 0.2, 99, y), False, id="a fifth of the rows broken"),
    ],
)
def test_a_sum_must_be_exact_in_nearly_all_rows(change: object, is_told: bool) -> None:
    rng = np.random.default_rng(0)
    rows = quantities(rng).assign(y=lambda one: change(10 + one["x0"] + one["x1"], rng))  # type: ignore[operator]
    found = find_sums(rows, case_of(rows), random_state=0)
    assert [one.subject for one in found] == ["x0", "x1"] * is_told


@pytest.mark.parametrize(("n_rows", "n_columns"), [(60, 6), (300, 300), (1500, 300)], ids=["short", "square", "wide"])
def test_the_smallest_set_is_named(n_rows: int, n_columns: int) -> None:
    rows = quantities(np.random.default_rng(0), n_rows, n_columns=n_columns)
    rows = rows.assign(y=rows["x0"] + rows["x1"] - rows["x2"])
    assert [one.subject for one in find_sums(rows, case_of(rows), random_state=0)] == ["x0", "x1", "x2"]


def test_a_difference_of_large_numbers_that_tell_little_alone_is_found() -> None:
    rng = np.random.default_rng(0)
    rows = quantities(rng).assign(before=lambda one: 10 * one["x0"])
    rows = rows.assign(after=rows["before"] + rng.normal(size=len(rows))).drop(columns="x0")
    rows = rows.assign(y=rows["after"] - rows["before"])
    (one, other) = find_sums(rows, case_of(rows), random_state=0)
    assert (one.subject, other.subject, one.strength) == ("before", "after", 1.0)
    assert one.finding == "y is -1 x before + 1 x after (up to a constant) in 100.0% of the rows."


def test_parts_that_are_missing_in_some_rows_still_add_up() -> None:
    rng = np.random.default_rng(0)
    rows = quantities(rng).assign(y=lambda one: one["x0"] + one["x1"])
    rows = rows.assign(x0=rows["x0"].where(rng.random(len(rows)) < 0.8))
    assert [one.subject for one in find_sums(rows, case_of(rows), random_state=0)] == ["x0", "x1"]


def test_factors_are_told_as_powers() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.uniform(1, 9, 500), "b": rng.uniform(1, 9, 500)})
    rows = rows.assign(y=rows["a"] ** 2 / rows["b"])
    found = find_sums(rows, case_of(rows), random_state=0)
    assert found[0].finding == "y is a^2 x b^-1 (up to a constant) in 100.0% of the rows."
