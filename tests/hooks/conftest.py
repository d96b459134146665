"""What the tests of the hooks share."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hooks.tiny_project import TinyProject, tiny_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    with tiny_project(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def last_word(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Python has the last word about an exception, and Kedro tells what it finds; both as before in the end."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.delenv("EVERGREEN_TRACEBACK", raising=False)
    logger = logging.getLogger("kedro.validation.parameter_validator")
    level = logger.level
    yield
    logger.setLevel(level)
