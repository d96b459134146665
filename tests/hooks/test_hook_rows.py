"""Rows are counted where they are, and nothing is done to find out."""

from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.hooks.rows import count_rows, file_bytes, total

_COLUMNS = {"x": [1, 2, 3], "shape": [4, 5, 6]}


class _Untouchable:
    """A lazy table that counts what is asked of it."""

    asked: list[str] = []

    @property
    def columns(self) -> list[str]:
        self.asked.append("columns")
        return ["x"]

    def __len__(self) -> int:
        self.asked.append("len")
        return 3


def _never() -> pd.DataFrame:
    raise AssertionError("a partition was loaded to be counted")


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        pytest.param(pd.DataFrame(_COLUMNS), 3, id="pandas"),
        pytest.param(pd.DataFrame(), 0, id="empty"),
        pytest.param(pl.DataFrame(_COLUMNS), 3, id="polars"),
        pytest.param(pa.table(_COLUMNS), 3, id="pyarrow"),
        pytest.param(nw.from_native(pl.DataFrame(_COLUMNS)), 3, id="narwhals"),
        pytest.param({"a": pd.DataFrame(_COLUMNS), "b": pd.DataFrame(_COLUMNS)}, 6, id="partitions"),
        pytest.param({"a": pd.DataFrame(_COLUMNS), "b": _never}, 3, id="partitions, one not loaded"),
        pytest.param({"a": _never}, None, id="partitions, none loaded"),
        pytest.param({"verdict": "release"}, None, id="a mapping of something else"),
        pytest.param({}, None, id="an empty mapping"),
        pytest.param(dict.fromkeys(range(2_000), pd.DataFrame(_COLUMNS)), None, id="too many to look at"),
        pytest.param(pl.LazyFrame(_COLUMNS), None, id="lazy polars"),
        pytest.param(nw.from_native(pl.LazyFrame(_COLUMNS)), None, id="lazy narwhals"),
        pytest.param(pd.Series([1, 2]), None, id="a column"),
        pytest.param(np.zeros((3, 2)), None, id="an array"),
        pytest.param([1, 2], None, id="a list"),
        pytest.param("text", None, id="a text"),
        pytest.param(None, None, id="nothing"),
        pytest.param(pd.DataFrame, None, id="a class"),
    ],
)
def test_rows(value: Any, rows: int | None) -> None:
    assert count_rows(value) == rows


def test_a_lazy_table_is_not_asked_anything() -> None:
    assert count_rows(_Untouchable()) is None
    assert _Untouchable.asked == []


@given(sizes=st.lists(st.integers(0, 20), max_size=5))
def test_a_mapping_has_the_rows_of_its_tables(sizes: list[int]) -> None:
    tables = {str(number): pd.DataFrame({"x": range(size)}) for number, size in enumerate(sizes)}
    assert count_rows(tables) == (sum(sizes) if sizes else None)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([1, None, 2], 3), ([None], None), ([], None), ([0], 0)],
    ids=["some", "none", "no", "zero"],
)
def test_what_is_unknown_adds_nothing(counts: list[int | None], expected: int | None) -> None:
    assert total(counts) == expected


def test_a_file_has_its_size_and_nothing_else_has_one(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text("12345")
    assert file_bytes(str(tmp_path / "verdict.json")) == 5
    assert file_bytes(str(tmp_path)) is None
    assert file_bytes(str(tmp_path / "absent")) is None
    assert file_bytes("s3://bucket/verdict.json") is None
    assert file_bytes(None) is None
