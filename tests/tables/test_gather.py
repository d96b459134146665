from datetime import date, datetime

import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.tables.gather import end_of, gather_rows
from tests.cases import (
    CALLS_GATHERED,
    LIBRARIES,
    binary_case,
    call_sources,
    frame_of,
    multiclass_case,
    plain,
    repaired_rows,
)

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
# Polars cannot check the order within keys, and says so although the rows are sorted.
pytestmark = pytest.mark.filterwarnings("ignore:Sortedness of columns cannot be checked")
CASE = binary_case()
LATE = date(2020, 4, 1)


def sources(library, **changed):
    """The sources of the calls, some of them changed, on any engine."""
    tables = {**call_sources(), **changed}
    return {name: frame_of(table, library).to_native() for name, table in tables.items()}


def gather(library, as_of=LATE, *, case=CASE, after=None, **changed):
    return gather_rows(case, as_of, sources(library, **changed), after=after)


def cells(gathered, *, by="call_id"):
    return plain(gathered.rows.sort(by))


def calls(**changed):
    return call_sources()["calls"].assign(**changed)


@EVERY_ENGINE
def test_every_decision_gets_what_was_known_when_it_was_made(library):
    gathered = gather(library)
    assert gathered.rows.collect_schema().names() == list(CASE.columns)
    found = cells(gathered)
    assert {name: found[name] for name in CALLS_GATHERED} == CALLS_GATHERED
    assert found["bought"] == call_sources()["calls"]["bought"].to_list()
    assert (gathered.n_spine, gathered.n_later, gathered.n_earlier) == (5, 0, 0)


@ENGINES
def test_the_order_of_the_sources_rows_changes_nothing(library):
    turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in call_sources().items()}
    assert cells(gather(library, **turned)) == cells(gather(library))


@EVERY_ENGINE
def test_what_happens_after_the_logical_date_has_not_happened(library):
    gathered = gather(library, date(2020, 2, 1))
    assert cells(gathered)["call_id"] == [1, 2, 3]
    assert (gathered.n_spine, gathered.n_later) == (5, 2)


@ENGINES
def test_the_logical_date_lasts_until_midnight(library):
    moments = ["2020-02-01 23:59:59", "2020-02-02 00:00:00", "2020-01-01", "2020-01-01", "2020-01-01"]
    gathered = gather(library, date(2020, 2, 1), calls=calls(called_at=moments))
    assert cells(gathered)["call_id"] == [1, 3, 4, 5]
    assert end_of(date(2020, 2, 1)) == datetime(2020, 2, 1, 23, 59, 59, 999999)


@ENGINES
@pytest.mark.parametrize(
    ("as_of", "known"),
    [
        (date(2020, 1, 14), [None, None]),
        (date(2020, 1, 15), ["no", None]),
        (date(2020, 1, 19), ["no", None]),
        (date(2020, 1, 20), ["no", "yes"]),
    ],
    ids=["a-day-before", "on-the-day", "before-the-second", "with-the-second"],
)
def test_an_outcome_is_known_only_once_its_delay_has_passed(library, as_of, known):
    found = cells(gather(library, as_of))
    assert found["bought"] == known
    assert [cell is None for cell in found["duration_seconds"]] == [cell is None for cell in known]
    assert found["channel"] == ["mobile", "CELL  phone"]


@EVERY_ENGINE
def test_an_outcome_is_known_from_the_very_second_its_delay_has_passed(library):
    moments = ["2020-01-05 23:59:59", "2020-01-06 00:00:00", "2020-01-01", "2020-01-01", "2020-01-01"]
    found = cells(gather(library, date(2020, 1, 15), calls=calls(called_at=moments)))
    assert found["bought"][:2] == ["no", None]


@ENGINES
def test_without_delay_every_outcome_that_has_happened_is_known(library):
    found = cells(gather(library, date(2020, 1, 5), case=binary_case({"target.delay_days": 0})))
    assert found["bought"] == ["no"]


@EVERY_ENGINE
def test_only_decisions_after_a_moment_are_gathered_on_request(library):
    gathered = gather(library, date(2020, 3, 1), after=datetime(2020, 1, 10, 12))
    assert cells(gathered)["call_id"] == [3, 4]
    assert (gathered.n_spine, gathered.n_later, gathered.n_earlier) == (5, 1, 2)
    assert cells(gathered)["note"] == ["in a hurry", None]


@EVERY_ENGINE
def test_a_decision_without_a_time_is_kept_for_quarantine_and_knows_no_news(library):
    times = ["2020-01-05", None, "31.01.2020", "2020-03-01", "2020-03-08"]
    gathered = gather(library, calls=calls(called_at=times))
    found = cells(gathered)
    assert found["call_id"] == [1, 2, 3, 4, 5]
    assert found["called_at"] == times
    assert found["rate_pct"] == [None, None, None, 1.25, 1.0]
    assert found["note"] == ["friendly", None, None, None, None]
    assert found["age_years"] == CALLS_GATHERED["age_years"]
    assert found["bought"][1:3] == [None, None]
    assert len(cells(gather(library, after=datetime(2020, 3, 5), calls=calls(called_at=times)))["call_id"]) == 1


@EVERY_ENGINE
def test_a_case_without_time_takes_every_row_as_it_is(library):
    case = multiclass_case()
    beans = repaired_rows(case, 20)
    gathered = gather_rows(case, LATE, {"beans": frame_of(beans, library).to_native()})
    assert plain(gathered.rows.sort("bean_id")) == plain(frame_of(beans, library).sort("bean_id"))
    assert (gathered.n_spine, gathered.n_later, gathered.n_earlier) == (20, 0, 0)


@EVERY_ENGINE
def test_refuses_a_logical_date_before_the_first_decision(library):
    sentence = r"as_of 2020-01-04 is before the first decision \(2020-01-05 00:00:00\)\. Choose a later as_of or check"
    with pytest.raises(DataError, match=sentence):
        gather(library, date(2020, 1, 4))


@ENGINES
def test_event_times_may_be_written_in_the_form_of_their_column(library):
    case = binary_case({"columns.called_at.time_format": "day_first"})
    times = ["5/1/2020", "10.01.2020 12:00", "01-02-2020 00:00:00", "2020-03-01", "8/3/2020 00:00Z"]
    found = cells(gather(library, case=case, calls=calls(called_at=times)))
    known = {name: list(column) for name, column in CALLS_GATHERED.items()}
    known["rate_pct"][3] = None  # Nobody can read the time of this call.
    assert {name: found[name] for name in known} == known


@ENGINES
def test_refuses_times_nobody_can_read(library):
    with pytest.raises(DataError, match=r"as_of 2020-04-01 meets no readable event time\. .* check 'called_at'"):
        gather(library, calls=calls(called_at=["5.1.2020"] * 5))


@ENGINES
def test_refuses_a_source_without_rows(library):
    with pytest.raises(DataError, match=r"Source 'rates' has no rows"):
        gather(library, rates=call_sources()["rates"].iloc[:0])


def test_sources_of_one_folder_and_of_one_answer_meet():
    rates = call_sources()["rates"].to_dict("records")
    months = {str(month): call_sources()["calls"].iloc[month : month + 1] for month in range(5)}
    assert cells(gather_rows(CASE, LATE, {**call_sources(), "rates": rates, "calls": months})) == cells(
        gather("pandas")
    )


def test_gathering_changes_no_source():
    before = call_sources()
    given = call_sources()
    gather_rows(CASE, LATE, given)
    for name, table in before.items():
        pd.testing.assert_frame_equal(given[name], table)
