"""What holds for every test."""

import os
import sys

# PySpark takes a process that was started without a file, as pytest-xdist starts its own, for a doctest and ends it.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__

# Before any library with OpenMP is imported: threads that spin while they wait take the cores from those that work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Where two processes share two cores, threads of libraries only get in each other's way.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.postgres import Postgres, running_server
from tests.spark import spark_session

# The same examples every time: a test that fails now and then helps nobody.
# Try others with --hypothesis-profile=random.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
settings.load_profile("steady")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes for the whole suite; none for a part of it, which ends before they had started.

    A third one on two cores made the whole take half as long again: libraries with threads of their own get in each
    other's way.
    """
    return 2 if config.args == config.getini("testpaths") else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: of two processes that share the files, none shall be left with a long one at the end."""
    folder = Path(__file__).parent / "lifecycle"
    first = [folder / f"test_{name}.py" for name in ("shipped_cases", "whole_story", "engines", "drafted_cases")]
    items.sort(key=lambda item: (item.path not in first, item.path.parent != folder))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session for all tests that are marked so."""
    with spark_session() as session:
        yield session


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests that are marked so."""
    with running_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _spark_where_marked(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("spark"):
        request.getfixturevalue("spark")
