from datetime import datetime, timedelta

import narwhals.stable.v2 as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.tables.join import EVENT_TIME, join_source
from tests.cases import LIBRARIES, binary_case, frame_of, plain

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
# Polars cannot check the order within keys, and says so although the rows are sorted.
pytestmark = pytest.mark.filterwarnings("ignore:Sortedness of columns cannot be checked")
CASE = binary_case()
START = datetime(2020, 1, 1)


def decisions(library, *rows):
    """Decisions from (client, time)."""
    data = {"call_id": range(len(rows)), "client_id": [row[0] for row in rows], EVENT_TIME: [row[1] for row in rows]}
    return frame_of(data, library).with_columns(nw.col(EVENT_TIME).cast(nw.Datetime("us")))


def notes(library, *rows):
    """Notes from (client, time, text), or from (client, time, moment they are about, text)."""
    names = ("client_id", "written_at", "about", "note")[:3] if len(rows[0]) == 4 else ("client_id", "written_at")
    return frame_of({name: [row[i] for row in rows] for i, name in enumerate((*names, "note"))}, library)


def clients(library, *rows):
    """Clients from (client, age)."""
    data = {"client_id": [row[0] for row in rows], "age_years": [row[1] for row in rows]}
    return frame_of({**data, "sex": ["male"] * len(rows), "is_owner": ["yes"] * len(rows)}, library)


def rates(library, *rows):
    """Rates from (time, moment they are about, rate)."""
    names = ("published_on", "about", "rate_pct")
    return frame_of({name: [row[i] for row in rows] for i, name in enumerate(names)}, library)


def joined(rows, table, name, case=CASE):
    return plain(join_source(rows, table, case, name).sort("call_id"))


@EVERY_ENGINE
def test_the_newest_fact_that_was_known_is_joined(library):
    table = notes(library, (1, "2020-01-20", "second"), (1, "2020-01-10", "first"), (2, "2020-01-01", "other"))
    known = {
        "2020-01-09 23:59:59": None,
        "2020-01-10 00:00:00": "first",
        "2020-01-19 23:59:59": "first",
        "2020-01-20 00:00:00": "second",
        "2020-12-31 00:00:00": "second",
    }
    rows = decisions(library, *[(1, datetime.fromisoformat(time)) for time in known])
    assert dict(zip(known, joined(rows, table, "notes")["note"], strict=True)) == known


@EVERY_ENGINE
def test_a_gap_in_the_newest_fact_is_not_filled_from_an_older_one(library):
    table = notes(library, (1, "2020-01-10", "first"), (1, "2020-01-20", None), (2, "2020-01-20", "x"))
    assert joined(decisions(library, (1, datetime(2020, 2, 1))), table, "notes")["note"] == [None]


# Facts that were revised -------------------------------------------------------------------------------------------

REVISED = binary_case({"sources.rates.effective_since": "about", "sources.notes.effective_since": "about"})
# January's figure is first published in February, and mended in April, when that of February is known already.
PUBLISHED = (
    ("2020-04-15", "2020-01-01", 1.1),
    ("2020-02-15", "2020-01-01", 1.0),
    ("2020-03-15", "2020-02-01", 2.0),
    ("2020-05-15", "2020-02-01", 2.2),
)
KNOWN = {
    "2020-02-14 23:59:59": None,
    "2020-02-15 00:00:00": 1.0,
    "2020-03-14 00:00:00": 1.0,
    "2020-03-15 00:00:00": 2.0,
    "2020-04-20 00:00:00": 2.0,
    "2020-05-20 00:00:00": 2.2,
}


@EVERY_ENGINE
def test_a_late_revision_of_january_does_not_hide_february(library):
    rows = decisions(library, *[(1, datetime.fromisoformat(time)) for time in KNOWN])
    found = joined(rows, rates(library, *PUBLISHED), "rates", REVISED)["rate_pct"]
    assert dict(zip(KNOWN, found, strict=True)) == KNOWN


def test_without_the_moment_it_is_about_the_revision_would_hide_it():
    rows = decisions("pandas", *[(1, datetime.fromisoformat(time)) for time in KNOWN])
    assert joined(rows, rates("pandas", *PUBLISHED), "rates")["rate_pct"] == [None, 1.0, 1.0, 2.0, 1.1, 2.2]


