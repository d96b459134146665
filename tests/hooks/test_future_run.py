"""A run of a day that has not come."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kedro.framework.context import KedroContext
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from evergreen.errors import CaseError
from evergreen.hooks.case_hooks import CaseHooks


def look(as_of: Any) -> Any:
    return as_of


def begin(as_of: Any, *, asks: str = "params:as_of") -> None:
    hooks = CaseHooks(today=lambda: date(2020, 5, 1))
    told = {"parameters": {"as_of": as_of}, "globals": {"case": "demo"}}
    hooks.after_context_created(cast("KedroContext", SimpleNamespace(config_loader=told)))
    pipeline = Pipeline([node(look, [asks], "seen", name="look")])
    hooks.before_pipeline_run({}, pipeline, DataCatalog())


@pytest.mark.parametrize("as_of", ["1999-12-31", date(2020, 5, 1), "2020-05-02", "some day", None])
def test_today_and_where_it_is_tomorrow_already_is_no_future(as_of: Any) -> None:
    begin(as_of)


@pytest.mark.parametrize("as_of", ["2020-05-03", date(2035, 1, 1)])
def test_a_day_that_has_not_come_is_refused(as_of: Any) -> None:
    with pytest.raises(CaseError, match=rf"as_of {as_of} has not come: today is 2020-05-01 \(UTC\)\. Give the day"):
        begin(as_of)
    begin(as_of, asks="params:other")
