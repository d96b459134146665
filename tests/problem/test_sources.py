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
    ],
    ids=["no-way-to-join", "unknown-key", "unknown-kind", "no-year", "no-month", "year-zero"],
)
def test_what_cannot_be_read_is_refused(model, told, sentence):
    with pytest.raises(ValidationError) as refusal:
        model.model_validate(told)
    assert sentence in str(refusal.value)
