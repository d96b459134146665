import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.readmit import readmit_rows
from evergreen.tables.repair import mark_rows
from evergreen.tables.settle import settle_rows
from tests.cases import LIBRARIES, column_case, frame_of, stored

NARROW = column_case({"age": {"type": "integer", "range": [18, 60]}, "job": {"type": "category"}})
WIDE = column_case({"age": {"type": "integer", "range": [18, 99]}, "job": {"type": "category"}})
ROWS = st.fixed_dictionaries(
    {
        "call_id": st.one_of(st.integers(1, 6).map(str), st.sampled_from(["x", None])),
        "client_id": st.just("1"),
        "called_at": st.just("2020-01-05"),
        "bought": st.sampled_from(["yes", "no", "maybe"]),
        "age": st.sampled_from(["20", "70", "120", " 30", ""]),
        "job": st.sampled_from(["nurse", " Clerk"]),
    }
)


def settle(raw: pd.DataFrame, problem):
    return settle_rows(mark_rows(as_frame(raw), problem), problem)


def table_of(rows: list[dict[str, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(NARROW.columns), dtype="str")


def ordered(frame) -> pd.DataFrame:
    table = as_pandas(frame)
    return table.sort_values(list(table.columns), ignore_index=True)


@settings(max_examples=15)
@given(st.lists(ROWS, min_size=1, max_size=12))
def test_what_a_mended_contract_readmits_is_what_a_whole_run_would_use(rows):
    raw = table_of(rows)
    before, whole = settle(raw, NARROW), settle(raw, WIDE)
    again = readmit_rows(as_frame(raw), before.rows, WIDE)
    keys = {row["call_id"] for row in ordered(before.rows).to_dict("records")}
    # A row whose key was in use before stays in use, whatever else now claims the key.
    untouched = [row for row in ordered(whole.rows).to_dict("records") if row["call_id"] not in keys]
    readmitted = [row for row in ordered(again.rows).to_dict("records") if row["call_id"] not in keys]
    assert readmitted == untouched
    assert again.n_rows == len(rows) == again.n_usable + again.n_duplicates + again.settled.n_quarantined


@pytest.mark.parametrize(
    ("was", "is_now", "ages"),
    [("70", "70", [20.0, 70.0]), ("200", "40", [20.0, 40.0]), ("200", "200", [20.0])],
    ids=["contract mended", "source mended", "nothing mended"],
)
def test_a_row_comes_back_when_contract_or_source_is_mended(was, is_now, ages):
    row = {"client_id": "1", "called_at": "2020-01-05", "bought": "yes", "job": "nurse"}
    before = settle(table_of([{**row, "call_id": "1", "age": "20"}, {**row, "call_id": "2", "age": was}]), NARROW)
    mended = table_of([{**row, "call_id": "1", "age": "20"}, {**row, "call_id": "2", "age": is_now}])
    again = readmit_rows(as_frame(mended), before.rows, WIDE)
    assert sorted(as_pandas(again.rows)["age"]) == ages
    assert len(as_pandas(again.settled.quarantine)) == 2 - len(ages)
    assert len(as_pandas(again.marked)) == 2


def test_a_source_that_lost_rows_in_use_is_refused():
    row = {"client_id": "1", "called_at": "2020-01-05", "bought": "yes", "job": "nurse", "age": "20"}
    before = settle(table_of([{**row, "call_id": "1"}, {**row, "call_id": "2"}]), NARROW)
    with pytest.raises(DataError, match=r"no longer holds 1 rows that are in use.*Run data_processing"):
        readmit_rows(as_frame(table_of([{**row, "call_id": "2"}])), before.rows, NARROW)


ROW = {"call_id": "1", "client_id": "1", "called_at": "2020-01-05", "bought": "yes", "job": "nurse", "age": "20"}
SHARED = "key call_id is shared by different rows"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("others", "reasons", "n_duplicates"),
    [
        pytest.param([], [], 0, id="alone"),
        pytest.param([{}, {"job": " NURSE"}], [], 2, id="copies"),
        pytest.param([{"age": "200"}, {"age": "200"}], ["age is above 99"] * 2, 0, id="unusable"),
        pytest.param([{"age": "70"}, {"age": "70"}], [SHARED], 1, id="usable now"),
        pytest.param([{"age": "x"}, {"age": "70"}, {}], ["age is no number", SHARED], 1, id="all of them"),
    ],
)
def test_other_rows_that_claim_a_key_in_use_stay_in_quarantine(library, others, reasons, n_duplicates):
    claim(library, others, reasons, n_duplicates)


@pytest.mark.spark
def test_on_spark_too_they_stay_in_quarantine():
    claim("spark", [{"age": "x"}, {"age": "70"}, {}], ["age is no number", SHARED], 1)


def claim(library, others, reasons, n_duplicates):
    raw = table_of([ROW, *[{**ROW, **other} for other in others]])
    before = settle(raw, NARROW)
    assert as_pandas(before.rows)["age"].tolist() == [20.0]
    again = readmit_rows(frame_of(raw, library), stored(frame_of(as_pandas(before.rows), library)), WIDE)
    assert as_pandas(again.rows)["age"].tolist() == [20.0]
    quarantine, marked = as_pandas(again.settled.quarantine), as_pandas(again.marked)
    assert sorted(quarantine["reasons"]) == sorted(reasons) == sorted(marked["reasons"].dropna())
    assert set(quarantine["call_id"]) <= {"1"}
    assert again.n_duplicates == n_duplicates
    assert again.n_rows == len(raw) == again.n_usable + n_duplicates + again.settled.n_quarantined


def test_a_row_in_use_that_the_contract_rewrote_is_known_by_being_alone():
    problem = column_case(
        {"age": {"type": "integer", "range": [18, 60]}, "job": {"type": "category", "sentinels": ["nurse"]}}
    )
    raw = table_of([ROW, {**ROW, "age": "200"}])
    again = readmit_rows(as_frame(raw), settle(raw, NARROW).rows, problem)
    assert as_pandas(again.rows)["job"].tolist() == ["nurse"]
    assert as_pandas(again.settled.quarantine)["reasons"].tolist() == ["age is above 60"]
    unclear = table_of([ROW, {**ROW, "age": "30"}])
    with pytest.raises(DataError, match=r"holds several rows for each of 1 keys in use.*Run data_processing"):
        readmit_rows(as_frame(unclear), settle(table_of([ROW]), NARROW).rows, problem)
