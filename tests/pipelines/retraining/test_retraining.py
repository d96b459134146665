"""A small world that has turned: what becomes of the champion."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evergreen.measures.spending import spent_level
from evergreen.models.decide import predict_rows
from evergreen.models.performance import payoff_of
from evergreen.models.target import target_values
from evergreen.pipelines.retraining.decide import NotDue
from evergreen.pipelines.retraining.judge import heed, may_go_live
from evergreen.pipelines.retraining.prepare import prepare_fresh_rows
from evergreen.problem import AsOf
from evergreen.releases import LoadedRelease
from tests.models.small import small_case
from tests.pipelines.retraining.line import LATER, PREPARING, Place, case, fitted, params, release, rows


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A poor champion that was challenged; tests only look at it."""
    found = Place(tmp_path_factory.mktemp("promoted"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evergreen.releases.changes.try_in_fresh_process", lambda _: None)
        found.promote(release(is_good=False))
        found.run()
    return found


def live(place: Place) -> LoadedRelease:
    champion = place.store.champion()
    assert isinstance(champion, LoadedRelease)
    return champion


def files(place: Place) -> dict[str, bytes]:
    return {str(one.relative_to(place.folder)): one.read_bytes() for one in place.folder.rglob("*") if one.is_file()}


def test_a_surely_better_challenger_takes_the_place_and_the_old_champion_is_kept(promoted: Place) -> None:
    told, old = promoted.told, release(is_good=False).release_id
    assert (told["done"], told["champion_id"], told["release_id"]) == ("promoted", old, live(promoted).release_id)
    assert told["attempt"]["causes"] == ["schedule"]
    assert told["attempt"]["promotion"]["bound"] > 0
    last = promoted.store.history()[-1]
    assert (last.previous_id, last.as_of) == (old, LATER)
    assert last.why.startswith("Retraining: payoff_per_decision better than the champion's. Gain ")
    assert promoted.store.load(old).release_id == old


def test_the_winner_has_learnt_the_newest_rows_and_its_release_says_so(promoted: Place) -> None:
    champion = live(promoted)
    newest = pd.Timestamp(champion.documents["split_card"]["learnt_until"])
    known = rows()[rows()["decided_at"] <= newest]
    # The newest of 30 days are new rows; those before them are labelled.
    assert newest == pd.Timestamp("2020-09-27 18:00")
    assert champion.documents["refit"]["n_rows"] == len(known)
    assert champion.documents["refit"]["n_rows_judged"] < 0.8 * len(known)
    again = fitted(is_good=True, n_rows=len(known))
    assert champion.model.training_id == again.training_id == champion.documents["split_card"]["training_id"]
    probability = [
        predict_rows(model, rows().tail(50), case())["score"].to_numpy() for model in (champion.model, again)
    ]
    np.testing.assert_allclose(*probability, rtol=1e-6)
    assert "fitted once more" in str(champion.card)


def test_a_second_run_finds_nothing_due_and_changes_nothing(promoted: Place) -> None:
    before = files(promoted)
    told = promoted.run()
    after = files(promoted)
    assert told["done"] == "nothing"
    assert {name for name in after if after[name] != before.get(name)} == {"retraining.json"}
    promoted.run()
    assert files(promoted) == after


def test_what_is_not_due_reads_no_source() -> None:
    decision = {"is_due": False, "is_review_due": False, "reasons": ["No."]}
    found = prepare_fresh_rows(case(), AsOf(date(2020, 10, 27)), PREPARING, decision, "no table at all")
    assert found == NotDue(("No.",))


def test_a_challenger_that_is_not_surely_better_stays_outside_and_is_not_tried_again(place: Place) -> None:
    old = place.promote(release(is_good=True))
    told = place.run()
    assert (told["done"], live(place).release_id) == ("kept", old)
    assert told["attempt"]["promotion"]["result"] != "passed"
    assert place.run()["done"] == "nothing"


NO_MONEY = {"payoff": None, "criteria": [{"metric": "accuracy", "at_least": 0.1}]}


@pytest.mark.parametrize(
    ("case_then", "learnt_until", "word"),
    [
        ({}, "2020-09-26T00:00:00", "Of the newest labelled rows 7 are unknown to it, and the case asks for 20."),
        (NO_MONEY, "2020-03-01T00:00:00", "It was made for another unit of the payoff (none, now EUR)"),
    ],
    ids=["too few rows", "another case"],
)
def test_nothing_is_fitted_that_could_not_be_compared(
    place: Place, case_then: dict[str, object], learnt_until: str, word: str
) -> None:
    problem = small_case("binary", **case_then)
    place.promote(release(is_good=False, problem=problem, learnt_until=learnt_until))
    told = place.run()
    assert told["done"] == "nothing"
    assert word in told["reasons"][0]
    assert (told["attempt"]["verdict"], told["attempt"]["promotion"]) == (None, None)
    assert len(place.store.release_ids()) == 1


def test_the_opening_of_the_newest_rows_is_in_the_log(promoted: Place) -> None:
    log = pd.read_csv(promoted.folder / "looks.csv")
    assert len(log) == 1
    assert live(promoted).documents["refit"]["judged_model_id"] == log["model_id"].iloc[0]


def _succeeded(place: Place, *, is_good: bool) -> tuple[str, str]:
    """A champion that followed another, the one good and the other not."""
    former = place.promote(release(is_good=not is_good))
    return former, place.promote(release(is_good=is_good, as_of="2020-06-01"), "2020-06-01")


def test_a_champion_that_earns_surely_less_than_the_one_before_goes(place: Place) -> None:
    former, champion = _succeeded(place, is_good=False)
    told = place.run(every_days=None)
    assert (told["done"], told["release_id"], live(place).release_id) == ("rolled back", former, former)
    last = place.store.history()[-1]
    assert (last.kind, last.previous_id, last.as_of) == ("rollback", champion, LATER)
    assert told["review"]["bound"] > 0
    # What is live now was gone back to, and is not reviewed.
    assert place.run(every_days=None)["done"] == "nothing"
    assert len(place.store.history()) == 3


def test_the_review_pays_both_on_the_same_rows_labelled_since(place: Place) -> None:
    _succeeded(place, is_good=False)
    review = place.run(every_days=None)["review"]
    as_of = pd.Timestamp(LATER) + pd.Timedelta(days=1)
    time = rows()["decided_at"]
    since = rows()[(time >= "2020-05-01") & (time < as_of - pd.Timedelta(days=10))].reset_index(drop=True)
    y_true = target_values(since, case())
    paid = [
        payoff_of(
            case().payoff, case(), predict_rows(fitted(is_good=good), since, case())["action"].to_numpy(), y_true, since
        )
        for good in (True, False)
    ]
    assert review["n_rows"] == len(since)
    assert review["gain"] == pytest.approx((paid[0] - paid[1]).mean())


def test_a_good_champion_stays_and_each_further_review_must_be_surer(place: Place) -> None:
    _, champion = _succeeded(place, is_good=True)
    told = [place.run(day, every_days=None) for day in ("2020-10-01", "2020-10-03", "2020-10-08")]
    assert [one["done"] for one in told] == ["nothing"] * 3
    assert [one["review"]["number"] for one in told] == [1, 1, 2]
    assert told[2]["review"]["level"] == pytest.approx(spent_level(0.05, 2))
    assert live(place).release_id == champion


def test_who_is_about_to_go_is_not_challenged(place: Place) -> None:
    former, _ = _succeeded(place, is_good=False)
    told = place.run()
    assert (told["done"], told["attempt"]["verdict"], live(place).release_id) == ("rolled back", None, former)


def test_a_predecessor_that_cannot_be_read_is_not_gone_back_to(place: Place) -> None:
    former, champion = _succeeded(place, is_good=False)
    (place.folder / "models" / "releases" / former / "model.skops").write_bytes(b"no model")
    told = place.run(every_days=None)
    assert (told["done"], live(place).release_id) == ("nothing", champion)
    assert told["review"]["word"].startswith("The release before the champion cannot be read")


UNDECIDED = {"criterion": "payoff_per_decision better than the champion's", "champion_id": "abc", "gain": 0.1}
UNDECIDED |= {"metric": "payoff_per_decision", "bound": -0.1, "result": "undecided", "is_judged": False}


@pytest.mark.parametrize(
    ("entry", "changes", "result"),
    [
        ("better", {}, "undecided"),
        ("not_worse", {}, "passed"),
        ("not_worse", {"result": "failed"}, "failed"),
        ("not_worse", {"bound": None}, "undecided"),
    ],
    ids=["not surely better", "not surely worse", "surely worse", "not compared"],
)
def test_the_comparison_is_heeded_though_the_case_has_no_rule(
    entry: str, changes: dict[str, object], result: str
) -> None:
    told = heed(case(), params(entry=entry), UNDECIDED | changes)
    assert (told["is_judged"], told["result"]) == (True, result)


def test_the_rule_of_the_case_stands() -> None:
    problem = small_case("binary", promotion={"metric": "payoff_per_decision"})
    assert heed(problem, params(entry="not_worse"), UNDECIDED) == UNDECIDED


@pytest.mark.parametrize(
    ("undecided", "bound", "other", "expected"),
    [
        ("hold", 0.1, "passed", False),
        ("promote", 0.1, "passed", True),
        ("promote", -0.1, "passed", False),
        ("promote", 0.1, "undecided", False),
        ("promote", 0.1, "failed", False),
    ],
    ids=["holds", "surely better", "not surely better", "fairness undecided", "a limit failed"],
)
def test_an_undecided_criterion_holds_back_unless_the_case_says_otherwise(
    undecided: str, bound: float, other: str, expected: bool
) -> None:
    criteria = [{"criterion": "roc_auc", "result": "undecided"}]
    judged = [*criteria, {"criterion": "another", "result": other}]
    assert may_go_live(params(undecided=undecided), judged, criteria, {"bound": bound}) is expected


def test_what_was_done_is_json_without_numbers_that_json_has_not(promoted: Place) -> None:
    json.dumps(promoted.told, allow_nan=False)
