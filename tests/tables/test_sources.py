from datetime import datetime

import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.tables.sources import contract_names, read_source
from tests.cases import LIBRARIES, binary_case, call_sources, frame_of, plain

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
CASE = binary_case()
RATES = {"published_on": ["2020-01-06", "2020-02-01"], "rate_pct": [1.5, 1.25]}


def read(raw, name="rates", case=CASE):
    return plain(read_source(raw, case, name))


@ENGINES
def test_a_table_gets_the_names_of_the_contract_and_keeps_what_it_is_joined_by(library):
    clients = frame_of(call_sources()["clients"].assign(hobby="chess"), library).to_native()
    assert read(clients, "clients") == {
        "age_years": [30.0, 40.0, 50.0],
        "sex": ["female", "male", "female"],
        "is_owner": ["yes", "no", "y"],
        "client_id": [10, 11, 12],
    }


@EVERY_ENGINE
def test_a_raw_name_may_hold_points(library):
    case = binary_case({"columns.rate_pct.raw_name": "rate.in.pct"})
    rates = {"published_on": RATES["published_on"], "rate.in.pct": RATES["rate_pct"]}
    table = frame_of(rates, library).to_native()
    assert read(table, case=case) == read(frame_of(RATES, library).to_native())
    parts = {"1": table, "2": frame_of(rates | {"rate.in.pct": ["1", "n/a"]}, library).to_native()}
    assert sorted(read(parts, case=case)["rate_pct"]) == ["1", "1.25", "1.5", "n/a"]


def test_a_column_may_be_joined_by_and_kept():
    case = binary_case({"columns.written_at": {"type": "timestamp", "source": "notes"}})
    assert list(read(call_sources()["notes"], "notes", case)) == ["note", "written_at", "client_id"]


def test_it_tells_which_columns_come_from_a_source():
    assert contract_names(CASE, "clients") == {"age_years": "age", "sex": "sex", "is_owner": "is_owner"}
    assert list(contract_names(CASE, "calls"))[:2] == ["call_id", "client_id"]


def test_a_lazy_table_is_collected():
    assert read(frame_of(RATES, "polars").to_native())["rate_pct"] == [1.5, 1.25]


@ENGINES
def test_partitions_are_stacked_in_the_order_of_their_names(library):
    parts = {
        name: frame_of({"published_on": [day], "rate_pct": [rate]}, library).to_native()
        for name, day, rate in [("2020-02", "2020-02-01", 1.25), ("2020-01", "2020-01-06", 1.5)]
    }
    assert read(parts) == {"rate_pct": [1.5, 1.25], "published_on": ["2020-01-06", "2020-02-01"]}
    assert read({name: (lambda part=part: part) for name, part in parts.items()}) == read(parts)


@ENGINES
@pytest.mark.parametrize(
    ("first", "second", "stacked"),
    [
        ([1, 2], [3.5, None], [1.0, 2.0, 3.5, None]),
        ([1.0, None], ["n/a", "2"], ["1", None, "n/a", "2"]),
        (["a", "b"], [None, None], ["a", "b", None, None]),
        ([], ["a", "b"], ["a", "b"]),
        ([], [1.5, 2.0], [1.5, 2.0]),
    ],
    ids=["whole-and-not", "numbers-and-words", "words-and-nothing", "empty-and-words", "empty-and-numbers"],
)
def test_partitions_whose_types_differ_agree_on_one(library, first, second, stacked):
    def part(cells):
        return frame_of({"published_on": ["2020-01-06"] * len(cells), "rate_pct": cells}, library).to_native()

    assert read({"1": part(first), "2": part(second)})["rate_pct"] == stacked


@ENGINES
def test_partitions_may_have_their_columns_in_any_order(library):
    table = frame_of(RATES, library)
    parts = {"1": table.to_native(), "2": table.select("rate_pct", "published_on").to_native()}
    assert read(parts)["rate_pct"] == [1.5, 1.25, 1.5, 1.25]


