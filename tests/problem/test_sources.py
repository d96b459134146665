import pytest
from pydantic import ValidationError

from evergreen.problem import Derivation, Source


@pytest.mark.parametrize(
    "told",
    [{"is_spine": True}, {"join_on": ["client_id"]}, {"known_since": "published_on"}],
    ids=["spine", "by-key", "by-time"],
)
def test_a_source_can_be_joined_in_three_ways(told):
    assert Source.model_validate(told).records is None


@pytest.mark.parametrize(
    ("model", "told", "sentence"),
    [
        (Source, {}, "source can be joined by nothing. Give it join_on, known_since, or is_spine: true."),
        (Source, {"is_spine": True, "key": "a"}, "Unknown key 'key' in Source."),
        (
            Derivation,
            {"column": "day", "kind": "date"},
            "Input should be 'row_number', 'date_from_row_order' or 'timestamp_from_par",
        ),
        (
            Derivation,
            {"column": "day", "kind": "date_from_row_order", "month": "month"},
            "derive 'day' lacks month or first_year. Name both.",
        ),
        (
            Derivation,
            {"column": "day", "kind": "date_from_row_order", "first_year": 2008},
            "derive 'day' lacks month or first_year. Name both.",
        ),
        (
            Derivation,
            {"column": "day", "kind": "date_from_row_order", "month": "month", "first_year": 0},
            "greater than or equal to 1",
        ),
        (
            Source,
            {"content": "text", "name_pattern": "(?P<text>.+)", "join_on": ["text"]},
            "name_pattern names a group 'text', which is what the content of the files is called. Rename the group.",
        ),
        (
            Source,
            {"content": "image", "name_pattern": "(?P<id>[0-9]+)_(?P<image>.+)", "join_on": ["id"]},
            "name_pattern names a group 'image', which is what the content of the files is called.",
        ),
    ],
    ids=[
        "no-way-to-join",
        "unknown-key",
        "unknown-kind",
        "no-year",
        "no-month",
        "year-zero",
        "group-named-like-the-text",
        "group-named-like-the-picture",
    ],
)
def test_what_cannot_be_read_is_refused(model, told, sentence):
    with pytest.raises(ValidationError) as refusal:
        model.model_validate(told)
    assert sentence in str(refusal.value)


def test_files_of_a_table_may_tell_a_group_of_any_name():
    told = {"name_pattern": "(?P<text>.+)", "join_on": ["text"]}
    assert Source.model_validate(told).content == "table"
    assert Source.model_validate({**told, "content": "image"}).name_pattern == "(?P<text>.+)"
