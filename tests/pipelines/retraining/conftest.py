import pytest


@pytest.fixture(autouse=True)
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of releases that were tried; a process for each would take seconds."""
    names: list[str] = []
    monkeypatch.setattr("evergreen.releases.changes.try_in_fresh_process", lambda folder: names.append(folder.name))
    return names
