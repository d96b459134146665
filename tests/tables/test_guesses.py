from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.problem import Column
from evergreen.tables.guesses import refuse_guessed_forms, refuse_rounded_names, with_plain_words
from evergreen.tables.sources import read_source
from tests.cases import LIBRARIES, binary_case, frame_of, plain

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
TOO_LARGE = 2.0**53


def column(kind, **said):
    return Column.model_validate({"type": kind, "why": "For the test.", **said})


GERMAN = column("number", decimal=",")
GROUPED = column("number", thousands=".", decimal=",")
DAY_FIRST = column("timestamp", time_format="day_first")


@ENGINES
@pytest.mark.parametrize(
    ("said", "cells"),
    [
        (GERMAN, [1.5, None]),
        (GROUPED, [1.0, 1.234]),
        (column("number", thousands=".", decimal=","), [float("nan"), 2.0]),
        (DAY_FIRST, [datetime(2024, 3, 4), None]),
        (column("timestamp", time_format="month_first"), [datetime(2024, 3, 4), None]),
    ],
    ids=["decimal", "thousands", "whole", "day-first", "month-first"],
)
def test_refuses_what_a_reader_guessed_against_the_contract(library, said, cells):
    with pytest.raises(DataError, match=r"^T gives 'a' as numbers or times, but the contract says how .* read as text"):
        refuse_guessed_forms(frame_of({"a": cells, "b": [1, 2]}, library), {"a": said, "c": said}, "T")


@ENGINES
@pytest.mark.parametrize(
    ("said", "cells"),
    [
        (GERMAN, ["1,5", None]),
        (GERMAN, [1, 2]),
        (GROUPED, ["1.234", "5"]),
        (column("number", thousands=","), [1234.5, None]),
        (column("number", thousands="'"), [1234.5, None]),
        (column("number"), [1.5, None]),
        (DAY_FIRST, ["03/04/2024", None]),
        (column("timestamp"), [datetime(2024, 3, 4), None]),
        (GERMAN, [float("nan"), float("nan")]),
    ],
)
def test_what_the_contract_reads_itself_or_needs_not_passes(library, said, cells):
    refuse_guessed_forms(frame_of({"a": cells}, library), {"a": said}, "T")


@ENGINES
def test_refuses_names_of_things_that_may_have_lost_digits(library):
    frame = frame_of({"a": [1.0, None], "b": [TOO_LARGE, None]}, library)
    match = r"^T gives 'b' as floating point numbers whose last digits are lost \(such as 9007199254740992\)\. Have it"
    with pytest.raises(DataError, match=match):
        refuse_rounded_names(frame, ["a", "b"], "T")


@ENGINES
def test_names_that_are_exact_pass(library):
    cells = {"a": [TOO_LARGE - 1, float("inf")], "b": [2**53 + 1, 2], "c": ["9007199254740993", None]}
    refuse_rounded_names(frame_of(cells, library), ["a", "b", "c", "d"], "T")


def test_numbers_among_words_become_the_words_they_were():
    cells = [7.0, 7, "7", 7.5, "007", None, np.nan, True, float("inf"), 1e300]
    table = pd.DataFrame({"code": pd.Series(cells, dtype=object), "n": range(10), "gift": [True, None] * 5})
    found = with_plain_words(table)
    expected = ["7", "7", "7", "7.5", "007", None, None, "True", "inf", "1e+300"]
    assert [None if pd.isna(cell) else cell for cell in found["code"]] == expected
    assert found[["n", "gift"]].equals(table[["n", "gift"]])
    assert table["code"].tolist()[:2] == [7.0, 7]


def test_a_table_without_mixed_columns_is_handed_on():
    table = pd.DataFrame({"a": [1], "b": ["x"], "c": pd.Series([2**70], dtype=object)})
    assert with_plain_words(table) is table


def test_a_long_file_that_pandas_guesses_in_pieces_has_each_word_once(tmp_path):
    n_rows = 300_000
    lines = [f"{n % 7 or ''},2020-01-06" for n in range(n_rows)] + ["x,2020-02-01", "3,2020-02-02"]
    (tmp_path / "rates.csv").write_text("note,written_at\n" + "\n".join(lines))
    with pytest.warns(pd.errors.DtypeWarning):
        raw = pd.read_csv(tmp_path / "rates.csv")
    assert {type(cell) for cell in raw["note"].dropna()} == {float, str}
    read = plain(read_source(raw.assign(client_id=1), binary_case(), "notes"))
    assert set(read["note"]) == {None, "1", "2", "3", "4", "5", "6", "x"}


def test_records_of_mixed_types_have_each_word_once():
    records = [{"client_id": 1, "written_at": "2020-01-06", "note": note} for note in (7, 7.0, "7", None, "x")]
    assert plain(read_source(records, binary_case(), "notes"))["note"] == ["7", "7", "7", None, "x"]


def test_each_partition_is_held_to_the_contract_by_itself():
    case = binary_case({"columns.rate_pct.decimal": ","})
    parts = {
        "1": pd.DataFrame({"published_on": ["2020-01-06"], "rate_pct": ["1,5"]}),
        "2": pd.DataFrame({"published_on": ["2020-02-06"], "rate_pct": [1.5]}),
    }
    with pytest.raises(DataError, match=r"^Source 'rates', partition '2' gives 'rate_pct' as numbers"):
        read_source(parts, case, "rates")


@ENGINES
def test_whole_and_broken_partitions_may_not_round_an_id_away(library):
    parts = {
        "1": frame_of({"client_id": [2**53 + 1], "written_at": ["2020-01-06"], "note": ["a"]}, library).to_native(),
        "2": frame_of({"client_id": [1.0], "written_at": ["2020-01-06"], "note": ["a"]}, library).to_native(),
    }
    with pytest.raises(DataError, match="Source 'notes' gives 'client_id' as floating point numbers whose last digits"):
        read_source(parts, binary_case(), "notes")
