from collections import Counter

import narwhals.stable.v2 as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.tables.duplicates import drop_duplicates
from evergreen.tables.repair import REASONS
from tests.cases import LIBRARIES, frame_of, multiclass_case, plain

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
CASE = multiclass_case()
TWO_KEYS = multiclass_case({"key": ["bean_id", "colour"]})


def beans(library, *rows):
    """Beans from (bean, area, colour); missing numbers stay numbers."""
    names = ("bean_id", "area_mm2", "colour")
    table = frame_of({name: [row[i] for row in rows] for i, name in enumerate(names)}, library)
    typed = table.with_columns(nw.col("area_mm2").cast(nw.Float64), nw.col("colour").cast(nw.String))
    return typed.with_columns(nw.lit(None).cast(nw.String).alias("variety"))


def told(table):
    columns = plain(table)
    rows = zip(columns["bean_id"], columns["area_mm2"], columns["colour"], strict=True)
    return sorted(rows, key=lambda row: [(cell is not None, cell) for cell in row])


@EVERY_ENGINE
def test_a_row_delivered_twice_is_kept_once(library):
    rows = beans(library, ("a", 1, "dark"), ("b", 2, "light"), ("a", 1, "dark"), ("a", 1, "dark"))
    done = drop_duplicates(rows, CASE)
    assert told(done.rows) == [("a", 1, "dark"), ("b", 2, "light")]
    assert (done.n_duplicates, done.n_conflicts, told(done.conflicts)) == (2, 0, [])


@EVERY_ENGINE
def test_rows_that_lack_the_same_cell_are_equal(library):
    done = drop_duplicates(beans(library, ("a", None, "dark"), ("a", None, "dark"), ("b", 1, None)), CASE)
    assert told(done.rows) == [("a", None, "dark"), ("b", 1, None)]
    assert done.n_duplicates == 1


@EVERY_ENGINE
def test_a_key_that_names_different_rows_is_set_aside_with_all_of_them(library):
    rows = beans(library, ("a", 1, "dark"), ("b", 2, "light"), ("a", None, "dark"), ("a", 1, "dark"))
    done = drop_duplicates(rows, CASE)
    assert told(done.rows) == [("b", 2, "light")]
    assert told(done.conflicts) == [("a", None, "dark"), ("a", 1, "dark")]
    assert plain(done.conflicts)[REASONS] == ["key bean_id is shared by different rows"] * 2
    assert (done.n_duplicates, done.n_conflicts) == (1, 2)


@EVERY_ENGINE
def test_a_key_of_two_columns_is_shared_only_where_both_are(library):
    rows = beans(library, ("a", 1, "dark"), ("a", 2, "light"), ("b", 3, "dark"), ("b", 4, "dark"))
    done = drop_duplicates(rows, TWO_KEYS)
    assert told(done.rows) == [("a", 1, "dark"), ("a", 2, "light")]
    assert plain(done.conflicts)[REASONS] == ["key bean_id, colour is shared by different rows"] * 2


@EVERY_ENGINE
def test_where_no_key_is_shared_every_row_is_kept(library):
    done = drop_duplicates(beans(library, ("a", 1, "dark"), ("b", 1, "dark")), CASE)
    assert told(done.rows) == [("a", 1, "dark"), ("b", 1, "dark")]
    assert (done.n_duplicates, done.n_conflicts, plain(done.conflicts)[REASONS]) == (0, 0, [])


BEANS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([None, 1.0, 2.0]), st.sampled_from([None, "dark", "light"])),
    min_size=1,
    max_size=15,
)


@ENGINES
@given(rows=BEANS, order=st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_every_row_is_kept_dropped_or_set_aside_in_whatever_order_it_comes(library, rows, order):
    done = drop_duplicates(beans(library, *rows), CASE)
    ambiguous = {bean for bean, n in Counter(bean for bean, _, _ in set(rows)).items() if n > 1}
    kept, conflicts = told(done.rows), told(done.conflicts)
    assert Counter(kept) == Counter({row for row in rows if row[0] not in ambiguous})
    assert Counter(conflicts) == Counter({row for row in rows if row[0] in ambiguous})
    assert len(kept) + len(conflicts) + done.n_duplicates == len(rows)
    assert done.n_conflicts == len(conflicts)
    turned = drop_duplicates(beans(library, *order.sample(rows, len(rows))), CASE)
    assert (told(turned.rows), turned.n_duplicates) == (kept, done.n_duplicates)
