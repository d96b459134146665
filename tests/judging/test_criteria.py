"""Criteria on slices, rules, the champion and costs, and the discipline of looks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from evergreen.errors import DataError
from evergreen.judging.criteria import Judgement, judge_criteria
from evergreen.judging.measure import score_holdout
from evergreen.judging.open import open_holdout
from evergreen.measures import SHARE, Estimate, estimate
from evergreen.measures.promotion import PairedDifference
from evergreen.measures.ranking import rank_scores
from evergreen.models.calibrated import CalibratedClassifier
from evergreen.models.contest import NO_RIVAL, Contest
from evergreen.models.no_model import learn_no_model
from evergreen.models.performance import PAYOFF, Performance, Resampling, measure_performance
from evergreen.models.slices import SliceFigures
from evergreen.problem import Problem
from evergreen.tables.looks import empty_log
from evergreen.tables.split_card import rows_id
from tests.judging.test_gates import Constant, _classifier
from tests.models.small import small_case, small_rows, trained
from tests.pipelines.evaluation.line import AS_OF, COSTS, PARAMS, card_of, evaluate, line

DRAWS = np.linspace(-0.05, 0.05, 401)
LOOK = {"number": 1, "level": 0.05, "word": ""}
ROOT = Path(__file__).resolve().parents[2]
BANK = ROOT.parent / "shared" / "data" / "bank_marketing"


def _around(value: float, **more: Any) -> Estimate:
    return Estimate(value, DRAWS + value, **more)


def _performance(**changes: Any) -> Performance:
    figures = {PAYOFF: _around(1.0), "roc_auc": _around(0.8), "log_loss": _around(0.5)}
    rules = {"always_call": _around(0.5), "always_skip": Estimate(0.9, np.full(401, 0.9))}
    return replace(Performance(figures, {"log_loss": _around(0.6)}, rules, "rows"), **changes)


def _judge(criterion: dict[str, Any], performance: Performance | None = None, **changes: Any) -> Judgement:
    told = {"slices": {}, "costs": COSTS, "look": LOOK, "contest": NO_RIVAL} | changes
    named = {name: [{"column": "colour", "values": ["red"]}] for name in told["slices"]}
    problem = small_case("binary", criteria=[criterion], slices=named)
    shown = _performance() if performance is None else performance
    (found,) = judge_criteria(problem, PARAMS, shown, told["slices"], told["costs"], told["look"], told["contest"])
    return found


def test_one_rule_is_compared_with_by_its_name() -> None:
    against = {"metric": PAYOFF, "at_least": 0.2}
    assert _judge({**against, "versus": "always_call"}, _performance(rules=_performance().rules))["result"] == "passed"
    assert _judge({**against, "versus": "always_skip"})["result"] == "failed"
    assert _judge({**against, "versus": "no_model"})["result"] == "failed"
    assert "difference against always_skip 0.1 EUR" in _judge({**against, "versus": "always_skip"})["reason"]


AGAINST = {"metric": "log_loss", "versus": "champion", "at_most": 0}


def test_without_a_champion_nothing_is_replaced() -> None:
    found = _judge(AGAINST)
    assert found["result"] == "passed"
    assert found["reason"].endswith("passed, no other model is live, so none is replaced.")


def test_a_champion_that_cannot_be_compared_with_leaves_it_undecided() -> None:
    found = _judge(AGAINST, contest=Contest("0123", "The champion 0123 was made for other classes."))
    assert found["result"] == "undecided"
    assert found["reason"].endswith("undecided. The champion 0123 was made for other classes.")


def test_a_champion_is_compared_with_at_the_level_of_the_comparison() -> None:
    for value, result in ((-0.1, "passed"), (0.1, "failed"), (-0.01, "undecided")):
        difference = PairedDifference(value, 0.02, 200, 500)
        found = _judge(AGAINST, contest=Contest("0123", number=2, level=0.01, whole={"log_loss": difference}))
        assert found["result"] == result
        assert "difference against the champion" in found["reason"]
        assert (found["look"], found["level"]) == (2, 0.01)


def test_a_slice_that_the_champion_knows_is_undecided() -> None:
    on_red = SliceFigures(100, _performance(), _performance())
    told = {
        "slices": {"red": on_red},
        "contest": Contest("0123", whole={"log_loss": PairedDifference(-1, 0.1, 90, 90)}),
    }
    assert "has learnt from all rows of the slice" in _judge(AGAINST | {"slice": "red"}, **told)["reason"]
    known = Contest("0123", slices={"red": {"log_loss": PairedDifference(-1, 0.1, 90, 90)}})
    assert _judge(AGAINST | {"slice": "red"}, **told | {"contest": known})["result"] == "passed"


@pytest.mark.parametrize(
    ("metric", "limit", "result", "unit"),
    [
        ("latency_ms", 5, "passed", "4 ms"),
        ("latency_ms", 3, "failed", "4 ms"),
        ("training_seconds", 2.5, "passed", "2.5 s"),
        ("model_mb", 0.1, "failed", "0.25 MB"),
    ],
)
def test_what_the_model_costs_is_held_against_its_limit(metric: str, limit: float, result: str, unit: str) -> None:
    found = _judge({"metric": metric, "at_most": limit})
    assert found["result"] == result
    assert f"value {unit}, as measured" in found["reason"]


def test_a_cost_that_was_not_measured_is_undecided() -> None:
    found = _judge({"metric": "latency_ms", "at_most": 5}, costs=COSTS.assign(latency_ms=np.nan))
    assert (found["result"], found["value"]) == ("undecided", None)


@pytest.mark.parametrize(
    ("n_rows", "value", "result"), [(60, 0.9, "passed"), (60, 0.6, "failed"), (49, 0.9, "undecided")]
)
def test_a_criterion_on_a_slice_goes_by_its_figures(n_rows: int, value: float, result: str) -> None:
    inside = _performance(model={"roc_auc": _around(value)})
    slices = {"red": SliceFigures(n_rows, inside, _performance())}
    found = _judge({"metric": "roc_auc", "slice": "red", "at_least": 0.7}, slices=slices)
    assert (found["criterion"], found["result"]) == ("roc_auc in slice red at least 0.7", result)


def test_a_later_look_needs_a_better_bound() -> None:
    criterion = {"metric": "roc_auc", "at_least": 0.7}
    model = Performance(
        {"roc_auc": Estimate(0.8, 0.8 + 0.05 * np.random.default_rng(0).normal(size=1000))}, {}, {}, "rows"
    )
    early = _judge(criterion, model, look={"number": 1, "level": 0.03, "word": ""})
    late = _judge(criterion, model, look={"number": 40, "level": 0.03 / 1600, "word": ""})
    assert (early["result"], late["result"]) == ("passed", "undecided")
    assert (late["look"], late["level"]) == (40, 0.03 / 1600)
    assert late["bound"] < early["bound"]


def test_a_figure_that_never_varies_says_nothing_about_how_sure_it_is() -> None:
    flat = Performance({"roc_auc": Estimate(0.5, np.full(401, 0.5), 100, SHARE)}, {}, {}, "rows")
    found = _judge({"metric": "roc_auc", "at_least": 0.5}, flat)
    assert found["result"] == "undecided"
    assert "roc_auc is 0.5 in every resample" in found["reason"]


@pytest.mark.parametrize(("n_rows", "result"), [(40, "undecided"), (400, "passed")])
def test_a_model_without_a_miss_is_as_sure_as_its_rows_are_many(n_rows: int, result: str) -> None:
    perfect = Performance({"accuracy": Estimate(1.0, np.ones(401), n_rows, SHARE)}, {}, {}, "rows")
    found = _judge({"metric": "accuracy", "at_least": 0.95}, perfect)
    assert found["result"] == result
    assert found["bound"] == pytest.approx(0.05 ** (1 / n_rows))


@pytest.mark.parametrize("metric", ["recall", "precision", "roc_auc"])
def test_a_figure_of_some_rows_is_not_as_sure_as_all_rows_are_many(metric: str) -> None:
    """Twelve positives that are all found bound the recall at 0.78, however many rows are beside them."""
    perfect = Performance({metric: Estimate(1.0, np.ones(401), 2000, SHARE)}, {}, {}, "rows")
    found = _judge({"metric": metric, "at_least": 0.9}, perfect)
    assert (found["result"], found["bound"]) == ("undecided", None)


def test_one_class_in_the_holdout_decides_nothing() -> None:
    rows = small_rows("binary", 160, seed=11, first_id=300).assign(outcome="no")
    criteria = [{"metric": "accuracy", "at_least": 0.1}, {"metric": "log_loss", "at_most": 9}]
    made = evaluate(small_case("binary", criteria=criteria), trained("binary").model, rows)
    assert [one["result"] for one in made.evidence["criteria"][:2]] == ["undecided", "undecided"]
    assert "the rows have one class only, 'no'" in made.verdict["reasons"][0]


def test_a_constant_model_passes_no_ranking() -> None:
    criteria = [{"metric": "roc_auc", "at_least": 0.5}, {"metric": "roc_auc", "versus": "no_model", "at_least": 0}]
    problem = small_case("binary", criteria=criteria)
    made = evaluate(problem, _classifier(Constant([0.6, 0.4]), "binary"), small_rows("binary", 160, first_id=300))
    assert [one["result"] for one in made.evidence["criteria"][:2]] == ["undecided", "failed"]


class Broken(Constant):
    """Gives what no model may give, for one row."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        shares = np.tile([0.6, 0.4], (len(X), 1))
        shares[3] = [1 - self.answer, self.answer]
        return shares


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(np.nan, "gives no number for 1 of 160 rows"), (1.4, "not between 0 and 1"), (-0.2, "not between 0 and 1")],
)
def test_a_score_that_is_no_probability_is_refused(answer: float, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        evaluate(small_case("binary"), _classifier(Broken(answer), "binary"), small_rows("binary", 160, first_id=300))


def test_single_classes_are_judged_by_their_names() -> None:
    criteria = [{"metric": "recall:good", "at_least": 0.01}, {"metric": "f1_weighted", "at_least": 0.01}]
    problem, rows = small_case("multiclass", criteria=criteria), small_rows("multiclass", 200, seed=3, first_id=300)
    made = evaluate(problem, trained("multiclass").model, rows)
    assert {"precision:bad", "recall:good", "f1:fair", "f1_weighted"} <= set(made.metrics)
    assert [one["result"] for one in made.evidence["criteria"][:2]] == ["passed", "passed"]


def test_a_model_that_has_learnt_the_holdout_is_refused() -> None:
    made = line("binary")
    seen = trained("binary").model
    everything = pd.concat([small_rows("binary", 240), made.holdout])
    for rows in (everything, made.holdout):
        cheat = CalibratedClassifier(seen.pipeline, seen.classes, "none", 1.0, (), rows_id(rows, made.problem))
        with pytest.raises(DataError, match="learnt from other rows than the holdout was kept from"):
            open_holdout(made.problem, PARAMS, AS_OF, cheat, made.evidence["split_card"], made.holdout, empty_log())


def test_an_opening_is_logged_once_and_counted() -> None:
    made = line("binary")
    card = made.evidence["split_card"]
    log, look = open_holdout(made.problem, PARAMS, AS_OF, made.model, card, made.holdout, empty_log())
    again, same = open_holdout(made.problem, PARAMS, AS_OF, made.model, card, made.holdout, log)
    assert (len(log), look["number"], same) == (1, 1, look)
    pd.testing.assert_frame_equal(again, log)
    other = CalibratedClassifier(made.model.pipeline, made.model.classes, "none", 1.0, (), made.model.training_id)
    longer, second = open_holdout(made.problem, PARAMS, AS_OF, other, card, made.holdout, log)
    assert second["number"] == 2
    assert second["level"] == pytest.approx(look["level"] / 4)
    assert second["word"] == "Judged at look 2 at these holdout rows, each bound at a level of 0.76 %."
    pd.testing.assert_frame_equal(longer.head(1), log)
    with pytest.raises(DataError, match="was opened for another challenger"):
        score_holdout(made.problem, AS_OF, other, card, made.holdout, look)


def test_the_verdict_says_at_which_look_it_was_judged() -> None:
    made = line("binary")
    assert made.verdict["look"] == made.look
    assert {one["level"] for one in made.evidence["criteria"][: len(made.problem.criteria)]} == {made.look["level"]}


def test_the_best_of_fifty_noise_models_passes_in_no_more_than_one_of_twenty_worlds() -> None:
    n_rows, passed_worlds = 300, {"looks counted": 0, "not counted": 0}
    problem = small_case("binary", criteria=[{"metric": "roc_auc", "at_least": 0.5}])
    for world in range(20):
        rng = np.random.default_rng(world)
        y = rng.random(n_rows) < 0.3
        passed = dict.fromkeys(passed_worlds, False)
        for look in range(1, 51):
            noise = rng.random(n_rows)
            found = estimate(
                lambda w, noise=noise, y=y: {"roc_auc": rank_scores(y, noise, w)["roc_auc"]},
                n_rows,
                n_resamples=200,
                random_state=look,
            )
            performance = Performance({"roc_auc": replace(found["roc_auc"], scale=SHARE)}, {}, {}, "rows")
            for name, k in (("looks counted", look), ("not counted", 1)):
                level = 0.05 * 6 / (np.pi * k) ** 2
                (one,) = judge_criteria(
                    problem, PARAMS, performance, {}, COSTS, {"number": k, "level": level, "word": ""}, NO_RIVAL
                )
                passed[name] |= one["result"] == "passed"
        for name, is_passed in passed.items():
            passed_worlds[name] += is_passed
    assert passed_worlds["looks counted"] <= 1
    assert passed_worlds["not counted"] >= 10


@pytest.mark.real_data
@pytest.mark.skipif(not BANK.exists(), reason="the public data sets do not lie beside the project")
def test_calling_everyone_beats_a_model_where_a_call_costs_little() -> None:
    case = yaml.safe_load((ROOT / "conf" / "bank_marketing" / "parameters_problem.yml").read_text())["problem"]
    case |= {
        "payoff": {"unit": "EUR", "actions": {"call": {"no": -5, "yes": 95}, "skip": {"no": 0, "yes": 0}}},
        "rules": [{"name": "call_everyone", "action": "call"}],
        "criteria": [{"metric": PAYOFF, "versus": "no_model", "at_least": 0}],
    }
    problem = Problem.model_validate(case)
    raw = pd.read_csv(BANK / "bank-additional-full.csv", sep=";").iloc[::9].reset_index(drop=True)
    rows = pd.DataFrame({problem.target.column: raw["y"]})
    rows[str(problem.event_time)] = pd.Timestamp("2010-01-01") + pd.to_timedelta(np.arange(len(rows)) // 40, unit="D")
    # A model that calls the older half.
    is_called = raw["age"] > raw["age"].median()
    told = pd.DataFrame({"score": np.where(is_called, 0.2, 0.01), "action": np.where(is_called, "call", "skip")})
    knowledge = learn_no_model(rows, problem)
    performance = measure_performance(problem, knowledge, rows, told, Resampling(300, 0))
    (found,) = judge_criteria(problem, PARAMS, performance, {}, COSTS, LOOK, NO_RIVAL)
    assert found["result"] == "failed"
    assert "failed, difference against call_everyone -" in found["reason"]
    assert "Best without a model: call_everyone with " in found["reason"]


def test_another_card_than_that_of_the_holdout_is_refused() -> None:
    made = line("binary")
    card = card_of(made.problem, made.model, made.holdout.head(50))
    with pytest.raises(DataError, match="is not the one its split was made with"):
        open_holdout(made.problem, PARAMS, AS_OF, made.model, card, made.holdout, empty_log())
