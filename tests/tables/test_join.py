from datetime import datetime, timedelta

import narwhals.stable.v2 as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.tables.join import EVENT_TIME, join_source
from tests.cases import LIBRARIES, binary_case, plain, table_of

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
# Polars cannot check the order within keys, and says so although the rows are sorted.
pytestmark = pytest.mark.filterwarnings("ignore:Sortedness of columns cannot be checked")
CASE = binary_case()
START = datetime(2020, 1, 1)


def decisions(library, *rows):
    """Decisions from (client, time)."""
    data = {"call_id": range(len(rows)), "client_id": [row[0] for row in rows]}
    table = table_of(data, library)
    times = nw.new_series(EVENT_TIME, [row[1] for row in rows], nw.Datetime("us"), backend=table.implementation)
    return table.with_columns(times)


def notes(library, *rows):
    """Notes from (client, time, text)."""
    names = ("client_id", "written_at", "note")
    return table_of({name: [row[i] for row in rows] for i, name in enumerate(names)}, library)


def clients(library, *rows):
    """Clients from (client, age)."""
    data = {"client_id": [row[0] for row in rows], "age_years": [row[1] for row in rows]}
    return table_of({**data, "sex": ["male"] * len(rows), "is_owner": ["yes"] * len(rows)}, library)


def joined(rows, table, name):
    found = join_source(rows, table, CASE, name).sort("call_id")
    return plain(found)


@ENGINES
@pytest.mark.parametrize(
    ("time", "note"),
    [
        ("2020-01-09 23:59:59", None),
        ("2020-01-10 00:00:00", "first"),
        ("2020-01-19 23:59:59", "first"),
        ("2020-01-20 00:00:00", "second"),
        ("2020-12-31 00:00:00", "second"),
    ],
    ids=["before", "the-same-moment", "before-the-revision", "at-the-revision", "long-after"],
)
def test_the_newest_fact_that_was_known_is_joined(library, time, note):
    table = notes(library, (1, "2020-01-20", "second"), (1, "2020-01-10", "first"), (2, "2020-01-01", "other"))
    assert joined(decisions(library, (1, datetime.fromisoformat(time))), table, "notes")["note"] == [note]


@ENGINES
def test_a_gap_in_the_newest_fact_is_not_filled_from_an_older_one(library):
    table = notes(library, (1, "2020-01-10", "first"), (1, "2020-01-20", None), (2, "2020-01-20", "x"))
    assert joined(decisions(library, (1, datetime(2020, 2, 1))), table, "notes")["note"] == [None]


MOMENTS = st.integers(0, 6)
CLIENTS = st.one_of(st.none(), st.integers(1, 3))


@ENGINES
@given(
    asked=st.lists(st.tuples(CLIENTS, st.one_of(st.none(), MOMENTS)), min_size=1, max_size=8),
    told=st.lists(st.tuples(CLIENTS, MOMENTS), min_size=1, max_size=8, unique=True),
)
@settings(max_examples=40, deadline=None)
def test_every_decision_is_told_what_a_reader_of_the_file_would_have_known(library, asked, told):
    def moment(hours):
        return START + timedelta(hours=hours)

    facts = [(client, hours, f"note {i}") for i, (client, hours) in enumerate(told)]
    expected = []
    for client, hours in asked:
        known = [] if hours is None else [fact for fact in facts if fact[0] == client and fact[1] <= hours]
        newest = max(known, key=lambda fact: fact[1], default=None)
        expected.append(newest[2] if newest and client is not None else None)
    rows = decisions(library, *[(client, None if hours is None else moment(hours)) for client, hours in asked])
    table = notes(library, *[(client, moment(hours).isoformat(), text) for client, hours, text in facts])
    found = joined(rows, table, "notes")
    assert found["call_id"] == list(range(len(asked)))
    assert found["note"] == expected


