"""``kedro log``: outcomes in, answers out, and what it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result
from kedro.framework.cli.cli import KedroCLI

from evergreen.prediction_log import PredictionLog, open_log
from evergreen.prediction_log.place import log_url
from tests.hooks.tiny_project import TinyProject, tiny_project
from tests.models.small import small_case
from tests.prediction_log.small import prediction

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyProject]:
    """A project with a case; nobody may change more than its log."""
    folder = tmp_path_factory.mktemp("logged")
    with pytest.MonkeyPatch.context() as monkeypatch, tiny_project(folder, monkeypatch) as made:
        case = small_case("binary").model_dump(mode="json", exclude_none=True)
        made.write("conf/base/parameters_problem.yml", yaml.safe_dump({"problem": case}))
        made.write("conf/base/globals.yml", "case: small\ndata: data\n")
        yield made


@pytest.fixture
def log(project: TinyProject) -> Iterator[PredictionLog]:
    """Its log, with four answers."""
    url = log_url(None, data=project.path / "data", case="small")
    with open_log(url, case="small") as made:
        made.append([prediction(row, key={"row_id": row}, cells={"row_id": row, "action": "raw"}) for row in range(4)])
        yield made
    for file in (project.path / "data" / "07_model_output" / "small").iterdir():
        file.unlink()


def _kedro(project: TinyProject, *words: str) -> Result:
    commands = KedroCLI(project.path)
    return CliRunner().invoke(commands, ["log", *words], obj=commands._metadata)


def _outcomes(folder: Path, values: list[str | None]) -> str:
    pd.DataFrame({"row_id": range(len(values)), "outcome": values}).to_csv(folder / "outcomes.csv", index=False)
    return str(folder / "outcomes.csv")


def test_answers_are_listed_the_newest_last(project: TinyProject, log: PredictionLog) -> None:
    told = _kedro(project, "show", "--last", "2", "--format", "json")
    assert [row["row"] for row in json.loads(told.output)] == [2, 3]
    assert [row["action_raw"] for row in json.loads(told.output)] == ["raw", "raw"]
    assert "2024-02-01T00:00:03" in _kedro(project, "show").output


def test_without_an_answer_people_are_told_how_to_get_one(project: TinyProject, log: PredictionLog) -> None:
    log.purge(before="2100-01-01")
    assert _kedro(project, "show").output.startswith("The log has no answer yet. ")
    assert json.loads(_kedro(project, "show", "--format", "json").output) == []


def test_outcomes_of_a_file_go_into_the_log(project: TinyProject, log: PredictionLog, tmp_path: Path) -> None:
    no, yes = small_case("binary").target.classes
    file = _outcomes(tmp_path, [yes, None, no, no, no])
    told = _kedro(project, "outcomes", file, "--known-at", "2024-03-01")
    assert told.output == (
        "4 new, 0 changed, 0 repeated outcomes.\nOf these, 1 belong to no answer so far; they count once one comes.\n"
    )
    assert log.read()["_outcome"].tolist() == [yes, None, no, no]
    file = _outcomes(tmp_path, [no])
    assert _kedro(project, "outcomes", file).output == "0 new, 1 changed, 0 repeated outcomes.\n"
    pd.DataFrame({"row_id": [0], "outcome": [no]}).to_parquet(tmp_path / "again.parquet")
    assert "0 new, 0 changed, 1 repeated" in _kedro(project, "outcomes", str(tmp_path / "again.parquet")).output


def test_old_answers_are_deleted(project: TinyProject, log: PredictionLog) -> None:
    assert _kedro(project, "purge", "--before", "2024-02-01T00:00:02").output == "2 answers deleted.\n"
    assert log.read()["_row"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        (["purge", "--before", "soon"], "The moment 'soon' cannot be read. Write it as 2024-02-29."),
        (["purge", "--before", "2024-01-01", "--env", "adhoc"], "the environment 'adhoc' may only read it. Say --env"),
        (["outcomes", "nowhere.csv"], "The file 'nowhere.csv' cannot be read"),
        (["outcomes", "pyproject.toml"], "The table of outcomes lacks 'row_id'"),
        (["show", "--env", "moon"], "Environment 'moon' has no folder"),
    ],
    ids=["no date", "guarded", "no file", "no outcomes", "no environment"],
)
def test_what_cannot_be_done_is_told(project: TinyProject, log: PredictionLog, words: list[str], finding: str) -> None:
    told = _kedro(project, *words)
    assert told.exit_code == 1
    assert finding in told.output
    assert len(log.read()) == 4


@pytest.mark.parametrize("words", [["show"], ["purge", "--before", "2024-01-01"]])
def test_without_a_log_none_is_made(project: TinyProject, words: list[str]) -> None:
    told = _kedro(project, *words)
    assert told.exit_code == 1
    assert "prediction_log.db' does not exist yet" in told.output
    assert not list(project.path.glob("data/**/prediction_log.db"))


def test_a_case_that_is_wrong_is_told(project: TinyProject) -> None:
    project.write("conf/broken/parameters.yml", "problem: null\n")
    told = _kedro(project, "show", "--env", "broken")
    assert told.exit_code == 1
    assert "Parameter 'problem' is wrong" in told.output