@EVERY_ENGINE
def test_each_key_has_its_own_revisions(library):
    table = notes(
        library,
        (1, "2020-02-15", "2020-01-01", "january"),
        (1, "2020-03-15", "2020-02-01", "february"),
        (1, "2020-04-15", "2020-01-01", "january mended"),
        (2, "2020-04-15", "2020-01-01", "the other january"),
    )
    rows = decisions(library, (1, datetime(2020, 5, 1)), (2, datetime(2020, 5, 1)), (None, datetime(2020, 5, 1)))
    assert joined(rows, table, "notes", REVISED)["note"] == ["february", "the other january", None]


@EVERY_ENGINE
def test_of_facts_told_in_one_moment_that_of_the_latest_moment_counts(library):
    table = notes(
        library,
        (1, "2020-04-15", "2020-01-01", "january"),
        (1, "2020-04-15", "2020-03-01", "march"),
        (1, "2020-04-15", "2020-02-01", "february"),
        # Nobody could say which of these is true, and nobody has to.
        (1, "2020-04-15", "2020-02-01", "february, otherwise"),
        # Told twice, it is one fact.
        (1, "2020-04-15", "2020-03-01", "march"),
    )
    assert joined(decisions(library, (1, datetime(2020, 4, 15))), table, "notes", REVISED)["note"] == ["march"]


@EVERY_ENGINE
def test_a_fact_about_no_moment_is_about_nothing(library):
    table = notes(
        library, (1, "2020-02-15", "2020-01-01", "a"), (1, "2020-03-15", None, "b"), (1, "x", "2020-01-01", "c")
    )
    assert joined(decisions(library, (1, datetime(2020, 5, 1))), table, "notes", REVISED)["note"] == ["a"]


# The law -----------------------------------------------------------------------------------------------------------

MOMENTS = st.integers(0, 6)
CLIENTS = st.one_of(st.none(), st.integers(1, 3))


def facts(min_size=1):
    """Facts from (client, hours, hours they are about): one of a client, a moment and what it is about; some twice."""
    one = st.tuples(CLIENTS, MOMENTS, MOMENTS)
    told = st.lists(one, min_size=min_size, max_size=20, unique=True)
    return told.map(lambda told: [(1, 6, 0), *told, *told[::3]])


def asked(min_size=1):
    """Decisions from (client, hours)."""
    return st.lists(st.tuples(CLIENTS, st.one_of(st.none(), MOMENTS)), min_size=min_size, max_size=30)


def moment(hours):
    return None if hours is None else START + timedelta(hours=hours)


def naive_as_of(decision, told, *, is_revised, has_key):
    """What a reader of the file would have known: of the facts known then the newest; of revised ones, the newest
    version of what is about the latest moment."""
    client, hours = decision
    if hours is None or (has_key and client is None):
        return None
    known = [fact for fact in told if fact[1] <= hours and (not has_key or fact[0] == client)]
    newest = max(known, key=lambda fact: (fact[2], fact[1]) if is_revised else fact[1], default=None)
    return newest and f"{newest}"


def holds(library, wanted, told, *, is_revised, has_key):
    if not is_revised:
        # One version of a fact in each moment.
        told = list({(fact[0] if has_key else None, fact[1]): fact for fact in told}.values())
    if not has_key:
        told = list({fact[1:]: fact for fact in told}.values())
    expected = [naive_as_of(decision, told, is_revised=is_revised, has_key=has_key) for decision in wanted]
    note = {"sources.notes.effective_since": "about"} if is_revised else {}
    case = binary_case(note | ({} if has_key else {"sources.notes.join_on": []}))
    rows = decisions(library, *[(client, moment(hours)) for client, hours in wanted])
    table = [(fact[0], moment(fact[1]).isoformat(), moment(fact[2]).isoformat(), f"{fact}") for fact in told]
    found = joined(rows, notes(library, *table), "notes", case)
    assert found["call_id"] == list(range(len(wanted)))
    assert found["note"] == expected


FORMS = pytest.mark.parametrize(
    ("is_revised", "has_key"),
    [(False, True), (False, False), (True, True), (True, False)],
    ids=["by-key", "by-time", "revised-by-key", "revised-by-time"],
)


@FORMS
@ENGINES
@given(wanted=asked(), told=facts())
@settings(max_examples=10, deadline=None)
def test_every_decision_is_told_what_a_reader_of_the_file_would_have_known(library, is_revised, has_key, wanted, told):
    holds(library, wanted, told, is_revised=is_revised, has_key=has_key)


