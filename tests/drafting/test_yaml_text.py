import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from evergreen.drafting.yaml_text import WIDTH, comment, dump, flow, scalar

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain words", "plain words"),
        ("admin.", "admin."),
        ("blue-collar", "blue-collar"),
        ("yes", '"yes"'),
        ("y", '"y"'),
        ("No", '"No"'),
        ("null", '"null"'),
        ("1st-4th", '"1st-4th"'),
        ("12", '"12"'),
        ("<=50k", '"<=50k"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("", '""'),
        ("?", '"?"'),
        (0.00001, "1.0e-05"),
        (12.5, "12.5"),
        (None, "null"),
        (False, "false"),
    ],
)
def test_words_are_quoted_only_where_they_must_be(value, written):
    assert scalar(value) == written


@given(SCALARS)
def test_what_is_written_is_read_as_it_was(value):
    assert yaml.safe_load(scalar(value)) == value
    assert yaml.safe_load(flow([value, {"k": value}])) == [value, {"k": value}]


@given(st.dictionaries(st.text(min_size=1), st.one_of(SCALARS, st.lists(st.text(), min_size=1), st.dictionaries(
    st.text(min_size=1), SCALARS, min_size=1)), min_size=1, max_size=5), st.text())  # fmt: skip
def test_comments_change_nothing(told, said):
    first = next(iter(told))
    lines = list(dump(told, comments={(first,): [said]}, marks={(first,): "DECIDE: (1)"}))
    assert yaml.safe_load("\n".join(lines)) == told


def test_comments_are_broken_into_lines():
    lines = comment("word " * 60, "  ")
    assert len(lines) > 2
    assert all(line.startswith("  # word") and len(line) <= WIDTH for line in lines)


def test_a_long_list_stands_one_word_a_line_and_a_short_one_in_brackets():
    told = {"short": ["a", "b"], "long": [f"word {n}" for n in range(30)], "made": [{"k": 1}]}
    lines = list(dump(told, comments={}, marks={}))
    assert lines[0] == "short: [a, b]"
    assert lines[1:3] == ["long:", "  - word 0"]
    assert lines[-2:] == ["made:", "  - { k: 1 }"]
