import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import CaseError, DataError
from evergreen.measures import best_actions, expected_payoffs, payoff_matrix, quantity_payoffs, realised_payoffs
from evergreen.problem import Payoff

CALLS = Payoff(unit="EUR", actions={"leave": {"no": 0, "yes": 0}, "call": {"no": -5, "yes": 95}})


@pytest.fixture
def matrix():
    return payoff_matrix(CALLS, ["no", "yes"])


def test_the_matrix_follows_the_order_of_actions_and_classes():
    assert payoff_matrix(CALLS, ["yes", "no"]).tolist() == [[0, 0], [95, -5]]


@pytest.mark.parametrize(
    ("p_yes", "expected", "action"),
    [(0.0, -5, 0), (0.04, -1, 0), (0.05, 0, 0), (0.06, 1, 1), (1.0, 95, 1)],
    ids=["never", "below-break-even", "at-break-even-the-first", "above-break-even", "always"],
)
def test_an_action_is_taken_where_it_is_expected_to_pay(matrix, p_yes, expected, action):
    probabilities = [[1 - p_yes, p_yes]]
    np.testing.assert_allclose(expected_payoffs(probabilities, matrix), [[0, expected]], atol=1e-12)
    assert best_actions(probabilities, matrix).tolist() == [action]


def test_a_tie_that_rounding_hides_goes_to_the_first_action():
    matrix = np.array([[0.0, 0.0], [-3.0, 7.0]])
    assert expected_payoffs([[0.7, 0.3]], matrix)[0, 1] > 0
    assert best_actions([[0.7, 0.3]], matrix).tolist() == [0]


def test_a_decision_pays_what_its_class_pays(matrix):
    assert realised_payoffs([1, 1, 0], [1, 0, 1], matrix).tolist() == [95, -5, 0]


def test_each_unit_too_few_and_too_many_costs_its_price():
    paid = quantity_payoffs([10, 7, 12], [10, 10, 10], under_per_unit=3, over_per_unit=2)
    assert paid.tolist() == [0, -9, -4]
    assert not np.signbit(paid[0])


def test_no_rows_give_no_payoffs(matrix):
    assert best_actions(np.empty((0, 2)), matrix).shape == (0,)


@given(seed=st.integers(0, 10_000), n_classes=st.integers(2, 5), n_actions=st.integers(1, 4))
@settings(max_examples=50)
def test_no_action_is_expected_to_pay_more_and_a_batch_decides_as_single_rows_do(seed, n_classes, n_actions):
    generator = np.random.default_rng(seed)
    matrix = generator.normal(0, 50, (n_actions, n_classes))
    probabilities = generator.dirichlet(np.ones(n_classes), 20)
    expected, actions = expected_payoffs(probabilities, matrix), best_actions(probabilities, matrix)
    np.testing.assert_allclose(expected, probabilities @ matrix.T, atol=1e-9)
    assert (expected[np.arange(20), actions] >= expected.max(axis=1) - 1e-9).all()
    alone = np.concatenate([expected_payoffs(row[None], matrix) for row in probabilities])
    np.testing.assert_array_equal(alone, expected)


@given(
    decided=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    under=st.floats(0.01, 100),
    over=st.floats(0.01, 100),
)
@settings(max_examples=50)
def test_a_quantity_never_earns_and_costs_nothing_only_when_right(decided, under, over):
    y_true = np.round(decided)
    paid = quantity_payoffs(decided, y_true, under_per_unit=under, over_per_unit=over)
    assert (paid <= 0).all()
    np.testing.assert_array_equal(quantity_payoffs(y_true, y_true, under_per_unit=under, over_per_unit=over), 0)


def test_refuses_a_payoff_without_actions():
    quantity = Payoff(unit="EUR", under_per_unit=1, over_per_unit=1)
    with pytest.raises(CaseError, match=r"Payoff has no actions. Give a payoff for every action"):
        payoff_matrix(quantity, ["no", "yes"])


def test_refuses_a_class_without_payoff():
    with pytest.raises(CaseError, match="lacks the classes 'perhaps'"):
        payoff_matrix(CALLS, ["no", "perhaps", "yes"])


def test_refuses_probabilities_of_other_classes(matrix):
    with pytest.raises(DataError, match="are for 3 classes, the payoffs for 2"):
        expected_payoffs([[0.2, 0.3, 0.5]], matrix)


@pytest.mark.parametrize(
    ("actions", "classes", "match"),
    [
        ([0, 2], [0, 1], r"Actions has 1 rows that are not in 0 to 1"),
        ([0, -1], [0, 1], r"Actions has 1 rows that are not in 0 to 1"),
        ([0, 1], [0, 2], r"Classes has 1 rows that are not in 0 to 1"),
        ([0], [0, 1], r"differ in number \(actions 1, classes 2\)"),
    ],
    ids=["no-such-action", "negative-action", "no-such-class", "lengths"],
)
def test_refuses_decisions_that_cannot_be_priced(matrix, actions, classes, match):
    with pytest.raises(DataError, match=match):
        realised_payoffs(actions, classes, matrix)


@pytest.mark.parametrize(
    ("decided", "y_true", "match"),
    [
        ([np.nan], [1.0], "Decided quantity has 1 rows that are not finite"),
        ([1.0], [np.nan], "y_true has 1 rows that are not finite"),
        ([1.0], [1.0, 2.0], "differ in number"),
    ],
    ids=["decided", "y_true", "lengths"],
)
def test_refuses_quantities_that_cannot_be_priced(decided, y_true, match):
    with pytest.raises(DataError, match=match):
        quantity_payoffs(decided, y_true, under_per_unit=1, over_per_unit=1)
