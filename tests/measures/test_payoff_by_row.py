"""Money that differs by row, and an action that only so many rows get, by hand and against solvers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import CaseError, DataError
from evergreen.measures import best_actions, expected_payoffs, payoff_matrix, realised_payoffs
from evergreen.measures.capacity import first_of_windows, gains_of, window_limits
from evergreen.measures.payoff import money_by_row
from evergreen.problem import Capacity, Payoff, RowMoney, Term

# Lending earns 10 % of the amount and 5 EUR more where it is paid back, and loses 60 % of it where it is not.
LENDING = Payoff.model_validate(
    {
        "unit": "EUR",
        "actions": {
            "lend": {
                "paid": {"column": "amount", "times": 0.1, "plus": 5},
                "lost": {"column": "amount", "times": -0.6},
            },
            "refuse": {"paid": 0, "lost": 0},
        },
    }
)
AMOUNTS = {"amount": [100.0, 1000.0]}


def lending() -> np.ndarray:
    return payoff_matrix(LENDING, ["paid", "lost"], AMOUNTS)


def test_each_row_has_a_matrix_of_its_own() -> None:
    assert lending().tolist() == [[[15, -60], [0, 0]], [[105, -600], [0, 0]]]


def test_the_same_risk_is_worth_taking_for_one_amount_and_not_for_another() -> None:
    # 0.8 x 15 - 0.2 x 60 = 0, so 0.81 pays for 100 EUR; 0.81 x 105 - 0.19 x 600 = -28.95 for 1000.
    shares = [[0.81, 0.19], [0.81, 0.19]]
    assert expected_payoffs(shares, lending()) == pytest.approx(np.array([[0.75, 0], [-28.95, 0]]))
    assert best_actions(shares, lending()).tolist() == [0, 1]


def test_what_each_decision_paid() -> None:
    assert realised_payoffs([0, 0], [0, 1], lending()).tolist() == [15, -600]
    assert realised_payoffs([1, 1], [0, 1], lending()).tolist() == [0, 0]


def test_terms_add_up_and_a_missing_cell_is_taken_for_what_the_case_says() -> None:
    money = RowMoney(plus=1, terms=(Term(column="a", times=2), Term(column="b", times=-1, if_missing=10)))
    assert money_by_row(money, {"a": [1.0, 2.0], "b": [3.0, np.nan]}).tolist() == [0, -5]


def test_a_missing_cell_without_a_word_is_refused() -> None:
    with pytest.raises(DataError, match=r"Payoff by 'amount' has 1 rows that are not finite \(first: row 1, nan\)"):
        payoff_matrix(LENDING, ["paid", "lost"], {"amount": [1.0, np.nan]})


def test_money_by_row_without_rows_is_refused() -> None:
    with pytest.raises(CaseError, match=r"Payoff differs by row, but no rows are given\. Give the columns"):
        payoff_matrix(LENDING, ["paid", "lost"])


def test_matrices_of_other_rows_are_refused() -> None:
    with pytest.raises(DataError, match="Rows differ in number"):
        expected_payoffs([[0.5, 0.5]], lending())
    with pytest.raises(DataError, match="Rows differ in number"):
        realised_payoffs([0], [0], lending())


@given(st.integers(0, 2**31), st.integers(1, 20))
def test_equal_rows_decide_as_one_matrix_does(seed: int, n_rows: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, shares = rng.integers(-5, 6, (3, 3)).astype(float), rng.dirichlet(np.ones(3), n_rows)
    by_row, happened = np.repeat(matrix[None], n_rows, axis=0), rng.integers(0, 3, n_rows)
    np.testing.assert_array_equal(expected_payoffs(shares, by_row), expected_payoffs(shares, matrix))
    chosen = best_actions(shares, matrix)
    np.testing.assert_array_equal(best_actions(shares, by_row), chosen)
    np.testing.assert_array_equal(
        realised_payoffs(chosen, happened, by_row), realised_payoffs(chosen, happened, matrix)
    )


def test_a_row_is_decided_as_if_it_were_alone_beside_one_of_huge_money() -> None:
    # What counts as a tie goes by the money of the row, not of the batch.
    tiny = np.array([[[0.0, 0.0], [0.0, 0.001]]])
    huge = np.array([[[0.0, 1e12], [0.0, 0.0]]])
    together = best_actions([[0.5, 0.5], [0.5, 0.5]], np.concatenate([tiny, huge]))
    assert together.tolist() == [best_actions([[0.5, 0.5]], tiny)[0], best_actions([[0.5, 0.5]], huge)[0]] == [1, 0]


def test_a_share_is_rounded_down_but_not_by_rounding_errors() -> None:
    third = Capacity(action="a", share=0.3, per="day")
    assert window_limits(third, np.array([10, 9, 1, 0])).tolist() == [3, 2, 0, 0]
    # 0.29 x 100 is 28.999999999999996 in doubles.
    assert window_limits(Capacity(action="a", share=0.29, per="day"), np.array([100])).tolist() == [29]
    assert window_limits(Capacity(action="a", at_most=4, per="day"), np.array([100, 1])).tolist() == [4, 4]


def test_the_first_of_each_window_are_kept() -> None:
    windows, order = np.array([0, 1, 0, 1, 0]), np.array([4, 3, 2, 1, 0])
    assert sorted(first_of_windows(order, windows, np.array([2, 1]))) == [2, 3, 4]
    assert sorted(first_of_windows(order[:0], windows, np.array([2, 1]))) == []
    assert sorted(first_of_windows(order, windows, np.array([0, 9]))) == [1, 3]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30),
    st.lists(st.integers(0, 4), min_size=4, max_size=4),
)
def test_they_are_those_that_a_loop_would_keep(rows: list[tuple[int, bool]], limits: list[int]) -> None:
    windows = np.array([window for window, _ in rows], dtype=int)
    order = [place for place, (_, is_wanted) in enumerate(rows) if is_wanted]
    left, kept = list(limits), []
    for place in order:
        if left[windows[place]]:
            left[windows[place]] -= 1
            kept.append(place)
    assert sorted(first_of_windows(order, windows, np.array(limits))) == kept


def test_a_gain_is_against_the_best_of_the_others() -> None:
    assert gains_of(np.array([[1.0, 5.0, 3.0], [2.0, 0.0, -1.0]]), 1).tolist() == [2, -2]
