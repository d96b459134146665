import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from evergreen.errors import DataError
from evergreen.judging.measure import (
    quarantined_share,
    score_holdout,
    summarise_performance,
    tabulate_decisions,
    tabulate_fit,
    tabulate_scores,
)
from evergreen.judging.params import EvaluationParams
from evergreen.models.decide import predict_rows
from evergreen.models.profiles import ReferenceProfile
from evergreen.models.scores import probabilities_of
from evergreen.problem import Kind
from tests.models.small import CLASSES, KINDS, small_case
from tests.pipelines.evaluation.line import AS_OF, PARAMS, ROW_LEDGER, line


@pytest.mark.parametrize("kind", KINDS)
def test_the_challenger_decides_on_the_holdout_row_by_row(kind: Kind) -> None:
    made = line(kind)
    found = score_holdout(made.problem, AS_OF, made.model, made.evidence["split_card"], made.holdout, made.look)
    pd.testing.assert_frame_equal(found, predict_rows(made.model, made.holdout, made.problem))
    assert found["row_id"].tolist() == made.holdout["row_id"].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_told_with_their_two_sided_intervals(kind: Kind) -> None:
    made = line(kind)
    assert list(made.metrics) == list(made.problem.metrics)
    assert list(made.money) == ["model", *made.performance.rules]
    assert made.money["model"] == made.metrics["payoff_per_decision"]
    for name, told in made.metrics.items():
        figure = made.performance.model[name]
        assert told["value"] == figure.value
        interval = figure.interval(PARAMS.confidence)
        assert [told["low"], told["high"]] == [interval.low, interval.high]
        assert (told["low"], told["high"]) == pytest.approx(np.quantile(figure.draws, [0.025, 0.975]), rel=0.3, abs=0.1)


def test_the_interval_follows_the_confidence() -> None:
    wide = EvaluationParams(confidence=0.99, n_resamples=200, random_state=1)
    narrow, wider = (summarise_performance(p, line("binary").performance)[0]["roc_auc"] for p in (PARAMS, wide))
    assert wider["low"] < narrow["low"] < narrow["high"] < wider["high"]


def test_without_a_payoff_there_is_no_money() -> None:
    made = line("binary", has_payoff=False)
    assert made.money == {}
    assert "payoff_per_decision" not in made.metrics


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_normal_is_read_from_the_holdout_and_the_ledger(kind: Kind) -> None:
    made = line(kind)
    found = ReferenceProfile.model_validate(made.evidence["reference_profile"])
    assert found.quarantined_share == quarantined_share(ROW_LEDGER) == 10 / 500
    assert found.columns["strength"].n_rows == len(made.holdout)
    shares = made.predictions["action"].value_counts(normalize=True)
    assert found.action_shares == pytest.approx({} if kind == "regression" else _all_actions(kind) | shares.to_dict())


def _all_actions(kind: Kind) -> dict[str, float]:
    return dict.fromkeys(small_case(kind).payoff.actions, 0.0)


def test_fit_of_a_binary_model_is_its_calibration() -> None:
    made = line("binary")
    found = tabulate_fit(made.problem, made.holdout, made.predictions)
    is_yes, weights = made.holdout["outcome"] == "yes", found["n_rows"]
    assert weights.sum() == len(made.holdout)
    assert np.average(found["observed_share"], weights=weights) == pytest.approx(is_yes.mean())
    assert np.average(found["mean_score"], weights=weights) == pytest.approx(made.predictions["score"].mean())


def test_fit_of_many_classes_is_the_calibration_of_the_likeliest() -> None:
    made = line("multiclass")
    found = tabulate_fit(made.problem, made.holdout, made.predictions)
    p = probabilities_of(made.predictions, made.problem)
    hit = np.array(CLASSES["multiclass"])[p.argmax(axis=1)] == made.holdout["outcome"]
    assert np.average(found["observed_share"], weights=found["n_rows"]) == pytest.approx(hit.mean())
    assert np.average(found["mean_score"], weights=found["n_rows"]) == pytest.approx(p.max(axis=1).mean())


