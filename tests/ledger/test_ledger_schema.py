"""What the ledger holds is what its records and its page say."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.ledger.schema import DDL, MAX_ERROR_CHARS, RunRecord, StepRecord, error_text

_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "ledger.md"
_TABLES = [("runs", RunRecord), ("steps", StepRecord)]


@pytest.mark.parametrize(("table", "record"), _TABLES)
def test_the_table_has_the_fields_of_its_record_in_order(table: str, record: Any) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(DDL)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.close()
    assert columns == list(record.__dataclass_fields__)


@pytest.mark.parametrize(("table", "record"), _TABLES)
def test_the_page_explains_every_column(table: str, record: Any) -> None:
    part = _PAGE.read_text().split(f"## Table `{table}`")[1].split("\n## ")[0]
    assert [name for name in record.__dataclass_fields__ if f"| `{name}` |" not in part] == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(KeyError("age"), "KeyError: 'age'", id="kind and message"),
        pytest.param(ValueError("two\n  lines"), "ValueError: two lines", id="on one line"),
        pytest.param(MemoryError(), "MemoryError", id="without message"),
    ],
)
def test_an_error_is_told_in_one_line(error: Exception, text: str) -> None:
    assert error_text(error) == text


@given(message=st.text(max_size=2 * MAX_ERROR_CHARS))
def test_an_error_is_never_longer_than_the_bound(message: str) -> None:
    text = error_text(ValueError(message))
    assert len(text) <= MAX_ERROR_CHARS
    assert len(text.splitlines()) == 1
