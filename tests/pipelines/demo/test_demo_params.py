from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import SMALL


@pytest.mark.parametrize(
    ("first", "n_months", "end"),
    [
        (date(2007, 1, 1), 48, date(2011, 1, 1)),
        (date(2007, 11, 1), 1, date(2007, 12, 1)),
        (date(2007, 12, 1), 1, date(2008, 1, 1)),
    ],
    ids=["four years", "within a year", "over new year"],
)
def test_the_campaign_ends_after_its_last_month(first: date, n_months: int, end: date) -> None:
    params = DemoParams(**{**SMALL, "first_month": first, "n_months": n_months, "shock_on": None})
    assert params.end_on == end


@given(st.integers(1, 12), st.integers(1, 600))
def test_every_campaign_ends_on_a_first_of_month_n_months_later(month: int, n_months: int) -> None:
    first = date(2007, month, 1)
    end = DemoParams(**{**SMALL, "first_month": first, "n_months": n_months, "shock_on": None}).end_on
    assert end.day == 1
    assert (end.year - first.year) * 12 + end.month - first.month == n_months


def test_parameters_survive_a_round_trip() -> None:
    params = DemoParams(**SMALL)
    assert DemoParams.model_validate(params.model_dump(mode="json")) == params


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_client": 5}, "Did you mean 'n_clients'"),
        ({"n_clients": 79, "n_contacts_per_month": 10}, "greater than or equal to 100"),
        ({"n_clients": 100, "n_contacts_per_month": 101}, "n_clients is 100. Give at least 101"),
        ({"first_month": date(2007, 1, 15)}, "first_month is 2007-01-15. Give the first day of a month"),
        ({"shock_on": date(2007, 4, 2)}, "shock_on is 2007-04-02. Give the first day of a month"),
        ({"shock_on": date(2007, 1, 1)}, "outside the campaign. Give a month after 2007-01-01 and before 2007-07-01"),
        ({"shock_on": date(2007, 7, 1)}, "outside the campaign"),
        ({"mistreated_group": "north"}, "mistreated_group is 'north'. Give one of female, male"),
        ({"mistreated_column": "job"}, "'sex' or 'region'"),
        ({"duplicated_share": 0.31}, "less than or equal to 0.3"),
        ({"misspelt_share": -0.1}, "greater than or equal to 0"),
        ({"noted_client_share": 0}, "greater than 0"),
        ({"random_state": -1}, "greater than or equal to 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_parameters_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        DemoParams(**{**SMALL, **changes})
