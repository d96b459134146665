import pytest
from pydantic import ValidationError

from evergreen.problem import Problem
from tests.cases import binary_case, told

REFUSALS = {
    "moment-known-by-two-names": (
        {
            "sources.rates.effective_since": "about",
            "columns.about": {"type": "text", "source": "rates", "raw_name": "other"},
        },
        "source 'rates' knows 'about' by two names. Rename the column.",
    ),
    "target-known-at-the-decision": (
        {"columns.bought.source": "notes"},
        "target 'bought' comes from source 'notes', of which each decision gets what was known then. Drop known_since",
    ),
    "name-of-a-column-between-steps": (
        {"columns._event_time": {"type": "text"}},
        "column ['_event_time'] begins with an underscore, as the columns between steps do. Rename it, and keep",
    ),
    "key-named-twice": ({"key": ["call_id", "call_id"]}, "key names ['call_id'] twice. Name each column once."),
    "key-named-like-a-score": (
        {"key": ["score"], "columns.score": {"type": "integer"}},
        "key ['score'] has the name of a column of the predictions. Rename it, and keep the source's name as raw_name.",
    ),
    "key-named-like-the-score-of-a-class": (
        {"key": ["score_red"], "columns.score_red": {"type": "integer"}},
        "key ['score_red'] has the name of a column of the predictions.",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_sources_and_names_that_contradict_each_other_are_refused(changes, sentence):
    with pytest.raises(ValidationError) as refusal:
        Problem.model_validate(told("binary", changes))
    assert sentence in str(refusal.value)


def test_what_merely_resembles_them_is_taken():
    changes = {
        "sources.rates.effective_since": "about",
        "columns.about": {"type": "text", "source": "rates", "raw_name": "about"},
        # A source that is always true may bring the outcome.
        "columns.bought.source": "clients",
        "columns.score": {"type": "integer", "raw_name": "_score"},
        "key": ["call_id", "client_id"],
    }
    assert binary_case(changes).key == ("call_id", "client_id")