def test_json_records_become_a_table():
    records = [{"published_on": "2020-01-06", "rate_pct": 1.5, "by": "bank"}, {"published_on": "2020-02-01"}]
    assert read(records) == {"rate_pct": [1.5, None], "published_on": ["2020-01-06", "2020-02-01"]}
    case = binary_case({"sources.rates.records": "data"})
    assert read({"data": records, "page": 1}, case=case) == read(records)


@ENGINES
def test_columns_may_be_made_of_the_row_order(library):
    derive = [{"column": "call_id", "kind": "row_number"}]
    case = binary_case({"sources.calls.derive": derive})
    calls = frame_of(call_sources()["calls"].drop(columns="call_id"), library)
    found = read_source(calls.to_native(), case, "calls")
    assert found.implementation == calls.implementation
    assert plain(found.sort("client_id", "called_at"))["call_id"] == [1, 3, 2, 4, 5]


@EVERY_ENGINE
def test_times_with_a_zone_are_taken_in_utc(library):
    published = pd.to_datetime(RATES["published_on"]).tz_localize("Europe/Berlin").as_unit("us")
    parts = {str(n): frame_of({"published_on": [time], "rate_pct": [1.5]}, library) for n, time in enumerate(published)}
    native = {name: part.to_native() for name, part in parts.items()}
    expected = [datetime(2020, 1, 5, 23), datetime(2020, 1, 31, 23)]
    assert sorted(read(native)["published_on"]) == expected


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (pd.DataFrame(RATES).iloc[:0], "Source 'rates' has no rows. Check the file or the query behind it."),
        ([], "Source 'rates' has no rows."),
        ({}, "Source 'rates' has no partitions. Check the folder behind it."),
        (
            pd.DataFrame({"published_on": ["2020-01-06"], "rate": [1.5]}),
            "Source 'rates' lacks 'rate_pct' (it has 'published_on', 'rate'). Mend the source",
        ),
        (pd.DataFrame({"rate_pct": [1.5]}), "Source 'rates' lacks 'published_on' (it has 'rate_pct')."),
        (7, "Source 'rates' is of type int, not a table. Give a table, partitions or JSON records."),
        ("rates.csv", "Source 'rates' is of type str, not a table."),
        ([1, 2], "Source 'rates' is of type list, not a table."),
        ({"2020-01": 7}, "Source 'rates', partition '2020-01' is of type int, not a table."),
        ({"2020-01": lambda: [{"rate_pct": 1}]}, "Source 'rates', partition '2020-01' is of type list, not a table."),
        (
            {"2020-01": pd.DataFrame(RATES), "2020-02": pd.DataFrame(RATES).rename(columns={"rate_pct": "rate"})},
            "Source 'rates', partition '2020-02' differs in 'rate', 'rate_pct'. Give all partitions the same columns.",
        ),
    ],
    ids=[
        "no-rows",
        "no-records",
        "no-partitions",
        "no-column",
        "no-time",
        "number",
        "path",
        "list",
        "partition-is-a-number",
        "partition-is-a-list",
        "partitions-differ",
    ],
)
def test_refuses_what_is_no_frame_of_the_contract(raw, sentence):
    with pytest.raises(DataError) as refusal:
        read(raw)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"page": 1}, "Source 'rates' has no key 'data' (found 'page'). Mend 'records'."),
        ([{"rate_pct": 1}], "Source 'rates' has no key 'data' (found list). Mend 'records'."),
        ({"data": []}, "Source 'rates' has no rows."),
        ({"data": "none"}, "Source 'rates' is of type str, not a table."),
    ],
    ids=["other-key", "no-mapping", "no-records", "words"],
)
def test_refuses_an_answer_without_its_records(raw, sentence):
    with pytest.raises(DataError) as refusal:
        read(raw, case=binary_case({"sources.rates.records": "data"}))
    assert sentence in str(refusal.value)


def test_what_a_column_lacks_is_named_once_and_not_at_length():
    wide = pd.DataFrame({f"c{n}": [1] for n in range(100)})
    with pytest.raises(DataError, match="and 95 more") as refusal:
        read(wide, "notes")
    assert len(str(refusal.value)) < 300
