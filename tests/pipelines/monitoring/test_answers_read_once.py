"""Each answer is read once, and none is passed over."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evergreen.prediction_log import LogReader, open_log
from evergreen.releases import LoadedRelease
from tests.pipelines.monitoring.served import (
    ENDS,
    LIVE,
    MONTHLY,
    SKEWED,
    Service,
    WatchedLife,
    april_to_july,
    of_month,
    raw_of,
    reader,
    with_case,
)

ROWS = april_to_july()
UNTIMED = with_case(
    LIVE, {"decided_at": {"is_feature": False}}, split={"by": "random", "new_rows_share": 0.2}, event_time=None
)


def test_what_was_read_once_is_not_read_again(asked: LogReader) -> None:
    terms: list[dict[str, Any]] = []

    class Spy(LogReader):
        def read_parts(self, **told: Any) -> Any:
            terms.append(told)
            return super().read_parts(**told)

    life = WatchedLife(Spy(asked.url, asked.case), params=SKEWED).run(ENDS[4])
    assert [(one["by"], one["since"], one.get("until")) for one in terms] == [
        ("event_time", "2019-03-27", "2020-05-01"),
        ("answered_at", "2019-03-27", None),
    ]
    before = life.kept
    terms.clear()
    life.run(ENDS[4])
    # The look at the oldest answer is the first.
    assert [one["n_rows"] for one in terms] == [1, 20_000, 20_000]
    assert terms[1]["since"] == "2020-04-29T23:00:00.000000+00:00"
    assert terms[2]["since"] > "2020-04-30"
    assert life.kept["read"]["n_new"] == life.kept["read"]["n_asked_again"] == 0
    for name in ("rows", "answers", "profiles", "alarms"):
        pd.testing.assert_frame_equal(life.kept[name], before[name])


def test_what_lay_in_the_future_is_counted_and_watched_when_its_day_has_come(asked: LogReader) -> None:
    life = WatchedLife(asked).run(ENDS[4])
    assert life.kept["read"]["n_later"] == len(of_month(ROWS, 5)) + len(of_month(ROWS, 6))
    assert "are dated after 2020-04-30 and are not watched yet" in life.checks["answers dated later"]["finding"]
    life.run(ENDS[5])
    assert life.windows["2020-05"].record.n_rows == len(of_month(ROWS, 5))
    assert life.kept["read"]["n_new"] == len(of_month(ROWS, 5))


def test_a_clock_that_is_ahead_hides_nothing(tmp_path: Path) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))
    Service(log.url).ask(rows[50:70], "2099-01-01", name="ahead")
    Service(log.url).ask(rows[70:90], "2020-04-29", name="a")
    life = WatchedLife(log).run(ENDS[4])
    Service(log.url).ask(rows[:50], "2020-04-30T10:00", name="b")
    life.run(ENDS[4])
    assert len(life.kept["rows"]) == 90


def test_answers_whose_time_nobody_can_read_are_counted_from_the_first_run_on(tmp_path: Path) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))
    bad = [row | {"decided_at": "30.04.2020 14h"} for row in rows]
    Service(log.url).ask(bad[:40], "2020-04-20", name="bad")
    Service(log.url).ask(rows[40:], "2020-04-29", name="good")
    life = WatchedLife(log).run(ENDS[4]).run(ENDS[4])
    april = life.windows["2020-04"]
    assert (april.service.n_unusable, april.record.n_quarantined, april.record.n_rows) == (40, 40, len(rows) - 40)
    assert len(life.kept["answers"]) == len(rows)


def test_a_service_of_which_no_time_can_be_read_is_an_incident(tmp_path: Path) -> None:
    bad = [row | {"decided_at": "30.04.2020 14h"} for row in raw_of(of_month(ROWS, 4))]
    Service(reader(tmp_path).url).ask(bad, "2020-04-29")
    life = WatchedLife(reader(tmp_path)).run(ENDS[4])
    assert life.windows["2020-04"].service.n_unusable == len(bad)
    assert life.causes["quarantine"] == "2020-04"


def test_answers_to_old_rows_are_counted_once_and_not_read_again_and_again(tmp_path: Path) -> None:
    log, params = reader(tmp_path), SKEWED.model_copy(update={"watch_days": 60})
    old, new = raw_of(of_month(ROWS, 4)), raw_of(of_month(ROWS, 7))
    Service(log.url).ask(old, "2020-07-31", name="old")
    Service(log.url).ask(new, "2020-07-31", name="new")
    life = WatchedLife(log, params=params).run(ENDS[7])
    assert (life.kept["read"]["n_new"], life.kept["read"]["n_too_old"]) == (len(old) + len(new), len(old))
    assert life.checks["answers to old rows"]["finding"].startswith(f"{len(old)} answers are to rows of before 2020-06")
    assert set(life.kept["rows"]["_window"]) == {"2020-07"}
    life.run(ENDS[7])
    found = life.kept["read"]
    assert (found["n_new"], found["n_too_old"], found["n_asked_again"], found["n_passed_over"]) == (0, 0, 0, 0)


def test_answers_that_are_no_longer_watched_are_forgotten(tmp_path: Path) -> None:
    log, params = reader(tmp_path), MONTHLY.model_copy(update={"watch_days": 60})
    Service(log.url).ask(raw_of(of_month(ROWS, 4)), "2020-04-29", name="old")
    life = WatchedLife(log, params=params).run(ENDS[4])
    Service(log.url).ask(raw_of(of_month(ROWS, 7)), "2020-07-31", name="new")
    # Those of the last hour are known as long as they are read again.
    life.run(ENDS[7]).run(ENDS[7])
    assert len(life.kept["answers"]) == len(of_month(ROWS, 7))
    assert life.kept["read"]["n_passed_over"] == 0


@pytest.mark.parametrize("live", [LIVE, UNTIMED], ids=["with time", "without"])
def test_answers_of_a_clock_that_is_hours_behind_are_found_by_the_next_run_and_told(
    live: LoadedRelease, tmp_path: Path
) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))
    Service(log.url, live).ask(rows[60:70], "2020-04-28T11:00", name="behind")
    Service(log.url, live).ask(rows[70:], "2020-04-28T18:00", name="ahead")
    life = WatchedLife(log, live=live).run(date(2020, 4, 30))
    assert life.kept["read"]["n_passed_over"] == 0
    Service(log.url, live).ask(rows[:60], "2020-04-28T14:00", name="late")
    life.run(date(2020, 4, 30))
    assert life.kept["read"]["n_passed_over"] == life.kept["read"]["n_new"] == 60
    assert len(life.kept["rows"]) == len(life.kept["answers"]) == len(rows)
    told = life.checks["answers found late"]
    assert told["finding"].startswith("60 answers were found that earlier runs have passed over")
    assert told["severity"] == "watch"
    life.run(date(2020, 4, 30))
    assert (life.kept["read"]["n_passed_over"], life.kept["read"]["n_new"]) == (0, 0)
    assert "answers found late" not in life.checks


def test_answers_that_the_log_no_longer_holds_hide_none_that_was_passed_over(tmp_path: Path) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))
    Service(log.url, UNTIMED).ask(rows[:50], "2020-04-20", name="purged")
    Service(log.url, UNTIMED).ask(rows[50:60], "2020-04-28T18:00", name="ahead")
    life = WatchedLife(log, live=UNTIMED).run(date(2020, 4, 28))
    with open_log(log.url, case="small", durability="normal") as opened:
        assert opened.purge(before="2020-04-25") == 50
    Service(log.url, UNTIMED).ask(rows[60:70], "2020-04-28T14:00", name="late")
    life.run(date(2020, 4, 29))
    assert life.kept["read"]["n_passed_over"] == 10
    assert len(life.kept["rows"]) == 70


@pytest.mark.parametrize("live", [LIVE, UNTIMED], ids=["with time", "without"])
def test_answers_that_a_former_version_has_kept_are_known(live: LoadedRelease, tmp_path: Path) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))
    Service(log.url, live).ask(rows, "2020-04-28", per_request=30)
    life = WatchedLife(log, live=live).run(ENDS[4]).run(ENDS[4])
    before, n_read = life.kept["answers"], life.kept["read"]["n_read"]
    life.kept["answers"] = before.drop(columns=["request_rows", "event_time"])
    life.run(ENDS[4])
    assert (life.kept["read"]["n_new"], life.kept["read"]["n_passed_over"]) == (0, 0)
    assert life.kept["read"]["n_read"] == n_read
    assert life.kept["answers"]["request_rows"].tolist() == before["request_rows"].tolist()
