"""Spark on this machine, for the tests that ask for it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

_SETTINGS = Path(__file__).resolve().parents[1] / "conf" / "spark" / "spark.yml"
# Small joins: what Spark costs here is its plans and the code it makes of each, not the rows.
SMALL = {
    "spark.master": "local[2]",
    "spark.sql.shuffle.partitions": 2,
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": False,
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@contextmanager
def spark_session() -> Iterator[Any]:
    """Start Spark with the settings that are shipped, made small.

    Yields:
        The session. Skips the test where Java or pyspark is missing; fails it where ``CI`` is "true".
    """
    missing = [what for what, is_there in (("Java", _has_java()), ("pyspark", _has_pyspark())) if not is_there]
    if missing:
        _refuse(f"no {' and no '.join(missing)} on this machine: Spark cannot run")
    from pyspark.sql import SparkSession

    settings = {**yaml.safe_load(_SETTINGS.read_text()), **SMALL}
    builder = SparkSession.builder.appName("evergreen tests")
    for name, value in settings.items():
        builder = builder.config(name, str(value).lower() if isinstance(value, bool) else str(value))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


def _has_java() -> bool:
    return shutil.which("java") is not None or "JAVA_HOME" in os.environ


def _has_pyspark() -> bool:
    return find_spec("pyspark") is not None


def _refuse(missing: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
