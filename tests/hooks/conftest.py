"""What the tests of the hooks share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hooks.tiny_project import TinyProject, tiny_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    with tiny_project(tmp_path, monkeypatch) as made:
        yield made
