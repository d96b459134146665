import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.errors import CaseError, DataError
from evergreen.measures import ColumnProfile, profile_like, reference_profile

numbers = st.lists(st.one_of(st.none(), st.integers(-3, 3), st.floats(allow_nan=False)), max_size=40)
words = st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=40)


def series(values, kind):
    return pd.Series(values, dtype="float64" if kind == "number" else "str", name="x")


def test_numbers_get_bins_of_equal_mass():
    profile = reference_profile(pd.Series([1.0, 2, 3, 4, 5, 6, None]), kind="number", n_bins=3)
    assert profile == ColumnProfile(kind="number", edges=(2, 4), counts=(2, 2, 2), n_missing=1)
    assert profile.n_rows == 7


def test_words_are_ordered_by_frequency_then_name_and_the_rest_is_other():
    profile = reference_profile(pd.Series(["c", "b", "a", "b", "d", "a", None]), kind="category", max_labels=3)
    assert profile == ColumnProfile(kind="category", labels=("a", "b", "c"), counts=(2, 2, 1, 1), n_missing=1)


@pytest.mark.parametrize(
    ("new", "counts"),
    [([5.0, 5.0], (0, 2, 0)), ([4.9], (1, 0, 0)), ([5.1], (0, 0, 1)), ([-np.inf, np.inf], (1, 0, 1))],
    ids=["same", "below", "above", "infinite"],
)
def test_a_constant_sees_what_lies_on_either_side(new, counts):
    profile = reference_profile(pd.Series([5.0] * 8), kind="number")
    assert profile.counts == (0, 8, 0)
    assert profile_like(profile, pd.Series(new)).counts == counts


def test_infinities_choose_no_edge():
    profile = reference_profile(pd.Series([-np.inf, 1, 2, 3, 4, np.inf]), kind="number", n_bins=2)
    assert profile == ColumnProfile(kind="number", edges=(2,), counts=(3, 3), n_missing=0)


def test_new_words_are_other():
    reference = reference_profile(pd.Series(["a", "b"]), kind="category")
    assert profile_like(reference, pd.Series(["b", "z", None])).counts == (0, 1, 1)


@pytest.mark.parametrize(
    ("values", "kind", "counts", "n_missing"),
    [
        (pd.Series([1, None, 3], dtype="Int64"), "number", (0, 1, 1, 0), 1),
        (pd.Series([True, False, True]), "number", (0, 1, 2, 0), 0),
        (pd.Series([True, False, None], dtype="boolean"), "category", (1, 1, 0), 1),
        (pd.Series(["a", "a", None], dtype="category").cat.add_categories("b"), "category", (2, 0), 1),
        (pd.Series([1, "1", 2], dtype=object), "category", (2, 1, 0), 0),
        (pd.Series([], dtype="float64"), "number", (0,), 0),
        (pd.Series([None, None], dtype="float64"), "number", (0,), 2),
        (pd.Series([], dtype="str"), "category", (0,), 0),
    ],
    ids=["integers", "booleans", "truths", "unused-category", "mixed", "no-number", "all-missing", "no-word"],
)
def test_every_type_of_cell_is_counted(values, kind, counts, n_missing):
    profile = reference_profile(values, kind=kind, n_bins=3)
    assert (profile.counts, profile.n_missing) == (counts, n_missing)


@given(reference=numbers, first=numbers, second=numbers, n_bins=st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_profiles_of_numbers_add_up(reference, first, second, n_bins):
    check_additivity("number", reference, first, second, n_bins=n_bins)


@given(reference=words, first=words, second=words, max_labels=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_profiles_of_words_add_up(reference, first, second, max_labels):
    check_additivity("category", reference, first, second, max_labels=max_labels)


def check_additivity(kind, reference, first, second, **options):
    profile = reference_profile(series(reference, kind), kind=kind, **options)
    parts = [profile_like(profile, series(part, kind)) for part in (first, second)]
    whole = profile_like(profile, series([*first, *second], kind))
    assert parts[0].plus(parts[1]) == whole
    assert whole.n_rows == len(first) + len(second)
    assert profile.n_rows == len(reference)
    assert ColumnProfile.model_validate_json(whole.model_dump_json()) == whole


@pytest.mark.parametrize(
    "other",
    [
        ColumnProfile(kind="number", edges=(2,), counts=(1, 1), n_missing=0),
        ColumnProfile(kind="category", labels=("a",), counts=(1, 1), n_missing=0),
    ],
    ids=["other-edges", "other-kind"],
)
def test_refuses_to_add_other_bins(other):
    profile = ColumnProfile(kind="number", edges=(1,), counts=(1, 1), n_missing=0)
    with pytest.raises(DataError, match=r"Profiles have other bins .* Count both in the bins of the same reference"):
        profile.plus(other)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"kind": "number", "labels": ("a",), "counts": (1, 1)}, "has edges and labels"),
        ({"kind": "category", "edges": (1,), "counts": (1, 1)}, "has edges and labels"),
        ({"kind": "number", "edges": (1,), "counts": (1,)}, "has 1 counts for 2 bins"),
        ({"kind": "number", "edges": (2, 1), "counts": (1, 1, 1)}, "bins that overlap"),
        ({"kind": "category", "labels": ("a", "a"), "counts": (1, 1, 1)}, "bins that overlap"),
        ({"kind": "number", "edges": (np.inf,), "counts": (1, 1)}, "finite number"),
        ({"kind": "number", "counts": (-1,)}, "greater than or equal to 0"),
        ({"kind": "number", "counts": (1,), "n_rows": 1}, "Unknown key 'n_rows'"),
    ],
    ids=["labels", "edges", "counts", "order", "twice", "infinite", "negative", "unknown"],
)
def test_refuses_a_profile_that_contradicts_itself(fields, match):
    with pytest.raises(ValidationError, match=match):
        ColumnProfile(**{"n_missing": 0, **fields})


def test_refuses_words_as_numbers():
    with pytest.raises(DataError, match=r"Column 'age' holds cells that are no numbers. Repair them first"):
        reference_profile(pd.Series(["old", "young"], name="age"), kind="number")


@pytest.mark.parametrize(("kind", "option"), [("number", "n_bins"), ("category", "max_labels")])
def test_refuses_to_make_no_bin(kind, option):
    with pytest.raises(CaseError, match=f"{option} is 0"):
        reference_profile(series([], kind), kind=kind, **{option: 0})
