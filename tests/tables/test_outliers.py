import json

import narwhals.stable.v2 as nw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.tables.outliers import (
    NO_LIMITS,
    Fence,
    OutlierLimits,
    count_outliers,
    fit_outlier_limits,
    hold_inside,
    limit_outliers,
)
from evergreen.tables.repair import mark_rows, usable_rows
from tests.cases import LIBRARIES, column_case, frame_of, plain

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
CASE = column_case(
    {
        "income": {"type": "number", "outlier_fences": 1.5},
        "n_calls": {"type": "integer", "outlier_fences": 3, "when_outlier": "blank"},
        "balance": {"type": "number"},
    }
)


def rows(**cells):
    """Repaired rows with these cells; the others are there and say nothing."""
    n_rows = len(next(iter(cells.values())))
    empty = {"income": [0.0] * n_rows, "n_calls": [0.0] * n_rows, "balance": [0.0] * n_rows}
    return {"call_id": list(range(n_rows)), **empty, **cells}


@EVERY_ENGINE
def test_fences_stand_so_many_interquartile_ranges_beyond_the_quartiles(library):
    table = rows(income=[5.0, 1.0, None, 3.0, 2.0, 4.0], n_calls=[5.0, 1.0, None, None, 3.0, 2.0])
    limits = fit_outlier_limits(frame_of(table, library), CASE)
    assert limits.root == {
        # Quartiles 2 and 4.
        "income": Fence(low=-1, high=7, when_outlier="clip"),
        # Quartiles 1.75 and 3.5, so -3.5 and 8.75: whole numbers have whole fences.
        "n_calls": Fence(low=-3, high=8, when_outlier="blank"),
    }


@pytest.mark.parametrize(
    ("numbers", "fences", "low", "high"),
    [
        # Quartiles 1.25 and 1.75: fences at 1.2 and 1.8 hold no whole number.
        pytest.param([1, 2], 0.1, 1, 2, id="no-whole-number-between"),
        # Quartiles 0.75 and 1: the fence at 0.375, rounded inwards, would make every 0 a 1.
        pytest.param([0, 1, 1, 1], 1.5, 0, 1, id="a-quarter-cut-off"),
        pytest.param([0, 0, 0, 1], 1.5, 0, 1, id="the-upper-quarter-cut-off"),
    ],
)
def test_fences_of_whole_numbers_leave_the_middle_half_alone(numbers, fences, low, high):
    case = column_case({"n": {"type": "integer", "outlier_fences": fences}, "x": {"type": "number"}})
    table = frame_of({"n": [float(n) for n in numbers]}, "pandas")
    limits = fit_outlier_limits(table, case)
    assert limits.root == {"n": Fence(low=low, high=high, when_outlier="clip")}
    assert count_outliers(table, limits) == {}


@given(
    numbers=st.lists(st.one_of(st.none(), st.integers(-20, 20)), min_size=1, max_size=12),
    fences=st.floats(0.001, 4),
)
@settings(max_examples=100, deadline=None)
def test_fences_of_whole_numbers_are_whole_and_hold_the_quartiles(numbers, fences):
    case = column_case({"n": {"type": "integer", "outlier_fences": fences}, "x": {"type": "number"}})
    cells = [np.nan if n is None else float(n) for n in numbers]
    for fence in fit_outlier_limits(frame_of({"n": cells}, "pandas"), case).root.values():
        low, high = np.nanpercentile(cells, [25, 75])
        assert fence.low <= low <= high <= fence.high
        assert fence.low.is_integer()
        assert fence.high.is_integer()


@EVERY_ENGINE
def test_a_column_of_equal_quartiles_or_without_values_has_no_fences(library):
    table = frame_of(rows(income=[1.0, 1.0, 1.0, 1.0, 900.0], n_calls=[None] * 5), library)
    typed = table.with_columns(nw.col("n_calls").cast(nw.Float64))
    assert fit_outlier_limits(typed, CASE) == NO_LIMITS


def test_a_case_without_fences_asks_no_engine():
    assert fit_outlier_limits(None, column_case({"balance": {"type": "number"}})) == NO_LIMITS
    assert count_outliers(None, NO_LIMITS) == {}


