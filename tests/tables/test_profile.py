from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.problem import Kind, Problem
from evergreen.tables import profile
from evergreen.tables.profile import N_BINS, profile_table
from tests.cases import (
    LIBRARIES,
    Library,
    binary_case,
    column_case,
    frame_of,
    multiclass_case,
    regression_case,
    repaired_rows,
)

EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES[1:], pytest.param("spark", marks=pytest.mark.spark)])
CASES: dict[Kind, Any] = {"binary": binary_case, "multiclass": multiclass_case, "regression": regression_case}


@pytest.fixture
def by_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the engine count however few rows there are."""
    monkeypatch.setattr(profile, "_FEW_ROWS", -1)


def with_gaps(rows: pd.DataFrame, problem: Problem, *, seed: int = 0) -> pd.DataFrame:
    """The rows, a fifth of the cells of every column but the key missing."""
    rng = np.random.default_rng(seed)
    names = [name for name in rows if name not in problem.key]
    return rows.assign(**{name: rows[name].where(rng.random(len(rows)) > 0.2) for name in names})


def cells_of(profile: pd.DataFrame, column: str) -> dict[tuple[str, str], float]:
    own = profile[profile["column"] == column]
    return dict(zip(zip(own["what"], own["label"], strict=True), own["value"], strict=True))


def profile_of(cells: list[Any], kind: str, **contract: Any) -> dict[tuple[str, str], float]:
    problem = column_case({"cell": {"type": kind, **contract}, "size": {"type": "number"}})
    rows = repaired_rows(problem, len(cells)).assign(cell=pd.DataFrame({"cell": cells})["cell"])
    return cells_of(profile_table(rows, problem), "cell")


def test_numbers_have_extremes_quantiles_and_round_bins() -> None:
    found = profile_of([*range(1, 101), None], "number")
    assert found == {
        ("n_rows", ""): 101,
        ("n_missing", ""): 1,
        ("n_distinct", ""): 100,
        ("min", ""): 1,
        ("max", ""): 100,
        ("mean", ""): 50.5,
        ("sd", ""): pytest.approx(29.0115),
        ("quantile", "0.01"): pytest.approx(1.99),
        ("quantile", "0.25"): 25.75,
        ("quantile", "0.5"): 50.5,
        ("quantile", "0.75"): 75.25,
        ("quantile", "0.99"): pytest.approx(99.01),
        ("histogram", "up to 10"): 10,
        **{("histogram", f"{low} to {low + 10}"): 10 for low in range(10, 90, 10)},
        ("histogram", "over 90"): 10,
    }


def test_words_are_counted_the_commonest_first() -> None:
    found = profile_of(["b", "a", "b", None, "c", "a"], "category")
    assert list(found.items()) == [
        (("n_rows", ""), 6),
        (("n_missing", ""), 1),
        (("n_distinct", ""), 3),
        (("word", "a"), 2),
        (("word", "b"), 2),
        (("word", "c"), 1),
        (("other_words", ""), 0),
    ]


def test_times_have_days_and_bins_of_whole_days() -> None:
    found = profile_of(list(pd.date_range("2020-01-01 12:00", periods=48, freq="D")), "timestamp")
    assert found["min", "2020-01-01 12:00:00"] == 18262.5
    assert found["max", "2020-02-17 12:00:00"] == 18309.5
    bins = {label: n for (what, label), n in found.items() if what == "histogram"}
    assert list(bins)[:2] == ["up to 2020-01-05", "2020-01-05 to 2020-01-09"]
    assert set(bins.values()) == {4}


def test_prose_has_lengths_and_pictures_only_gaps() -> None:
    found = profile_of(["short", "a longer text", None, "short"], "text")
    assert {what: value for (what, _), value in found.items()} == {
        "n_rows": 4,
        "n_missing": 1,
        "n_distinct": 2,
        "length_min": 5,
        "length_mean": pytest.approx(23 / 3),
        "length_max": 13,
    }
    assert profile_of(["ff00", None, "ff00"], "image") == {("n_rows", ""): 3, ("n_missing", ""): 1}


@pytest.mark.usefixtures("by_queries")
@EVERY_ENGINE
@pytest.mark.parametrize("kind", CASES)
def test_every_engine_gives_the_same_profile(kind: Kind, library: Library) -> None:
    problem = CASES[kind]()
    rows = with_gaps(repaired_rows(problem, 500), problem)
    expected = profile_table(rows, problem)
    found = profile_table(frame_of(rows, library).to_native(), problem)
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-9)


@EVERY_ENGINE
def test_few_rows_are_counted_in_memory_with_the_same_figures(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = binary_case()
    rows = with_gaps(repaired_rows(problem, 500), problem)
    monkeypatch.setattr(profile, "LazyCounts", None)
    found = profile_table(frame_of(rows, library).to_native(), problem)
    pd.testing.assert_frame_equal(found, profile_table(rows, problem))
    monkeypatch.setattr(profile, "_FEW_ROWS", 499)
    with pytest.raises(TypeError, match="not callable"):
        profile_table(frame_of(rows, library).to_native(), problem)


@pytest.mark.usefixtures("by_queries")
@EVERY_ENGINE
@pytest.mark.parametrize("n_rows", [0, 1])
def test_hardly_any_rows_are_profiled_alike(n_rows: int, library: Library) -> None:
    problem = binary_case()
    rows = repaired_rows(problem, 5)
    expected = profile_table(rows.head(n_rows), problem)
    assert (expected.loc[expected["what"] == "n_rows", "value"] == n_rows).all()
    few = frame_of(rows, library).filter(nw.col("call_id") <= n_rows)
    pd.testing.assert_frame_equal(profile_table(few.to_native(), problem), expected)


@pytest.mark.usefixtures("by_queries")
@pytest.mark.parametrize("library", LIBRARIES)
def test_columns_beyond_one_query_are_profiled_too(library: Library) -> None:
    kinds = ["number", "integer", "category", "boolean", "text", "timestamp"]
    problem = column_case({f"c{i}": {"type": kinds[i % len(kinds)]} for i in range(60)})
    rows = with_gaps(repaired_rows(problem, 200), problem)
    found = profile_table(frame_of(rows, library).to_native(), problem)
    assert found["column"].unique().tolist() == list(problem.columns)
    pd.testing.assert_frame_equal(found, profile_table(rows, problem), check_exact=False, rtol=1e-9)


@pytest.mark.usefixtures("by_queries")
@pytest.mark.parametrize("library", LIBRARIES)
def test_ten_thousand_words_are_cut_to_the_commonest(library: Library) -> None:
    problem = column_case({"word": {"type": "category"}, "size": {"type": "number"}})
    words = [f"word {i:05d}" for i in range(10_000)] + [f"word {i:05d}" for i in range(3)]
    rows = repaired_rows(problem, len(words)).assign(word=pd.Series(words, dtype="str"))
    found = cells_of(profile_table(frame_of(rows, library).to_native(), problem), "word")
    assert found["n_distinct", ""] == 10_000
    counted = [(label, n) for (what, label), n in found.items() if what == "word"]
    assert counted == [(f"word {i:05d}", 2 if i < 3 else 1) for i in range(20)]
    assert found["other_words", ""] == 10_003 - 23


def test_the_key_has_no_words() -> None:
    problem = multiclass_case()
    found = profile_table(repaired_rows(problem, 30), problem)
    assert not found.loc[found["column"] == "bean_id", "what"].isin(["word", "other_words"]).any()


NUMBERS = st.lists(
    st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False), st.integers(-5, 5).map(float)), min_size=1, max_size=60
)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_figures_of_numbers_are_those_of_pandas(cells: list[float | None]) -> None:
    found, numbers = profile_of(cells, "number"), pd.Series(cells, dtype="float64")
    known = numbers.dropna()
    assert found["n_missing", ""] == numbers.isna().sum()
    assert found["n_distinct", ""] == known.nunique()
    expected = [known.min(), known.max(), known.mean(), known.std(), *known.quantile([0.01, 0.25, 0.5, 0.75, 0.99])]
    shown = [found["min", ""], found["max", ""], found["mean", ""], found["sd", ""]]
    shown += [found["quantile", share] for share in ("0.01", "0.25", "0.5", "0.75", "0.99")]
    np.testing.assert_allclose(shown, expected, rtol=1e-9, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(NUMBERS)
def test_bins_are_few_and_hold_every_known_cell_once(cells: list[float | None]) -> None:
    bins = {label: n for (what, label), n in profile_of(cells, "number").items() if what == "histogram"}
    known = np.array([cell for cell in cells if cell is not None])
    assert sum(bins.values()) == len(known)
    assert len(bins) <= N_BINS
    edges = [float(label.split(" to ")[0]) for label in bins if " to " in label.removeprefix("up to ")]
    for edge, label in zip(edges, list(bins)[1:], strict=False):
        upper = float(label.split(" to ")[1])
        assert bins[label] == ((known > edge) & (known <= upper)).sum()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    problem = binary_case()
    rows = with_gaps(repaired_rows(problem, 80), problem)
    shuffled = rows.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(profile_table(rows, problem), profile_table(shuffled, problem), rtol=1e-9)


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        pytest.param([None, None], [], id="no cell known"),
        pytest.param([3.0, 3.0], ["all"], id="constant"),
        pytest.param([0.0] * 500 + [1.0], ["up to 0", "over 0"], id="all but one alike"),
        pytest.param([1e300, -1e300], None, id="huge"),
        pytest.param([1.0, 1.0 + 1e-15], None, id="rounding"),
    ],
)
def test_odd_columns_have_sound_bins(cells: list[float | None], labels: list[str] | None) -> None:
    bins = {label: n for (what, label), n in profile_of(cells, "number").items() if what == "histogram"}
    assert labels is None or list(bins) == labels
    assert sum(bins.values()) == sum(cell is not None for cell in cells)


def test_whole_numbers_have_whole_bins() -> None:
    bins = [label for (what, label) in profile_of([0.0, 1.0, 2.0, 3.0] * 9, "integer") if what == "histogram"]
    assert bins == ["up to 0", "0 to 1", "1 to 2", "2 to 3", "over 3"]


def test_times_within_seconds_share_a_bin() -> None:
    moments = [datetime(2020, 1, 1, 0, 0, second) for second in range(5)]
    assert profile_of(moments, "timestamp")["histogram", "all"] == 5


def test_times_at_the_ends_of_the_calendar_have_bins_too() -> None:
    found = profile_of([datetime(1, 1, 1), datetime(2020, 1, 1), datetime(9999, 12, 31, 23, 59, 59)], "timestamp")
    assert sum(n for (what, _), n in found.items() if what == "histogram") == 3
