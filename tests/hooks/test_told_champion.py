"""A run that may change which release is live says which one is, in the end."""

import pytest

from evergreen.releases import ReleaseStore
from tests.hooks.tiny_project import TinyProject
from tests.releases.small import entry, small_release

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")
_REGISTRY = """
from evergreen.releases import NoRelease, Promotion
from kedro.pipeline import Node, Pipeline


def stay(n_rows):
    return Promotion(NoRelease(("It does not pay.",)), "2024-02-29", "Its verdict is hold.")


def register_pipelines():
    return {"__default__": Pipeline([Node(stay, inputs="params:n_rows", outputs="OUTPUT", name="stay")])}
"""
_CATALOG = """
{name}:
  type: evergreen.datasets.champion_dataset.ChampionDataset
  path: data/models
"""


@pytest.mark.parametrize("name", ["champion", "retrained_champion"])
def test_the_live_release_is_told_though_nothing_loaded_it(
    name: str, project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    _let_it_promote(project, name)
    release = small_release()
    store = ReleaseStore(str(project.path / "data" / "models"))
    store.add(release)
    store.promote(entry(release))
    project.run()
    assert f"\nChampion: {release.release_id}\n" in capsys.readouterr().err


def test_before_the_first_release_there_is_nothing_to_tell(
    project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    _let_it_promote(project, "champion")
    project.run()
    assert "Champion" not in capsys.readouterr().err


def test_a_pointer_that_cannot_be_read_does_not_end_a_run(
    project: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    _let_it_promote(project, "champion")
    project.write("data/models/champion.json", "{")
    project.run()
    assert "\nWhich release is live cannot be read: " in capsys.readouterr().err


def _let_it_promote(project: TinyProject, name: str) -> None:
    project.write(f"src/{project.package}/pipeline_registry.py", _REGISTRY.replace("OUTPUT", name))
    project.write("conf/base/catalog.yml", _CATALOG.format(name=name))
