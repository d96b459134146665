"""Worlds that several tests look at."""

from pathlib import Path

import pytest

from tests.lifecycle.world import REAL_DATA, World


@pytest.fixture(scope="session")
def demo_line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demonstration after one run of the whole line; tests only look at it."""
    world = World.make(tmp_path_factory.mktemp("demo_line"))
    world.run()
    return world


@pytest.fixture(scope="session")
def bank_line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The real bank case after one run of the whole line; tests only look at it."""
    files = real_files("bank_marketing")
    world = World.make(tmp_path_factory.mktemp("bank_line"), case="bank_marketing", raw_dir=files)
    world.run()
    return world


def real_files(case: str) -> Path:
    """Find the public files of a case beside the project."""
    folder = REAL_DATA / case
    if not folder.is_dir():
        pytest.skip(f"the public files of {case} are not at ../shared/data/{case}")
    return folder
