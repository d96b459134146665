from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.problem import Column, canonical_text


def column(kind="category", **told):
    return Column.model_validate({"type": kind, "why": "For the test.", **told})


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Blue", "blue"),
        ("  light \t blue\n", "light blue"),
        ("light\u00a0blue", "light blue"),
        ("\u0130STANBUL", "i\u0307stanbul"),
        ("\u039f\u03a3", "\u03bf\u03c3"),
        ("", ""),
    ],
    ids=["case", "spaces", "no-break-space", "dotted-i", "final-sigma", "empty"],
)
def test_a_word_has_one_canonical_form(text, canonical):
    assert canonical_text(text) == canonical


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_a_canonical_word_stays_as_it_is(text):
    once = canonical_text(text)
    assert canonical_text(once) == once
    assert canonical_text(f"  {text}\t") == once


def test_it_tells_its_words_and_numbers_apart():
    mixed = column("number", range=[0, 10], sentinels=[-1, "N/A", "99"])
    assert (mixed.number_sentinels, mixed.text_sentinels) == ((-1.0, 99.0), ("n/a", "99"))
    word = column(values=["blue"], synonyms={"Azure ": " BLUE"}, sentinels=["99"])
    assert (word.number_sentinels, word.canonical_synonyms) == ((), {"azure": "blue"})
    time = column("timestamp", sentinels=["9999-12-31", "never", "1900-01-01T00:00:00"])
    assert time.time_sentinels == (datetime(9999, 12, 31), datetime(1900, 1, 1))
    assert column("text", sentinels=["2020-01-01"]).time_sentinels == ()
    assert column("number", range=[0, 1], sentinels=["nan", "inf"]).number_sentinels == ()


@pytest.mark.parametrize(
    "told",
    [
        {"type": "category", "values": ["blue"], "synonyms": {"azure": "gone"}, "sentinels": ["gone"]},
        {"type": "category", "synonyms": {"azure": "blue"}},
        {"type": "boolean", "synonyms": {"ja": "yes"}},
        {"type": "number", "sentinels": [999]},
        {"type": "number", "range": [None, None], "sentinels": [999]},
        {"type": "integer", "range": [5, 5]},
    ],
    ids=[
        "synonym-of-a-sentinel",
        "synonym-without-values",
        "synonym-of-a-boolean-word",
        "sentinel-without-range",
        "sentinel-in-a-range-without-ends",
        "range-of-one",
    ],
)
def test_these_are_allowed(told):
    assert column(**told).type == told["type"]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"why": ""}, "at least 3 characters"),
        ({"type": "date"}, "Input should be 'integer', 'number'"),
        ({"range": [0, 1]}, "range is given for the type category. Only numbers have one."),
        ({"type": "number", "range": [2, 1]}, "range [2.0, 1.0] is empty. Swap its ends."),
        ({"type": "number", "values": ["a"]}, "values are given for the type number. Only categories have them."),
        ({"values": ["red", "blue", "red"]}, "values name ['red'] twice. Name each word once."),
        ({"values": ["Light  Blue"]}, "values ['Light  Blue'] are not in canonical form. Write ['light blue']."),
        ({"type": "text", "synonyms": {"a": "b"}}, "synonyms are given for the type text. Only categories have them."),
        (
            {"values": ["blue"], "synonyms": {"crimson": "red"}},
            "synonyms lead to ['red'], which are not among the values. Add them to values.",
        ),
        (
            {"type": "boolean", "synonyms": {"ja": "yess"}},
            "synonyms lead to ['yess'], which are not among the values.",
        ),
        (
            {"values": ["blue", "red"], "synonyms": {"blue": "red"}},
            "synonyms replace ['blue'], which are words to keep. Remove these synonyms.",
        ),
        ({"synonyms": {"a": "b", "b": "c"}}, "synonyms replace ['b'], which are words to keep."),
        ({"type": "boolean", "synonyms": {"Yes": "no"}}, "synonyms replace ['yes'], which are words to keep."),
        ({"synonyms": {"azure": "blue", "AZURE": "green"}}, "synonyms name a word twice. Keep each word once."),
        ({"sentinels": [999]}, "sentinels are numbers, but the type is category. Quote them."),
        ({"values": ["blue", "none"], "sentinels": ["None"]}, "sentinels ['none'] are among the values."),
        (
            {"type": "integer", "range": [0, 100], "sentinels": [99]},
            "sentinels [99.0] lie inside the range [0.0, 100.0]. Narrow the range, or drop the sentinel",
        ),
        ({"type": "integer", "range": [0, None], "sentinels": [99]}, "sentinels [99.0] lie inside the range"),
        ({"type": "integer", "range": [0, 100], "sentinels": ["99"]}, "sentinels [99.0] lie inside the range"),
        ({"sentinels": [False]}, "List 'sentinels' holds [False], which are not words."),
    ],
)
def test_a_column_that_contradicts_itself_is_refused(told, sentence):
    with pytest.raises(ValidationError) as refusal:
        column(**told)
    assert sentence in str(refusal.value)
