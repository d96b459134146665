"""Gates are proved by breaking them: models that are worth nothing must not get through."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.no_model import learn_no_model
from evergreen.problem import Kind, Problem
from tests.models.small import CLASSES, KINDS, small_case, small_rows, train, trained
from tests.pipelines.evaluation.line import Line, evaluate

MONEY = {"metric": "payoff_per_decision", "versus": "no_model", "at_least": 0}
PROPER = {
    "binary": {"metric": "log_loss", "versus": "no_model", "at_most": 0},
    "multiclass": {"metric": "log_loss", "versus": "no_model", "at_most": 0},
    "regression": {"metric": "rmse", "versus": "no_model", "at_most": 0},
}


class Constant:
    """Looks at no feature."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.tile(self.answer, (len(X), 1))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), self.answer)


class Liar(Constant):
    """Calls the likely buyers unlikely and the others likely."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        unlikely = (X["strength"] > 0).to_numpy()
        return np.where(unlikely[:, None], [1 - self.answer, self.answer], [self.answer, 1 - self.answer])


def _classifier(pipeline: Any, kind: Kind) -> CalibratedClassifier:
    return CalibratedClassifier(pipeline, tuple(CLASSES[kind]), "none", 1.0, ())


def _constant(kind: Kind) -> CalibratedClassifier | OffsetRegressor:
    """The best that can be said without looking at a feature."""
    known = learn_no_model(small_rows(kind, 240), small_case(kind))
    if kind == "regression":
        return OffsetRegressor(Constant(known.mean), known.cost_quantile - known.mean)
    return _classifier(Constant(known.base_rates), kind)


def _judged(problem: Problem, model: Any, seed: int) -> Line:
    return evaluate(problem, model, small_rows(problem.kind, 160, seed=seed, first_id=300))


def _results(made: Line) -> list[str]:
    return [one["result"] for one in made.evidence["criteria"][: len(made.problem.criteria)]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_small_model_is_worth_a_release(kind: Kind) -> None:
    problem, rows = small_case(kind, criteria=[MONEY, PROPER[kind]]), small_rows(kind, 320, seed=11, first_id=300)
    made = evaluate(problem, trained(kind).model, rows)
    assert made.verdict["verdict"] == "release", made.verdict["reasons"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_model_never_passes_against_no_model(kind: Kind) -> None:
    problem, model = small_case(kind, criteria=[MONEY, PROPER[kind]]), _constant(kind)
    for seed in range(10):
        made = _judged(problem, model, seed)
        assert "passed" not in _results(made)
        assert made.verdict["verdict"] == "hold"


@pytest.mark.parametrize("score", [0.0, 0.001, 0.3, 0.5, 0.999, 1.0])
def test_a_constant_score_earns_no_more_than_the_rule_it_copies(score: float) -> None:
    problem, model = small_case("binary", criteria=[MONEY]), _classifier(Constant([1 - score, score]), "binary")
    made = _judged(problem, model, seed=3)
    copied = "always_call" if score > 0.29 else "always_skip"
    assert made.money["model"] == made.money[copied]
    assert _results(made) == ["failed"]


def test_a_model_that_learnt_noise_is_not_released() -> None:
    problem = small_case("binary", criteria=[MONEY, PROPER["binary"]])
    verdicts = []
    for seed in range(12):
        rows = small_rows("binary", 160, seed=100 + seed)
        rows["outcome"] = np.random.default_rng(seed).permutation(rows["outcome"])
        model = train("linear", rows, problem).model
        verdicts.append(_judged(problem, model, seed).verdict["verdict"])
    assert "release" not in verdicts


def test_the_verdict_says_that_calling_everyone_earns_more_than_the_model() -> None:
    rich = {"unit": "EUR", "actions": {"call": {"no": -1, "yes": 100}, "skip": {"no": 0, "yes": 0}}}
    rules = [{"name": "call_everyone", "action": "call"}]
    problem = small_case("binary", payoff=rich, rules=rules, criteria=[MONEY])
    made = _judged(problem, _classifier(Liar(0.001), "binary"), seed=5)
    assert made.verdict["verdict"] == "hold"
    assert made.verdict["release_id"] is None
    assert "failed, difference against call_everyone -" in made.verdict["reasons"][0]
    assert made.verdict["money"]["call_everyone"]["value"] > made.verdict["money"]["model"]["value"] > 0


def test_a_model_that_lies_fails_the_proper_score() -> None:
    made = _judged(small_case("binary", criteria=[PROPER["binary"]]), _classifier(Liar(0.1), "binary"), seed=5)
    assert _results(made) == ["failed"]