@ENGINES
def test_a_fact_that_is_always_true_is_joined_by_its_key(library):
    rows = decisions(library, (2, START), (1, None), (9, START))
    found = joined(rows, clients(library, (1, 30.0), (2, 40.0)), "clients")
    assert found["age_years"] == [40.0, 30.0, None]
    assert not [name for name in found if name.startswith("_key")]


@ENGINES
@pytest.mark.parametrize(
    ("ids", "theirs"),
    [(["1", "2"], [1, 2]), ([1.0, None], [1, 2]), ([1, 2], ["1", "2"]), (["1", "2"], [1.0, 2.0])],
    ids=["words-and-numbers", "with-a-gap", "numbers-and-words", "words-and-decimals"],
)
@pytest.mark.parametrize("name", ["clients", "notes"])
def test_ids_of_different_types_meet(library, ids, theirs, name):
    rows = decisions(library, *[(one, START) for one in ids])
    table = {
        "clients": lambda: clients(library, *[(one, "known") for one in theirs]),
        "notes": lambda: notes(library, *[(one, "2019-01-01", "known") for one in theirs]),
    }[name]()
    found = joined(rows, table, name)["age_years" if name == "clients" else "note"]
    assert found == ["known" if one is not None else None for one in ids]


@ENGINES
def test_a_row_told_twice_is_one_row(library):
    table = clients(library, (1, 30.0), (1, 30.0))
    assert joined(decisions(library, (1, START)), table, "clients")["age_years"] == [30.0]


@ENGINES
def test_facts_without_an_id_or_a_time_are_about_nobody(library):
    table = notes(
        library,
        (None, "2020-01-01", "a"),
        (None, "2020-01-01", "b"),
        (1, None, "c"),
        (1, "x", "d"),
        (2, "2020-01-01", "e"),
    )
    rows = decisions(library, (None, START), (1, START), (2, START))
    assert joined(rows, table, "notes")["note"] == [None, None, "e"]


@ENGINES
def test_two_sources_may_call_their_times_alike(library):
    case = binary_case({"sources.rates.known_since": "written_at", "sources.clients.known_since": "written_at"})
    rows = decisions(library, (1, START))
    for name, table in {
        "notes": notes(library, (1, "2019-01-01", "known")),
        "clients": clients(library, (1, 30.0)).with_columns(nw.lit("2019-01-01").alias("written_at")),
        "rates": table_of({"written_at": ["2019-01-01"], "rate_pct": [1.5]}, library),
    }.items():
        rows = join_source(rows, table, case, name)
    found = plain(rows)
    assert (found["note"], found["age_years"], found["rate_pct"]) == (["known"], [30.0], [1.5])


@ENGINES
@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        (
            "clients",
            lambda library: clients(library, (1, 30.0), (1, 31.0), (2, 40.0)),
            "Source 'clients' has 2 rows that contradict each other (first: client_id=1). Keep one row for each key",
        ),
        (
            "notes",
            lambda library: notes(library, (1, "2020-01-01", "a"), (1, "2020-01-01 00:00:00", "b")),
            "Source 'notes' has 2 rows that contradict each other (first: client_id=1, written_at=2020-01-01 00:00:00)",
        ),
        (
            "rates",
            lambda library: table_of({"published_on": ["2020-01-01"] * 2, "rate_pct": [1.0, 2.0]}, library),
            "Source 'rates' has 2 rows that contradict each other (first: published_on=2020-01-01 00:00:00).",
        ),
        (
            "notes",
            lambda library: notes(library, (1, "01/02/2020", "a"), (2, None, "b")),
            "Source 'notes' has no date or time in 'written_at' (first: '01/02/2020'). Write times as 2009-02-28",
        ),
    ],
    ids=["two-ages", "two-notes-of-one-moment", "two-rates-of-one-day", "no-readable-time"],
)
def test_refuses_facts_that_cannot_be_true_together_or_placed_in_time(library, name, make, sentence):
    with pytest.raises(DataError) as refusal:
        join_source(decisions(library, (1, START)), make(library), CASE, name)
    assert sentence in str(refusal.value)
