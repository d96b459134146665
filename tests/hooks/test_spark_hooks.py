"""Who gets a Spark session, and who is told that there is none to be had."""

import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kedro.framework.context import KedroContext

from evergreen.errors import CaseError
from evergreen.hooks.spark_hooks import SparkHooks


def begin(settings: dict[str, Any], env: str) -> None:
    context = SimpleNamespace(config_loader={"spark": settings}, env=env)
    SparkHooks().after_context_created(cast("KedroContext", context))


def test_an_environment_without_settings_needs_no_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    begin({}, "base")


def test_an_environment_that_wants_spark_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(CaseError, match=r"Environment 'spark' wants Spark, which is not installed\. Install it"):
        begin({"spark.master": "local[2]"}, "spark")
