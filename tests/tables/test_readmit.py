import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.readmit import readmit_rows
from evergreen.tables.repair import mark_rows
from evergreen.tables.settle import settle_rows
from tests.cases import column_case

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


@settings(max_examples=25)
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
