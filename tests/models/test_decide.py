import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.decide import predict_rows
from evergreen.models.scores import choose_actions, probabilities_of, score_columns
from evergreen.problem import Problem
from tests.models.small import CLASSES, KINDS, small_case, small_rows, trained


class Fixed:
    """Gives every row the same answer."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.tile(self.answer, (len(X), 1))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), self.answer)


def _fixed(kind: str, answer: object) -> CalibratedClassifier | OffsetRegressor:
    if kind == "regression":
        return OffsetRegressor(Fixed(answer), 1.5)
    return CalibratedClassifier(Fixed(answer), tuple(CLASSES[kind]), "none", 1.0, ())


def _best_by_hand(probabilities: list[float], problem: Problem) -> str:
    """The first of the actions with the highest expected payoff, written as loops."""
    best, most = "", -np.inf
    for action, pays in problem.payoff.actions.items():
        expected = sum(p * pays[name] for p, name in zip(probabilities, problem.target.classes, strict=True))
        if expected > most + 1e-9:
            best, most = action, expected
    return best


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["binary", "multiclass"]), st.lists(st.integers(0, 100), min_size=3, max_size=3))
def test_the_action_has_the_highest_expected_payoff(kind: str, parts: list[int]) -> None:
    problem = small_case(kind)
    parts = parts[: len(problem.target.classes)]
    shares = [(part + 0.01) / sum(p + 0.01 for p in parts) for part in parts]
    assert choose_actions(np.array([shares]), problem).tolist() == [_best_by_hand(shares, problem)]


@pytest.mark.parametrize(("score", "action"), [(0.28, "skip"), (0.29, "call")])
def test_a_call_pays_from_two_sevenths_on(score: float, action: str) -> None:
    found = predict_rows(_fixed("binary", [1 - score, score]), small_rows("binary", 1), small_case("binary"))
    assert found.to_dict("records") == [{"row_id": 1, "score": score, "action": action}]


def test_without_a_payoff_the_most_probable_class_is_named() -> None:
    problem = small_case("multiclass", payoff=None)
    assert choose_actions(np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]), problem).tolist() == ["fair", "bad"]


def test_a_decided_quantity_is_the_prediction_with_its_offset() -> None:
    found = predict_rows(_fixed("regression", 10.0), small_rows("regression", 2), small_case("regression"))
    assert found.to_dict("list") == {"row_id": [1, 2], "score": [10, 10], "action": [11.5, 11.5]}


@pytest.mark.parametrize(
    ("kind", "columns"),
    [("binary", ("score",)), ("multiclass", ("score_bad", "score_fair", "score_good")), ("regression", ("score",))],
)
def test_score_columns(kind: str, columns: tuple[str, ...]) -> None:
    assert score_columns(small_case(kind)) == columns


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_probabilities_can_be_read_back(kind: str) -> None:
    problem, rows, model = small_case(kind), small_rows(kind, 20, seed=9), trained(kind).model
    found = probabilities_of(predict_rows(model, rows, problem), problem)
    assert found.shape == (20, len(CLASSES[kind]))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (np.array(problem.target.classes)[found.argmax(axis=1)] == rows["outcome"]).mean() > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_give_an_empty_prediction_of_the_same_form(kind: str) -> None:
    problem, rows, model = small_case(kind), small_rows(kind, 5), trained(kind).model
    some, none = predict_rows(model, rows, problem), predict_rows(model, rows.head(0), problem)
    assert list(none) == list(some)
    assert none.empty
    scores = list(score_columns(problem))
    assert none[scores].dtypes.equals(some[scores].dtypes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_alone_gets_what_it_gets_among_others(kind: str) -> None:
    problem, model = small_case(kind), trained(kind).model
    rows = small_rows(kind, 8, seed=2).set_index(np.arange(8) * 3)
    together = predict_rows(model, rows, problem)
    alone = [predict_rows(model, rows.iloc[[i]], problem) for i in range(8)]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), together, rtol=1e-12)
    assert together["row_id"].tolist() == rows["row_id"].tolist()


@pytest.mark.parametrize("has_payoff", [True, False])
@pytest.mark.parametrize(
    ("kind", "answer"), [("binary", [np.nan, np.nan]), ("multiclass", [0.5, 0.5, np.nan]), ("regression", np.inf)]
)
def test_a_score_that_is_no_number_is_refused(kind: str, answer: object, has_payoff: bool) -> None:
    problem = small_case(kind) if has_payoff else small_case(kind, payoff=None, criteria=_accuracy(kind))
    with pytest.raises(DataError, match=r"The model gives no number for 3 of 3 rows. Do not use it"):
        predict_rows(_fixed(kind, answer), small_rows(kind, 3), problem)


def _accuracy(kind: str) -> list[dict[str, object]]:
    return [{"metric": "rmse", "at_most": 9} if kind == "regression" else {"metric": "accuracy", "at_least": 0.1}]
