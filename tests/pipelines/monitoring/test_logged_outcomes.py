"""Outcomes that come to the service are outcomes like all others."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from evergreen.pipelines.monitoring.logged_outcomes import logged_outcomes
from evergreen.pipelines.monitoring.watch import gather_outcomes
from evergreen.prediction_log.cells import key_text
from evergreen.problem import AsOf
from tests.models.small import small_case
from tests.pipelines.monitoring.served import LIVE, Service, WatchedLife, april_to_july, of_month, raw_of, reader

APRIL, MAY, JUNE = date(2020, 4, 30), date(2020, 5, 31), date(2020, 6, 30)
MONTH = of_month(april_to_july(), 4)
TRUTH = dict(zip(MONTH["row_id"], MONTH["outcome"], strict=True))


@pytest.fixture
def served(tmp_path: Path) -> tuple[Service, WatchedLife]:
    service, life = Service(reader(tmp_path).url), WatchedLife(reader(tmp_path))
    service.ask(raw_of(MONTH), "2020-04-30")
    return service, life.run(APRIL)


def test_late_outcomes_update_their_window_whatever_is_read_since(served: tuple[Service, WatchedLife]) -> None:
    service, life = served
    assert life.windows["2020-04"].record.outcomes is None
    service.tell(TRUTH, "2020-05-20")
    life.run(MAY)
    april = life.windows["2020-04"].record
    assert (april.n_rows, april.outcomes.n_outcomes) == (len(MONTH), len(MONTH))
    assert april.outcomes.happened == (MONTH["outcome"] == "yes").sum()
    assert life.kept["read"]["n_new"] == 0


def test_outcomes_that_change_are_counted_anew_though_as_many_are_known(served: tuple[Service, WatchedLife]) -> None:
    service, life = served
    service.tell(TRUTH, "2020-05-20")
    life.run(MAY)
    flipped = {key: "no" if value == "yes" else "yes" for key, value in TRUTH.items()}
    service.tell(flipped, "2020-06-02")
    life.run(MAY)
    assert life.windows["2020-04"].record.outcomes.happened == (MONTH["outcome"] == "yes").sum()
    life.run(JUNE)
    assert life.windows["2020-04"].record.outcomes.happened == (MONTH["outcome"] == "no").sum()
    service.tell(dict.fromkeys(list(TRUTH)[:10]), "2020-06-20")
    life.run(JUNE)
    assert life.windows["2020-04"].record.outcomes.n_outcomes == len(MONTH) - 10


def test_outcomes_of_rows_nobody_watches_and_words_that_are_no_outcome_are_left_out(
    served: tuple[Service, WatchedLife],
) -> None:
    service, life = served
    first, second, *_ = TRUTH
    service.tell({first: " YES ", second: "perhaps", -5: "yes", "nobody": "no"}, "2020-05-20")
    rows = life.kept["rows"]
    found = logged_outcomes(small_case("binary"), MAY, rows, life.log)
    assert found is not None
    assert found.to_dict("list") == {"row_id": [first], "outcome": ["yes"]}
    assert logged_outcomes(small_case("binary"), date(2020, 5, 19), rows, life.log).empty


def test_rows_of_a_batch_get_their_outcomes_from_the_log_too(tmp_path: Path) -> None:
    service, life = Service(reader(tmp_path).url), WatchedLife(reader(tmp_path))
    service.tell(TRUTH, "2020-05-20")
    life.run(APRIL, batch=MONTH).run(MAY)
    assert life.windows["2020-04"].record.outcomes.n_outcomes == len(MONTH)
    assert (life.kept["rows"]["_answered_at"] == "").all()


def test_numbers_are_cleaned_as_those_of_sources(tmp_path: Path) -> None:
    problem = small_case("regression")
    service, log = Service(reader(tmp_path).url), reader(tmp_path)
    service.tell({1: 12.5, 2: "13", 3: "a lot", 4: float("nan")}, "2020-02-01")
    rows = pd.DataFrame({"row_id": [1, 2, 3, 4, 5]})
    found = logged_outcomes(problem, date(2020, 3, 1), rows, log)
    assert found is not None
    assert found.to_dict("list") == {"row_id": [1, 2], "outcome": [12.5, 13.0]}
    # A row is found by the key under which the service has logged it, whatever repair has made of its cells.
    told = logged_outcomes(problem, date(2020, 3, 1), rows.tail(1).assign(_key=key_text({"row_id": 2})), log)
    assert told is not None
    assert told.to_dict("list") == {"row_id": [5], "outcome": [13.0]}


def test_a_row_that_is_watched_in_two_windows_has_one_outcome(served: tuple[Service, WatchedLife]) -> None:
    service, life = served
    service.tell(TRUTH, "2020-05-20")
    rows = life.kept["rows"]
    twice = pd.concat([rows, rows.head(5).assign(_window="2020-05-01")], ignore_index=True)
    found = logged_outcomes(LIVE.problem, MAY, twice, life.log)
    assert found is not None
    assert found["row_id"].tolist() == rows["row_id"].tolist()


def test_where_sources_and_log_differ_the_sources_count(served: tuple[Service, WatchedLife]) -> None:
    service, life = served
    first, second, *_ = TRUTH
    service.tell({first: "yes", second: "yes"}, "2020-05-20")
    source = MONTH.head(1).assign(outcome="no").astype({"decided_at": "str"})
    found = gather_outcomes(LIVE.problem, AsOf(MAY), life.kept["rows"], life.log, source)
    assert found.to_dict("list") == {"row_id": [first, second], "outcome": ["no", "yes"]}