@FORMS
@pytest.mark.spark
@given(wanted=asked(min_size=30), told=facts(min_size=18))
@settings(max_examples=1, deadline=None)
def test_on_spark_too_every_decision_is_told_what_was_known(is_revised, has_key, wanted, told):
    holds("spark", wanted, told, is_revised=is_revised, has_key=has_key)


# Keys --------------------------------------------------------------------------------------------------------------


@EVERY_ENGINE
def test_a_fact_that_is_always_true_is_joined_by_its_key(library):
    rows = decisions(library, (2, START), (1, None), (9, START))
    found = joined(rows, clients(library, (1, 30.0), (2, 40.0)), "clients")
    assert found["age_years"] == [40.0, 30.0, None]
    assert not [name for name in found if name.startswith("_key")]


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("ids", "theirs"),
    [(["1", "2"], [1, 2]), ([1.0, None], [1, 2]), ([1, 2], ["1", "2"]), (["1", "2"], [1.0, 2.0])],
    ids=["words-and-numbers", "with-a-gap", "numbers-and-words", "words-and-decimals"],
)
def test_ids_of_different_types_meet(library, ids, theirs):
    rows = decisions(library, *[(one, START) for one in ids])
    expected = ["known" if one is not None else None for one in ids]
    told = clients(library, *[(one, "known") for one in theirs])
    assert joined(rows, told, "clients")["age_years"] == expected
    told = notes(library, *[(one, "2019-01-01", "known") for one in theirs])
    assert joined(rows, told, "notes")["note"] == expected


@EVERY_ENGINE
def test_a_source_may_lie_on_another_engine(library):
    for other in LIBRARIES:
        rows = join_source(decisions(library, (1, START)), clients(other, (1, 30.0)), CASE, "clients")
        told = notes(other, (1, "2019-01-01", "known"))
        found = joined(rows, told, "notes")
        assert (found["age_years"], found["note"]) == ([30.0], ["known"])


@EVERY_ENGINE
def test_a_row_told_twice_is_one_row(library):
    table = clients(library, (1, 30.0), (1, 30.0))
    assert joined(decisions(library, (1, START)), table, "clients")["age_years"] == [30.0]


@EVERY_ENGINE
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


@EVERY_ENGINE
def test_two_sources_may_call_their_times_alike(library):
    case = binary_case({"sources.rates.known_since": "written_at", "sources.clients.known_since": "written_at"})
    rows = decisions(library, (1, START))
    for name, table in {
        "notes": notes(library, (1, "2019-01-01", "known")),
        "clients": clients(library, (1, 30.0)).with_columns(nw.lit("2019-01-01").alias("written_at")),
        "rates": frame_of({"written_at": ["2019-01-01"], "rate_pct": [1.5]}, library),
    }.items():
        rows = join_source(rows, table, case, name)
    found = plain(rows)
    assert (found["note"], found["age_years"], found["rate_pct"]) == (["known"], [30.0], [1.5])


@EVERY_ENGINE
@pytest.mark.parametrize(
    "theirs", [["a", "", " b"], ["a", " ", "b\t"], ["a", None, "b"]], ids=["empty", "blank", "null"]
)
def test_an_empty_id_is_about_nobody_and_outer_space_is_no_part_of_one(library, theirs):
    rows = decisions(library, ("a", START), ("", START), (" ", START), (None, START), ("b ", START), ("c", START))
    table = clients(library, *zip(theirs, [30.0, 31.0, 32.0], strict=True))
    assert joined(rows, table, "clients")["age_years"] == [30.0, None, None, None, 32.0, None]
    facts = notes(library, *((client, "2019-01-01", f"about {client}") for client in theirs))
    found = joined(rows, facts, "notes")["note"]
    assert [note is not None for note in found] == [True, False, False, False, True, False]


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("day", "midnight"),
    [(["2020-01-05", "2020-01-06 10:00:00"], [datetime(2020, 1, 5), datetime(2020, 1, 6, 10)])],
)
def test_a_day_is_one_id_whether_a_reader_took_it_for_a_day_or_for_its_midnight(library, day, midnight):
    case = binary_case({"columns.day": {"type": "timestamp"}, "sources.clients.join_on": ["day"]})
    for mine, theirs in [(day, midnight), (midnight, day), (midnight, midnight)]:
        rows = decisions(library, (1, START), (2, START)).join(
            frame_of({"call_id": [0, 1], "day": mine}, library), on="call_id", how="left"
        )
        table = clients(library, (1, 30.0), (2, 40.0)).join(
            frame_of({"client_id": [1, 2], "day": theirs}, library), on="client_id", how="left"
        )
        assert joined(rows, table, "clients", case)["age_years"] == [30.0, 40.0]


