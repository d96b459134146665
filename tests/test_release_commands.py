"""``kedro releases``: what it shows, what it changes, and what it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from kedro.framework.cli.cli import KedroCLI

from evergreen.releases import ReleaseStore
from tests.hooks.tiny_project import TinyProject, tiny_project
from tests.releases.small import entry, small_release

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")
A, B = small_release(), small_release(note="second")
_CATALOG = """
champion:
  type: evergreen.datasets.champion_dataset.ChampionDataset
  path: ${globals:data}/models
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    monkeypatch.setattr("evergreen.releases.changes.try_in_fresh_process", lambda _: None)
    monkeypatch.setenv("LOGNAME", "ada")
    with tiny_project(tmp_path, monkeypatch) as made:
        made.write("conf/base/catalog_releases.yml", _CATALOG)
        yield made


@pytest.fixture
def store(project: TinyProject) -> ReleaseStore:
    made = ReleaseStore(str(project.path / "data" / "models"))
    for release in (A, B):
        made.add(release)
        made.promote(entry(release))
    return made


def _kedro(project: TinyProject, *words: str) -> Result:
    commands = KedroCLI(project.path)
    return CliRunner().invoke(commands, ["releases", *words], obj=commands._metadata)


def test_releases_are_listed_for_people_and_programs(project: TinyProject, store: ReleaseStore) -> None:
    told = _kedro(project, "list")
    assert told.exit_code == 0
    assert told.output.splitlines()[0].split() == ["release_id", "state", "as_of", "change", "changed_at", "by", "why"]
    found = json.loads(_kedro(project, "list", "--format", "json").output)
    assert [(one["release_id"], one["state"]) for one in found] == [(A.release_id, ""), (B.release_id, "champion")]


def test_without_a_release_people_are_told_how_to_get_one(project: TinyProject) -> None:
    assert _kedro(project, "list").output.startswith("There is no release yet. A run whose verdict is 'release'")
    assert json.loads(_kedro(project, "list", "--format", "json").output) == []


def test_one_release_is_shown(project: TinyProject, store: ReleaseStore) -> None:
    told = _kedro(project, "show", A.release_id)
    assert told.exit_code == 0
    assert "metrics log_loss" in told.output
    other = _kedro(project, "show", "00")
    assert other.exit_code == 1
    assert "Release '00' is not in" in other.output


def test_a_damaged_release_is_named_and_the_command_ends_with_one(project: TinyProject, store: ReleaseStore) -> None:
    assert _kedro(project, "verify").exit_code == 0
    (project.path / "data" / "models" / "releases" / A.release_id / "note.json").write_text("{}")
    told = _kedro(project, "verify", "--format", "json")
    assert told.exit_code == 1
    assert [one["what"] for one in json.loads(told.output) if one["state"] == "damaged"] == [A.release_id]
    assert _kedro(project, "verify", B.release_id).exit_code == 0
    assert _kedro(project, "verify", A.release_id).exit_code == 1


def test_promote_roll_back_and_retire_are_kept_with_who_and_why(project: TinyProject, store: ReleaseStore) -> None:
    told = _kedro(project, "rollback", "--why", "It misreads a column.")
    assert told.output == f"Champion: {A.release_id}\n"
    assert _kedro(project, "promote", B.release_id, "--why", "Mended.").output == f"Champion: {B.release_id}\n"
    assert _kedro(project, "retire", A.release_id, "--why", "Too old.").exit_code == 0
    changes = [(one.kind, one.release_id, one.by, one.why) for one in store.history()[2:]]
    assert changes == [
        ("rollback", A.release_id, "ada", "It misreads a column."),
        ("promote", B.release_id, "ada", "Mended."),
        ("retire", A.release_id, "ada", "Too old."),
    ]
    assert store.history()[-1].as_of is None


@pytest.mark.parametrize("words", [("promote", A.release_id), ("rollback",), ("retire", A.release_id)])
def test_no_change_without_a_reason(project: TinyProject, store: ReleaseStore, words: tuple[str, ...]) -> None:
    told = _kedro(project, *words)
    assert told.exit_code == 2
    assert "--why" in told.output
    assert len(store.history()) == 2


@pytest.mark.parametrize("words", [("promote", A.release_id), ("rollback",), ("retire", A.release_id)])
def test_the_guard_of_an_environment_refuses_changes(
    project: TinyProject, store: ReleaseStore, words: tuple[str, ...]
) -> None:
    told = _kedro(project, *words, "--why", "For fun.", "--env", "adhoc")
    assert told.exit_code == 1
    assert "belong to production and the environment 'adhoc' may only read them" in told.output
    assert len(store.history()) == 2
    assert _kedro(project, "list", "--env", "adhoc").exit_code == 0


def test_an_environment_may_change_releases_of_its_own(project: TinyProject, store: ReleaseStore) -> None:
    path = f"{project.path}/data/models"
    project.write("conf/adhoc/catalog_releases.yml", _CATALOG.replace("${globals:data}/models", "data/scratch/models"))
    assert _kedro(project, "rollback", "--why", "x", "--env", "adhoc").output.startswith("Error: The releases hold no")
    assert store.champion_id() == ReleaseStore(path).champion_id() == B.release_id


def test_what_cannot_be_done_is_told_in_a_sentence(project: TinyProject, store: ReleaseStore) -> None:
    told = _kedro(project, "retire", B.release_id, "--why", "x")
    assert told.exit_code == 1
    assert "is the champion. Roll back or promote another one first." in told.output
    assert "Environment 'moon' has no folder" in _kedro(project, "list", "--env", "moon").output


def test_an_environment_without_a_champion_in_its_catalog_says_so(project: TinyProject) -> None:
    project.write("conf/base/catalog_releases.yml", "\n")
    told = _kedro(project, "list")
    assert told.exit_code == 1
    assert "has no 'champion' in its catalog" in told.output
