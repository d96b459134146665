"""Worlds that several tests look at."""

import fcntl
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lifecycle.world import DEMO_FILES, REAL_DATA, World


@pytest.fixture(scope="session")
def demo_line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demonstration after one run of the whole line; tests only look at it."""

    def run(folder: Path) -> None:
        World.make(folder).run()

    return _made_once(World(Path("demo_line"), "demo", DEMO_FILES), tmp_path_factory, run)


@pytest.fixture(scope="session")
def bank_line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The real bank case after one run of the whole line; tests only look at it."""
    files = real_files("bank_marketing")

    def run(folder: Path) -> None:
        World.make(folder, case="bank_marketing", raw_dir=files).run()

    return _made_once(World(Path("bank_line"), "bank_marketing", files), tmp_path_factory, run)


def _made_once(world: World, places: pytest.TempPathFactory, make: Callable[[Path], None]) -> World:
    """Make a world in a folder of its name, once for all processes of this run of the tests; each gets a copy."""
    shared, name = places.getbasetemp(), world.folder.name
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    made, whole = replace(world, folder=shared / f"{name}_made"), shared / f"{name}.whole"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            make(made.folder)
            whole.touch()
    return World.copy(made, places.mktemp(name))


def real_files(case: str) -> Path:
    """Find the public files of a case beside the project."""
    folder = REAL_DATA / case
    if not folder.is_dir():
        pytest.skip(f"the public files of {case} are not at ../shared/data/{case}")
    return folder