# Refusals ----------------------------------------------------------------------------------------------------------

REFUSALS = {
    "two-ages": (
        "clients",
        lambda library: clients(library, (1, 30.0), (1, 31.0), (2, 40.0)),
        "Source 'clients' has 2 rows that contradict each other (first: client_id=1). Keep one row for each key",
    ),
    "two-notes-of-one-moment": (
        "notes",
        lambda library: notes(library, (1, "2020-01-01", "a"), (1, "2020-01-01 00:00:00", "b")),
        "Source 'notes' has 2 rows that contradict each other (first: client_id=1, written_at=2020-01-01 00:00:00)",
    ),
    "two-rates-of-one-day": (
        "rates",
        lambda library: rates(library, ("2020-01-01", None, 1.0), ("2020-01-01", None, 2.0)),
        "Source 'rates' has 2 rows that contradict each other (first: published_on=2020-01-01 00:00:00).",
    ),
    "another-zone-than-UTC": (
        "notes",
        lambda library: notes(library, (1, "2020-01-01T10:00:00+00:00", "a"), (1, " 2020-07-01T10:00:00+01:00", "b")),
        "Source 'notes' has times in another zone than UTC in 'written_at' (such as '2020-07-01T10:00:00+01:00').",
    ),
    "no-readable-time": (
        "notes",
        lambda library: notes(library, (1, "01/02/2020", "a"), (2, None, "b")),
        "Source 'notes' has no date or time in 'written_at' (first: '01/02/2020'). Write times as 2009-02-28",
    ),
}
REFUSALS |= {
    "no-id": (
        "clients",
        lambda library: clients(library, (None, 30.0), (None, 31.0)),
        "Source 'clients' has no row with a value in 'client_id'. Check the column it is joined on.",
    ),
    "no-id-of-a-fact": (
        "notes",
        lambda library: notes(library, (None, "2020-01-01", "a")),
        "Source 'notes' has no row with a value in 'client_id', 'written_at'. Check the column it is joined on.",
    ),
}
REVISED_REFUSALS = {
    "about-another-zone-than-UTC": (
        "rates",
        lambda library: rates(library, ("2020-02-01", "2020-01-01 00:00+0100", 1.0), ("2020-02-01", "2020-01-01", 2.0)),
        "Source 'rates' has times in another zone than UTC in 'about' (such as '2020-01-01 00:00+0100'). Write",
    ),
    "two-versions-of-one-moment": (
        "rates",
        lambda library: rates(library, ("2020-02-01", "2020-01-01", 1.0), ("2020-02-01", "2020-01-01", 2.0)),
        "Source 'rates' has 2 rows that contradict each other (first: published_on=2020-02-01 00:00:00).",
    ),
    "about-no-readable-time": (
        "rates",
        lambda library: rates(library, ("2020-02-01", "January", 1.0)),
        "Source 'rates' has no date or time in 'published_on' (first: '2020-02-01') or has no date or time in 'about' "
        "(first: 'January'). Write times as 2009-02-28",
    ),
}


@EVERY_ENGINE
@pytest.mark.parametrize(("name", "make", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_refuses_facts_that_cannot_be_true_together_or_placed_in_time(library, name, make, sentence):
    with pytest.raises(DataError) as refusal:
        join_source(decisions(library, (1, START)), make(library), CASE, name)
    assert sentence in str(refusal.value)


@ENGINES
@pytest.mark.parametrize(("name", "make", "sentence"), REVISED_REFUSALS.values(), ids=REVISED_REFUSALS)
def test_refuses_revisions_that_cannot_be_true_together_or_placed_in_time(library, name, make, sentence):
    with pytest.raises(DataError) as refusal:
        join_source(decisions(library, (1, START)), make(library), REVISED, name)
    assert sentence in str(refusal.value)
