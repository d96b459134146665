"""What ``kedro serve`` reads of an environment before it serves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kedro.framework.cli.cli import KedroCLI

from evergreen.errors import CaseError, EvergreenError
from evergreen.serve_command import service_spec, warn_without_release
from tests.hooks.tiny_project import TinyProject, tiny_project

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")
_CATALOG = "champion:\n  type: evergreen.datasets.champion_dataset.ChampionDataset\n  path: data/06_models/tiny\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    monkeypatch.delenv("EVERGREEN_API_KEY", raising=False)
    with tiny_project(tmp_path, monkeypatch) as made:
        made.write("conf/base/catalog_deployment.yml", _CATALOG)
        made.write("conf/base/globals.yml", "case: tiny\ndata: data\n")
        made.write("conf/base/parameters_serving.yml", "serving:\n  port: 8001\n  max_rows: 7\n")
        yield made


def _metadata(project: TinyProject) -> Any:
    return KedroCLI(project.path)._metadata


def test_the_case_its_releases_and_its_log_are_found(project: TinyProject) -> None:
    spec = service_spec(_metadata(project), None, {"port": 0})
    assert spec.case == "tiny"
    assert spec.releases == str(project.path / "data/06_models/tiny")
    assert spec.log == f"sqlite:///{project.path}/data/07_model_output/tiny/prediction_log.db"
    assert (spec.params.port, spec.params.max_rows, spec.api_key) == (0, 7, None)


def test_another_environment_has_other_places(project: TinyProject) -> None:
    project.write("conf/other/globals.yml", "case: shop\ndata: other\n")
    project.write("conf/other/parameters_serving.yml", "serving:\n  log: postgresql+psycopg://host/log\n")
    project.write("conf/other/catalog.yml", _CATALOG.replace("data/06_models/tiny", "s3://bucket/shop"))
    spec = service_spec(_metadata(project), "other", {})
    assert (spec.case, spec.releases, spec.log) == ("shop", "s3://bucket/shop", "postgresql+psycopg://host/log")


def test_the_key_is_that_of_the_process_or_of_the_credentials(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("conf/local/credentials.yml", "serving:\n  api_key: sesame\n")
    assert service_spec(_metadata(project), None, {}).api_key == "sesame"
    monkeypatch.setenv("EVERGREEN_API_KEY", "poppy")
    assert service_spec(_metadata(project), None, {}).api_key == "poppy"


def test_a_service_without_a_release_says_so_once_at_its_start(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("evergreen.serving.run.serve", lambda *_, **__: 0)
    commands = KedroCLI(project.path)
    CliRunner().invoke(commands, ["serve"], obj=commands._metadata)
    assert [text.partition(",")[0] for text in _told(caplog)] == ["Case 'tiny' has no live release"]


@pytest.mark.parametrize("pointer", ['{"release_id": "d625862f4871de8d"}', "{"], ids=["live", "damaged"])
def test_a_service_with_a_release_says_nothing_of_it(
    pointer: str, project: TinyProject, caplog: pytest.LogCaptureFixture
) -> None:
    project.write("data/06_models/tiny/champion.json", pointer)
    warn_without_release(service_spec(_metadata(project), None, {}))
    assert _told(caplog) == []


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("evergreen")]


def test_what_is_wrong_is_told(project: TinyProject) -> None:
    with pytest.raises(EvergreenError, match="Environment 'moon' has no folder"):
        service_spec(_metadata(project), "moon", {})
    with pytest.raises(CaseError, match=r"Parameter 'serving\.max_rows' is wrong: Input should be greater than"):
        service_spec(_metadata(project), None, {"max_rows": 0})
    project.write("conf/other/globals.yml", "case: tiny\ndata: data\nwritable_root: scratch\n")
    with pytest.raises(CaseError, match="may write only below its writable_root"):
        service_spec(_metadata(project), "other", {})


def test_the_command_says_what_is_wrong_in_a_sentence(project: TinyProject) -> None:
    commands = KedroCLI(project.path)
    told = CliRunner().invoke(commands, ["serve", "--host", "203.0.113.7"], obj=commands._metadata)
    assert told.exit_code == 1
    assert "The address 203.0.113.7:8001 cannot be listened on" in told.output