def test_fit_of_values_is_truth_minus_prediction() -> None:
    made = line("regression")
    found = tabulate_fit(made.problem, made.holdout, made.predictions)
    np.testing.assert_allclose(found["predicted"] + found["residual"], made.holdout["outcome"])
    np.testing.assert_array_equal(found["predicted"], made.predictions["score"])


def test_scores_are_counted_by_class_in_equal_bins() -> None:
    made = line("binary")
    found = tabulate_scores(made.problem, made.holdout, made.predictions).set_index("class")
    for name in ("no", "yes"):
        mine = made.predictions["score"][(made.holdout["outcome"] == name).to_numpy()]
        expected, edges = np.histogram(mine, bins=20, range=(0, 1))
        np.testing.assert_allclose(found.loc[name, "share"], expected / len(mine))
        np.testing.assert_allclose(found.loc[name, "bin_low"], edges[:-1])


@pytest.mark.parametrize("kind", KINDS)
def test_shares_of_each_class_sum_to_one(kind: Kind) -> None:
    made = line(kind)
    found = tabulate_scores(made.problem, made.holdout, made.predictions)
    sums = found.groupby("class", sort=False)["share"].sum()
    assert list(sums.index) == (CLASSES[kind] or ["predicted", "true"])
    np.testing.assert_allclose(sums, 1)
    assert (found["bin_low"] < found["bin_high"]).all()


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_decisions_are_counted_with_what_they_paid(kind: Kind) -> None:
    made = line(kind)
    found = tabulate_decisions(made.problem, made.holdout, made.predictions)
    pays = made.problem.payoff.actions
    assert list(zip(found["action"], found["outcome"], strict=True)) == [(a, c) for a in pays for c in CLASSES[kind]]
    crossed = pd.crosstab(made.predictions["action"], made.holdout["outcome"].to_numpy())
    for one in found.to_dict("records"):
        n_rows = crossed.get(one["outcome"], pd.Series(dtype=int)).get(one["action"], 0)
        assert (one["n_rows"], one["money"]) == (n_rows, n_rows * pays[one["action"]][one["outcome"]])
    assert found["money"].sum() == pytest.approx(made.money["model"]["value"] * len(made.holdout))


def test_quantities_fall_short_or_exceed() -> None:
    problem = small_case("regression")
    holdout = pd.DataFrame({"outcome": [10.0, 10.0, 10.0, 10.0]})
    predictions = pd.DataFrame({"action": [8.0, 9.0, 10.0, 14.0], "score": [0.0] * 4})
    found = tabulate_decisions(problem, holdout, predictions).set_index("outcome")
    assert found["n_rows"].to_dict() == {"too few": 2, "exact": 1, "too many": 1}
    assert found["money"].to_dict() == {"too few": -9, "exact": 0, "too many": -4}
    assert set(found["action"]) == {"decided quantity"}


def test_without_a_payoff_decisions_are_classes_and_pay_nothing() -> None:
    made = line("multiclass", has_payoff=False)
    found = tabulate_decisions(made.problem, made.holdout, made.predictions)
    p = probabilities_of(made.predictions, made.problem)
    named = np.array(CLASSES["multiclass"])[p.argmax(axis=1)]
    expected = confusion_matrix(named, made.holdout["outcome"], labels=CLASSES["multiclass"])
    np.testing.assert_array_equal(found["n_rows"].to_numpy().reshape(3, 3), expected)
    assert not found["money"].any()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"as_of": "2020-05-31"}, r"The holdout was made as of 2020-05-31, but this run is as of 2020-06-30"),
        ({"training_id": "0"}, r"The challenger has learnt from other rows than the holdout was kept from"),
        ({"holdout_id": "0"}, r"The holdout is not the one its split was made with"),
    ],
)
def test_a_model_is_not_judged_on_rows_of_another_split(change: dict[str, str], sentence: str) -> None:
    made = line("binary")
    card = {**made.evidence["split_card"], **change}
    with pytest.raises(DataError, match=sentence):
        score_holdout(made.problem, AS_OF, made.model, card, made.holdout, made.look)
