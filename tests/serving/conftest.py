"""One service for all tests that leave it as it was."""

from collections.abc import Iterator

import pytest

from tests.serving.world import World, world


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A service as it is by default; nobody may change it."""
    with world(tmp_path_factory.mktemp("releases")) as made:
        yield made
