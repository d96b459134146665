from collections import Counter

import narwhals.stable.v2 as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.tables.duplicates import drop_duplicates
from evergreen.tables.repair import REASONS, repair_rows
from tests.cases import LIBRARIES, binary_case, multiclass_case, plain, repaired_rows, table_of

ENGINES = pytest.mark.parametrize("library", LIBRARIES)
CASE = multiclass_case()
TWO_KEYS = multiclass_case({"key": ["bean_id", "colour"]})


def beans(library, *rows):
    """Beans from (bean, area, colour); missing numbers stay numbers."""
    names = ("bean_id", "area_mm2", "colour")
    table = table_of({name: [row[i] for row in rows] for i, name in enumerate(names)}, library)
    variety = nw.lit(None).cast(nw.String).alias("variety")
    return table.with_columns(nw.col("area_mm2").cast(nw.Float64), variety)


def told(table):
    columns = plain(table)
    return list(zip(columns["bean_id"], columns["area_mm2"], columns["colour"], strict=True))


@ENGINES
def test_a_row_delivered_twice_is_kept_once(library):
    rows = beans(library, ("a", 1, "dark"), ("b", 2, "light"), ("a", 1, "dark"), ("a", 1, "dark"))
    done = drop_duplicates(rows, CASE)
    assert told(done.rows) == [("a", 1, "dark"), ("b", 2, "light")]
    assert (done.n_duplicates, len(done.conflicts)) == (2, 0)


@ENGINES
def test_rows_that_lack_the_same_cell_are_equal(library):
    done = drop_duplicates(beans(library, ("a", None, "dark"), ("a", None, "dark"), ("b", 1, None)), CASE)
    assert (len(done.rows), done.n_duplicates) == (2, 1)


@ENGINES
def test_a_key_that_names_different_rows_is_set_aside_with_all_of_them(library):
    rows = beans(library, ("a", 1, "dark"), ("b", 2, "light"), ("a", None, "dark"), ("a", 1, "dark"))
    done = drop_duplicates(rows, CASE)
    assert told(done.rows) == [("b", 2, "light")]
    assert told(done.conflicts) == [("a", 1, "dark"), ("a", None, "dark")]
    assert plain(done.conflicts)[REASONS] == ["key bean_id is shared by different rows"] * 2
    assert done.n_duplicates == 1


@ENGINES
def test_a_key_of_two_columns_is_shared_only_where_both_are(library):
    rows = beans(library, ("a", 1, "dark"), ("a", 2, "light"), ("b", 3, "dark"), ("b", 4, "dark"))
    done = drop_duplicates(rows, TWO_KEYS)
    assert told(done.rows) == [("a", 1, "dark"), ("a", 2, "light")]
    assert plain(done.conflicts)[REASONS] == ["key bean_id, colour is shared by different rows"] * 2


BEANS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([None, 1.0, 2.0]), st.sampled_from([None, "dark", "light"])),
    min_size=1,
    max_size=15,
)


@ENGINES
@given(rows=BEANS, order=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_every_row_is_kept_dropped_or_set_aside_in_whatever_order_it_comes(library, rows, order):
    done = drop_duplicates(beans(library, *rows), CASE)
    ambiguous = {bean for bean, n in Counter(bean for bean, _, _ in set(rows)).items() if n > 1}
    assert Counter(told(done.rows)) == Counter({row for row in rows if row[0] not in ambiguous})
    assert Counter(told(done.conflicts)) == Counter({row for row in rows if row[0] in ambiguous})
    assert len(done.rows) + len(done.conflicts) + done.n_duplicates == len(rows)
    turned = drop_duplicates(beans(library, *order.sample(rows, len(rows))), CASE)
    assert Counter(told(turned.rows)) == Counter(told(done.rows))
    assert turned.n_duplicates == done.n_duplicates


@ENGINES
def test_copies_that_differ_only_in_spelling_are_one_row_after_repair(library):
    case = binary_case()
    row = {name: column[:1] for name, column in plain(table_of(repaired_rows(case, 1), "pandas")).items()}
    twice = {name: column * 2 for name, column in row.items()} | {"channel": ["mobile", " Cell PHONE"]}
    repaired = repair_rows(table_of(twice, library), case)
    done = drop_duplicates(repaired.rows, case)
    assert (len(done.rows), done.n_duplicates, len(done.conflicts)) == (1, 1, 0)
