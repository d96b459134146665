"""Worlds that several tests look at."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lifecycle.world import DEMO_FILES, REAL_DATA, World


@pytest.fixture(scope="session")
def demo_line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demonstration after one run of the whole line; tests only look at it."""

    def run(folder: Path) -> None:
        World.make(folder).run()

    folder = _made_once("demo_line", tmp_path_factory, run)
    return World(folder, "demo", DEMO_FILES)


@pytest.fixture(scope="session")
def bank_line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The real bank case after one run of the whole line; tests only look at it."""
    files = real_files("bank_marketing")

    def run(folder: Path) -> None:
        World.make(folder, case="bank_marketing", raw_dir=files).run()

    folder = _made_once("bank_line", tmp_path_factory, run)
    return World(folder, "bank_marketing", files)


def _made_once(name: str, places: pytest.TempPathFactory, make: Callable[[Path], None]) -> Path:
    """Make a folder, or wait until another of the processes of this run of the tests has made it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = places.mktemp(name)
        make(folder)
        return folder
    shared = places.getbasetemp().parent
    folder, whole = shared / name, shared / f"{name}.whole"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            make(folder)
            whole.touch()
    return folder


def real_files(case: str) -> Path:
    """Find the public files of a case beside the project."""
    folder = REAL_DATA / case
    if not folder.is_dir():
        pytest.skip(f"the public files of {case} are not at ../shared/data/{case}")
    return folder
