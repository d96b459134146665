"""The challenger beside the champion, through the nodes and a store of releases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.datasets.champion_dataset import ChampionDataset
from evergreen.datasets.earlier_champion import EarlierChampion
from evergreen.judging.contest import compare_champion, meet_champion
from evergreen.judging.criteria import judge_criteria
from evergreen.judging.judge import gather_evidence
from evergreen.judging.open import open_holdout
from evergreen.measures.spending import spent_level
from evergreen.models.contest import Contest
from evergreen.models.decide import Model, predict_rows
from evergreen.models.performance import payoff_of
from evergreen.models.target import target_values
from evergreen.problem import Kind, Problem, tell_difference
from evergreen.releases import Champion, Promotion, ReleaseStore, assemble_release
from evergreen.tables.looks import empty_log
from evergreen.tables.outliers import NO_LIMITS
from tests.models.small import KINDS, small_case, small_rows, train, trained
from tests.pipelines.evaluation.line import AS_OF, COSTS, PARAMS, card_of, line

N_HOLDOUT = 400
STRICT = {"metric": "log_loss"}
# The newest row that the models have learnt from: 240 rows, one a quarter of a day.
LEARNT_UNTIL = datetime(2020, 3, 1)


@cache
def _poor(kind: Kind) -> Model:
    """A model of the same kind that has learnt from rows whose strength tells nothing."""
    rows = small_rows(kind, 240)
    shuffled = np.random.default_rng(2).permutation(rows["strength"].to_numpy())
    return train("linear", rows.assign(strength=shuffled), small_case(kind)).model


@cache
def _holdout(kind: Kind) -> pd.DataFrame:
    return small_rows(kind, N_HOLDOUT, seed=11, first_id=300)


@dataclass(frozen=True)
class Met:
    """A challenger that met the champion of a store."""

    contest: Contest
    promotion: dict[str, Any]


def _promote(folder: Path, problem: Problem, model: Model, *, card: dict[str, Any] | None = None) -> str:
    told = {"learnt_until": LEARNT_UNTIL.isoformat(), "training_id": "another"}
    split_card = card_of(problem, model, _holdout(problem.kind)) | told | (card or {})
    documents = {"split_card": split_card, "outlier_limits": NO_LIMITS.model_dump(mode="json")}
    release = assemble_release(problem, model, documents)
    ChampionDataset(path=str(folder)).save(Promotion(release, "2020-06-30", "It pays."))
    return release.release_id


def _meet(
    folder: Path,
    problem: Problem,
    model: Model,
    *,
    before: tuple[Model, ...] = (),
    read: Callable[[], Champion] | None = None,
) -> Met:
    holdout, log = _holdout(problem.kind), empty_log()
    for one in (*before, model):
        card = card_of(problem, one, holdout)
        log, look = open_holdout(problem, PARAMS, AS_OF, one, card, holdout, log)
    predictions = predict_rows(model, holdout, problem)
    earlier = EarlierChampion(path=str(folder)).load() if read is None else read
    contest = meet_champion(problem, PARAMS, card, holdout, predictions, log, look, earlier)
    return Met(contest, compare_champion(problem, contest))


@pytest.mark.parametrize("kind", KINDS)
def test_a_better_challenger_passes_and_a_worse_one_fails(kind: Kind, tmp_path: Path) -> None:
    problem, good, poor = small_case(kind), trained(kind).model, _poor(kind)
    _promote(tmp_path / "poor", problem, poor)
    better = _meet(tmp_path / "poor", problem, good, before=(poor,)).promotion
    live = _promote(tmp_path / "good", problem, good)
    worse = _meet(tmp_path / "good", problem, poor, before=(good,)).promotion
    assert (better["result"], worse["result"]) == ("passed", "failed")
    assert better["bound"] > 0 > worse["gain"]
    assert better["gain"] == pytest.approx(-worse["gain"])
    assert (worse["champion_id"], worse["number"], worse["level"]) == (live, 1, pytest.approx(spent_level(0.05, 1)))
    assert worse["is_judged"] is False


def test_the_gain_is_the_mean_of_what_each_row_pays_more(tmp_path: Path) -> None:
    problem, holdout = small_case("binary"), _holdout("binary")
    _promote(tmp_path, problem, _poor("binary"))
    found = _meet(tmp_path, problem, trained("binary").model)
    y_true = target_values(holdout, problem)
    paid = [
        payoff_of(problem.payoff, problem, predict_rows(model, holdout, problem)["action"].to_numpy(), y_true, holdout)
        for model in (trained("binary").model, _poor("binary"))
    ]
    assert found.promotion["gain"] == pytest.approx((paid[0] - paid[1]).mean())
    assert found.promotion["n_rows"] == N_HOLDOUT
    assert found.promotion["n_units"] == holdout["decided_at"].dt.normalize().nunique()


def test_a_loss_that_falls_is_a_gain(tmp_path: Path) -> None:
    problem = small_case("binary", promotion=STRICT)
    _promote(tmp_path, problem, _poor("binary"))
    found = _meet(tmp_path, problem, trained("binary").model)
    assert found.contest.whole["log_loss"].value == pytest.approx(-found.promotion["gain"])
    assert found.promotion["gain"] > 0
    assert found.promotion["is_judged"] is True


def test_an_equal_model_is_not_better_but_no_worse_than_the_margin(tmp_path: Path) -> None:
    rows = small_rows("binary", 240, seed=23)
    equal = train("linear", rows, small_case("binary")).model
    lax = small_case("binary", promotion={"metric": "log_loss", "rule": "non_inferior", "margin": 0.2})
    _promote(tmp_path, lax, trained("binary").model)
    strict = _meet(tmp_path, small_case("binary", promotion=STRICT), equal).promotion
    assert strict["result"] in ("undecided", "failed")
    assert _meet(tmp_path, lax, equal).promotion["result"] == "passed"


def test_an_undecided_comparison_tells_what_it_could_have_told(tmp_path: Path) -> None:
    problem = small_case("binary", promotion={"metric": "payoff_per_decision"})
    _promote(tmp_path, problem, trained("binary").model)
    rows = small_rows("binary", 240, seed=20)
    found = _meet(tmp_path, problem, train("linear", rows, small_case("binary")).model).promotion
    assert found["result"] == "undecided"
    assert f"the smallest difference that these rows tell is {found['detectable']:.3g} EUR" in found["word"]
    assert found["detectable"] > abs(found["gain"])
    assert (found["rows_needed"] is not None) == (found["gain"] > 0)


def test_without_a_champion_and_beside_itself_the_record_is_the_same(tmp_path: Path) -> None:
    problem, model = small_case("binary", promotion=STRICT), trained("binary").model
    alone = _meet(tmp_path, problem, model)
    _promote(tmp_path, problem, model)
    itself = _meet(tmp_path, problem, model)
    assert alone == itself
    assert alone.promotion["result"] == "no rival"
    assert alone.promotion["word"].startswith("No other model is live")


@pytest.mark.parametrize(
    ("card", "n_rows"),
    [
        ({}, N_HOLDOUT),
        ({"learnt_until": "2020-04-15T12:00:00"}, 277),
        ({"learnt_until": None, "judged_until": "2020-05-01"}, 212),
        ({"learnt_until": "2020-12-31T00:00:00", "training_id": None}, N_HOLDOUT),
    ],
    ids=["all-later", "some-learnt", "older-release", "the-same-training-rows"],
)
def test_only_rows_that_neither_has_learnt_from_are_compared(card: dict[str, Any], n_rows: int, tmp_path: Path) -> None:
    problem, model = small_case("binary"), trained("binary").model
    told = {name: value or model.training_id if name == "training_id" else value for name, value in card.items()}
    _promote(tmp_path, problem, _poor("binary"), card=told)
    found = _meet(tmp_path, problem, model)
    assert found.promotion["n_rows"] == found.contest.whole["log_loss"].n_rows == n_rows


def test_too_few_rows_are_undecided_with_their_number(tmp_path: Path) -> None:
    problem = small_case("binary", promotion=STRICT)
    live = _promote(tmp_path, problem, _poor("binary"), card={"learnt_until": "2020-06-21T06:00:00"})
    found = _meet(tmp_path, problem, trained("binary").model).promotion
    assert found["result"] == "undecided"
    told = (
        f"The champion {live} has, or may have, learnt from all but 10 of the 400 holdout rows; the case asks for 20."
    )
    assert found["word"] == told


@pytest.mark.parametrize(
    ("now", "sentence", "rules"),
    [
        (
            {"payoff": {"unit": "USD", "actions": {"call": {"no": -2, "yes": 5}, "skip": {"no": 0, "yes": 0}}}},
            "was made for another unit of the payoff",
            "'promotion'",
        ),
        (
            {
                "target": {"column": "outcome", "classes": ["yes", "no"]},
                "criteria": [{"metric": "log_loss", "versus": "champion", "at_most": 0}],
            },
            "was made for other classes",
            "'promotion' and criteria versus the champion",
        ),
    ],
)
def test_another_contract_is_undecided_with_the_reason_and_the_way_out(
    now: dict[str, Any], sentence: str, rules: str, tmp_path: Path
) -> None:
    _promote(tmp_path, small_case("binary"), _poor("binary"))
    found = _meet(tmp_path, small_case("binary", promotion=STRICT, **now), trained("binary").model).promotion
    assert found["result"] == "undecided"
    assert sentence in found["word"]
    assert f"leave {rules} out of the case until a model made for the case as it is now is live." in found["word"]


def test_a_case_without_the_rule_is_not_held_back_and_may_have_it_again_later() -> None:
    without, with_rule = small_case("binary"), small_case("binary", promotion=STRICT)
    told = compare_champion(without, Contest("live", why_not="The champion live was made for another key."))
    assert not told["is_judged"]
    assert not tell_difference(with_rule, without)


def test_a_damaged_champion_is_undecided_and_stops_nothing(tmp_path: Path) -> None:
    problem = small_case("binary", promotion=STRICT)
    live = _promote(tmp_path, problem, _poor("binary"))
    (tmp_path / "releases" / live / "model.skops").write_bytes(b"")
    found = _meet(tmp_path, problem, trained("binary").model).promotion
    assert found["result"] == "undecided"
    assert "The champion cannot be read. Release" in found["word"]


def test_a_release_that_does_not_tell_its_split_is_undecided(tmp_path: Path) -> None:
    problem = small_case("binary")
    store = ReleaseStore(str(tmp_path))
    release = assemble_release(problem, _poor("binary"), {})
    store.add(release)
    found = _meet(tmp_path, problem, trained("binary").model, read=lambda: store.load(release.release_id)).promotion
    assert found["result"] == "undecided"
    assert "does not tell what it has learnt from" in found["word"]


def test_each_further_challenger_of_a_champion_must_be_surer(tmp_path: Path) -> None:
    problem, poor, good = small_case("binary"), _poor("binary"), trained("binary").model
    _promote(tmp_path, problem, poor)
    other = train("linear", small_rows("binary", 240, seed=23), problem).model
    first = _meet(tmp_path, problem, good, before=(poor,)).promotion
    second = _meet(tmp_path, problem, good, before=(poor, other)).promotion
    assert (first["number"], second["number"]) == (1, 2)
    assert second["level"] == pytest.approx(spent_level(0.05, 2))
    assert second["bound"] < first["bound"]
    assert second["gain"] == first["gain"]


def test_a_criterion_against_the_champion_is_judged_on_the_same_rows(tmp_path: Path) -> None:
    against = {"metric": "log_loss", "versus": "champion", "at_most": 0}
    case = {
        "criteria": [against, against | {"slice": "red"}],
        "slices": {"red": [{"column": "colour", "values": ["red"]}]},
    }
    problem = small_case("binary", **case)
    _promote(tmp_path, problem, _poor("binary"))
    contest = _meet(tmp_path, problem, trained("binary").model).contest
    assert contest.slices["red"]["log_loss"].n_rows == (_holdout("binary")["colour"] == "red").sum()
    performance = line("binary").performance
    few = small_case("binary", criteria=[against])
    (found,) = judge_criteria(few, PARAMS, performance, {}, COSTS, {"number": 7, "level": 0.01, "word": ""}, contest)
    assert (found["result"], found["look"], found["level"]) == ("passed", 1, contest.level)
    assert found["value"] == contest.whole["log_loss"].value


@pytest.mark.parametrize(("is_judged", "results"), [(True, ["passed"]), (False, [])])
def test_the_verdict_heeds_it_where_the_case_asks(is_judged: bool, results: list[str], tmp_path: Path) -> None:
    problem = small_case("binary", **({"promotion": STRICT} if is_judged else {}))
    _promote(tmp_path, problem, _poor("binary"))
    promotion = _meet(tmp_path, problem, trained("binary").model).promotion
    evidence = gather_evidence({}, {}, [], [], [], [], [], promotion, {}, {}, {}, {}, {}, {})
    assert [one["result"] for one in evidence["criteria"]] == results
    assert all("log_loss better than the champion's: passed. Gain 0." in one["reason"] for one in evidence["criteria"])
    alone = gather_evidence(
        {}, {}, [], [], [], [], [], compare_champion(problem, Contest(None)), {}, {}, {}, {}, {}, {}
    )
    assert [one["result"] for one in alone["criteria"]] == results