@ENGINES
@given(numbers=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)
def test_quartiles_are_those_of_numpy_whatever_the_engine(library, numbers):
    limits = fit_outlier_limits(frame_of(rows(income=numbers), library), CASE).root
    low, high = np.percentile(numbers, [25, 75])
    if "income" not in limits:
        assert high - low == pytest.approx(0, abs=1e-9)
    else:
        reach = 1.5 * (high - low)
        # What engines may differ by: they interpolate with other roundings.
        assert (limits["income"].low, limits["income"].high) == pytest.approx((low - reach, high + reach), rel=1e-9)


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("when_outlier", "held"),
    [("clip", [-1.0, -1.0, 0.0, 7.0, 7.0, None]), ("blank", [None, -1.0, 0.0, 7.0, None, None])],
)
def test_a_number_beyond_its_fence_is_pulled_back_or_blanked(library, when_outlier, held):
    fence = Fence(low=-1, high=7, when_outlier=when_outlier)
    table = frame_of({"n": range(6), "x": [-1.5, -1.0, 0.0, 7.0, 1e9, None]}, library)
    assert plain(table.with_columns(hold_inside(nw.col("x"), fence).alias("x")).sort("n"))["x"] == held


LIMITS = OutlierLimits(
    {
        "income": Fence(low=0.5, high=7, when_outlier="clip"),
        "n_calls": Fence(low=1, high=3, when_outlier="blank"),
    }
)
SPREAD = rows(income=[0.0, 0.5, 7.0, 7.5, None], n_calls=[0.0, 1.0, 3.0, None, 4.0], balance=[1e9] * 5)


@EVERY_ENGINE
def test_cells_beyond_their_fence_are_counted_and_held_in(library):
    table = frame_of(SPREAD, library)
    assert count_outliers(table, LIMITS) == {"income": 2, "n_calls": 2}
    held = limit_outliers(table, LIMITS)
    found = plain(held.sort("call_id"))
    assert found == SPREAD | {"income": [0.5, 0.5, 7.0, 7.0, None], "n_calls": [None, 1.0, 3.0, None, None]}
    assert count_outliers(held, LIMITS) == {}
    assert plain(limit_outliers(held, LIMITS).sort("call_id")) == found


@ENGINES
def test_where_nothing_lies_beyond_nothing_is_counted(library):
    assert count_outliers(frame_of(rows(income=[1.0, None], n_calls=[2.0, None]), library), LIMITS) == {}
    assert count_outliers(frame_of(SPREAD, library).head(0), LIMITS) == {}


@EVERY_ENGINE
def test_rows_held_in_afterwards_are_those_repaired_with_their_fences(library):
    raw = SPREAD | {"client_id": [1] * 5, "called_at": ["2020-01-01"] * 5, "bought": ["no"] * 5}
    table = frame_of(raw, library)
    repaired = usable_rows(mark_rows(table, CASE), CASE)
    with_fences = usable_rows(mark_rows(table, CASE, LIMITS), CASE)
    assert plain(limit_outliers(repaired, LIMITS).sort("call_id")) == plain(with_fences.sort("call_id"))


def test_fences_are_a_document_that_is_read_back():
    assert OutlierLimits.model_validate(json.loads(json.dumps(LIMITS.model_dump(mode="json")))) == LIMITS
    assert OutlierLimits.model_validate({}) == NO_LIMITS


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"income": {"low": 0, "high": 1}}, "when_outlier"),
        (
            {"income": {"low": 2, "high": 1, "when_outlier": "clip"}},
            "a fence lies from 2 to 1, so that every value is beyond it. Learn it again: run data_processing.",
        ),
        ({"income": {"low": 0, "high": 1, "when_outlier": "drop"}}, "clip"),
        ({"income": {"low": 0, "high": 1, "when_outlier": "clip", "mean": 3}}, "Unknown key 'mean' in Fence"),
        ({"income": {"low": "-inf", "high": 1, "when_outlier": "clip"}}, "finite"),
    ],
    ids=["no-way", "low-above-high", "unknown-way", "unknown-key", "no-end"],
)
def test_refuses_a_document_that_is_no_fence(document, sentence):
    with pytest.raises(ValidationError, match=sentence):
        OutlierLimits.model_validate(document)
