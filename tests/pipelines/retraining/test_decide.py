"""Whether there is a reason to train again, told from small files."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.models.small import small_case
from tests.pipelines.retraining.line import JUDGED_UNTIL, LATER, MADE_ON, Place, case, release

ALARM = ("drift", "alarm", "'strength' is distributed otherwise.")
LOSS = ("money", "alarm", "The model pays 2 less per decision than 'always_call'.")
BIAS = ("bias", "alarm", "More came than was expected.")
SOON, WEEK_LATER = "2020-06-03", "2020-06-10"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def live(place: Place) -> str:
    return place.promote(release(is_good=True))


def remember(place: Place, **told: Any) -> None:
    (place.folder / "retraining.json").write_text(json.dumps(told))


def test_before_the_first_release_nothing_is_due(place: Place) -> None:
    told = place.decide()
    assert (told["is_due"], told["is_review_due"], told["champion_id"]) == (False, False, None)
    assert told["reasons"] == ["Nothing is live yet: run the whole line first."]


@pytest.mark.parametrize(("as_of", "is_due"), [("2020-06-29", False), ("2020-06-30", True)])
def test_the_calendar_counts_from_the_day_the_champion_was_made(
    place: Place, live: str, as_of: str, is_due: bool
) -> None:
    told = place.decide(as_of)
    assert (told["is_due"], told["causes"]) == (is_due, ["schedule"] if is_due else [])
    assert told["champion_id"] == live
    assert "30 days" in told["reasons"][0]
    assert told["figures"]["days_since_newest_training_row"] == 91 + told["figures"]["days_since_touched"]


@pytest.mark.parametrize(
    ("finding", "cause", "switch"),
    [
        (ALARM, "alarm", "on_alarm"),
        (LOSS, "money", "on_loss"),
        (BIAS, "bias", "on_bias"),
        (("incident", *BIAS[1:]), "bias", "on_bias"),
    ],
    ids=["alarm", "money", "bias", "incident of outcomes"],
)
def test_each_finding_of_monitoring_is_a_reason_that_can_be_switched_off(
    place: Place, live: str, finding: tuple[str, str, str], cause: str, switch: str
) -> None:
    place.watch(live, finding)
    told = place.decide(WEEK_LATER)
    assert (told["is_due"], told["causes"]) == (True, [cause])
    assert told["reasons"][0].endswith(finding[2])
    assert not place.decide(WEEK_LATER, **{switch: False})["is_due"]


def test_what_is_only_to_be_watched_is_no_reason(place: Place, live: str) -> None:
    place.watch(live, ("drift", "watch", "'strength' is distributed otherwise."))
    assert not place.decide(WEEK_LATER)["is_due"]


def test_an_alarm_waits_until_the_champion_has_rested(place: Place, live: str) -> None:
    place.watch(live, ALARM)
    told = place.decide(SOON)
    assert not told["is_due"]
    assert told["reasons"][1].endswith("made live or last challenged 3 days ago, and rests for 7.")
    assert place.decide(SOON, rest_days=3)["is_due"]


def test_what_was_found_about_another_release_is_no_reason(place: Place, live: str) -> None:
    place.watch("another", ALARM, LOSS)
    told = place.decide(WEEK_LATER)
    assert not told["is_due"]
    assert told["reasons"][1].startswith("Monitoring has watched another release")


@pytest.mark.parametrize(("n_outcomes", "is_due"), [(99, False), (100, True)])
def test_enough_outcomes_are_a_reason_where_they_are_asked_for(
    place: Place, live: str, n_outcomes: int, is_due: bool
) -> None:
    place.watch(live, n_outcomes=n_outcomes)
    assert place.decide(WEEK_LATER, new_outcomes=100)["is_due"] is is_due
    assert not place.decide(WEEK_LATER)["is_due"]


def test_a_champion_that_was_challenged_in_vain_waits_for_the_calendar_anew(place: Place, live: str) -> None:
    remember(place, attempt={"as_of": "2020-06-30", "champion_id": live})
    assert not place.decide("2020-07-29")["is_due"]
    assert place.decide("2020-07-30")["is_due"]
    remember(place, attempt={"as_of": "2020-06-30", "champion_id": "one before"})
    assert place.decide("2020-07-29")["is_due"]


def _priced(per_cpu_hour: float, unit: str = "EUR") -> Any:
    return small_case("binary", compute={"unit": unit, "per_cpu_hour": per_cpu_hour})


# 300 rows in 30 days promise 1 EUR each, and at least 0.9 was earned: 30 EUR at most in 30 days. A fit takes an hour.
@pytest.mark.parametrize(
    ("problem", "is_due", "cost"),
    [(_priced(29.9), True, 29.9), (_priced(30.1), False, 30.1), (_priced(1e6, "USD"), True, None)],
    ids=["cheap", "dear", "in another unit"],
)
def test_training_that_costs_more_than_it_may_win_is_not_due(
    place: Place, live: str, problem: Any, is_due: bool, cost: float | None
) -> None:
    place.watch(live, money={"model": {"value": 1.0, "low": 0.9, "high": 1.1}})
    pd.DataFrame({"candidate": ["challenger"], "fit_cpu_seconds": [3600.0]}).to_parquet(place.folder / "costs.parquet")
    told = place.decide(problem=problem)
    assert told["is_due"] is is_due
    assert told["figures"]["cost"] == (None if cost is None else pytest.approx(cost))
    assert told["figures"]["most_to_win"] == pytest.approx(30)
    assert is_due or told["reasons"][-1] == "At most 30 EUR can be won back, and training costs 30.1 EUR."


def test_a_review_is_due_once_outcomes_may_have_come_and_then_every_so_many_days(place: Place, live: str) -> None:
    assert not place.decide()["is_review_due"]
    second = place.promote(release(is_good=False), "2020-06-15")
    # Outcomes take 10 days, reviews 7.
    days = ["2020-06-24", "2020-06-25"]
    assert [place.decide(day)["is_review_due"] for day in days] == [False, True]
    assert not place.decide(LATER, review_days=None)["is_review_due"]
    remember(place, review={"as_of": "2020-07-01", "champion_id": second, "number": 1})
    days = ["2020-07-07", "2020-07-08"]
    assert [place.decide(day)["is_review_due"] for day in days] == [False, True]
    assert case().target.delay_days == 10
    assert MADE_ON > JUDGED_UNTIL
