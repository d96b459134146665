from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.reporting.cells import counted, format_values, heading, shorten_cuts, tabulate
from evergreen.reporting.sections import Table


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("n_rows", "Rows"),
        ("is_drifted", "Drifted"),
        ("roc_auc", "ROC AUC"),
        ("r2", "R²"),
        ("what it does", "What it does"),
        ("EURIBOR", "EURIBOR"),
        ("", ""),
    ],
)
def test_names_become_headings(name: str, words: str) -> None:
    assert heading(name) == words


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("width: up to 0.00167253512", "width: up to 0.001673"),
        ("width: over -0.12345678 to 0.5 and colour: red", "width: over -0.1235 to 0.5 and colour: red"),
        ("area: over 37429 to 46048.77", "area: over 37429 to 46049"),
        ("share: over 0.99991234 to 0.99994321", "share: over 0.99991 to 0.99994"),
        ("share: over 0.5 to 0.5", "share: over 0.5 to 0.5"),
        ("size: over 1.5e-07", "size: over 1.5e-07"),
        ("since: over 2008-05-31 10:00:00 to 2009-01-31", "since: over 2008-05-31 10:00:00 to 2009-01-31"),
        ("word: over 1.23456 pounds", "word: over 1.23456 pounds"),
        ("word: version 1.23456", "word: version 1.23456"),
    ],
)
def test_cuts_in_names_of_slices_are_rounded(name: str, short: str) -> None:
    assert shorten_cuts(name) == short


@pytest.mark.parametrize(
    ("values", "spec", "shown"),
    [
        pytest.param([1200, 7], None, ["1,200", "7"], id="whole"),
        pytest.param([1234.56, 0.2], None, ["1,235", "0"], id="thousands need no decimals"),
        pytest.param([7.841, -0.5], None, ["7.84", "-0.50"], id="same decimals down the column"),
        pytest.param([0.0182, 0.0251], None, ["0.0182", "0.0251"], id="small"),
        pytest.param([0.0182, 2.5], "each", ["0.0182", "2.50"], id="each its own"),
        pytest.param([None, float("nan"), 2.0], None, ["not defined", "not defined", "2"], id="undefined"),
        pytest.param([float("inf"), 0.5], None, ["inf", "0.500"], id="infinite"),
        pytest.param([-0.04, -0.0004], None, ["-0.0400", "-0.0004"], id="below zero"),
        pytest.param([-0.04, -0.00004], None, ["-0.0400", "0.0000"], id="no zero has a sign"),
        pytest.param([0.00002, 0.04], "p", ["< 0.001", "0.040"], id="p-values"),
        pytest.param([0.1234], ".1%", ["12.3%"], id="percent"),
        pytest.param([], None, [], id="none"),
    ],
)
def test_numbers_are_written_for_reading(values: list[Any], spec: str | None, shown: list[str]) -> None:
    assert format_values(values, spec) == shown


@pytest.mark.parametrize(("number", "text"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days")])
def test_things_are_counted(number: int, text: str) -> None:
    assert counted(number, "day") == text


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_three_figures_of_the_largest_number_survive(values: list[float]) -> None:
    largest = max(values, key=abs)
    shown = float(format_values(values)[values.index(largest)].replace(",", ""))
    assert shown == pytest.approx(largest, rel=5e-3, abs=5e-5)


def test_a_frame_becomes_cells_with_kinds_and_tones() -> None:
    frame = pd.DataFrame(
        {
            "column": ["age", None],
            "n_rows": [1200, 7],
            "missing_share": [0.25, 0.0],
            "p_value_adjusted": [0.0001, 0.5],
            "is_drifted": [True, False],
            "seen_at": pd.to_datetime(["2010-06-30 00:00", "2010-07-01 12:30"]),
        }
    )
    shown = tabulate(Table("A caption", frame, tones={"is_drifted": {"yes": "bad"}}))

    assert [cell.text for cell in shown.head] == ["Column", "Rows", "Missing share", "P value adjusted", "Drifted", "Seen at"]  # fmt: skip  # noqa: E501
    assert [cell.is_number for cell in shown.head] == [False, True, True, True, False, False]
    assert [cell.text for cell in shown.rows[0]] == ["age", "1,200", "25.0%", "< 0.001", "yes", "2010-06-30"]
    assert [cell.text for cell in shown.rows[1]] == ["not defined", "7", "0.0%", "0.500", "no", "2010-07-01 12:30:00"]
    assert [cell.tone for cell in shown.rows[0]] == [None, None, None, None, "bad", None]


def test_a_frame_without_rows_keeps_its_headings() -> None:
    shown = tabulate(Table("Empty", pd.DataFrame(columns=["rule", "n_cells"])))
    assert [cell.text for cell in shown.head] == ["Rule", "Cells"]
    assert shown.rows == ()


def test_a_misspelt_format_is_refused() -> None:
    with pytest.raises(DataError, match=r"Table 'Money' formats 'valeu', which it lacks\. It has 'value'\."):
        tabulate(Table("Money", pd.DataFrame({"value": [1]}), formats={"valeu": ".1f"}))
