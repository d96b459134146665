"""The project's commands stand beside Kedro's own and say clearly what they cannot do."""

import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from kedro.framework.cli.cli import KedroCLI

from evergreen.cli import written
from evergreen.ledger import read_runs
from tests.drafting.world import orders
from tests.hooks.tiny_project import TinyProject, tiny_project

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    with tiny_project(tmp_path, monkeypatch) as made:
        yield made


def _kedro(project: TinyProject, *words: str) -> Result:
    commands = KedroCLI(project.path)
    return CliRunner().invoke(commands, words, obj=commands._metadata)


def test_kedros_own_commands_are_still_there(project: TinyProject) -> None:
    told = _kedro(project, "--help").output
    for command in ("run", "catalog", "registry", "ledger", "case"):
        assert f"\n  {command} " in told


def test_a_run_of_kedro_is_listed_with_its_start_up(project: TinyProject) -> None:
    assert _kedro(project, "run").exit_code == 0
    assert read_runs(project.ledger)["startup_seconds"].notna().all()
    told = _kedro(project, "ledger", "runs")
    assert told.exit_code == 0
    assert "__default__" in told.output
    assert "outside_share" in told.output


def test_the_steps_of_the_newest_run_or_of_another_are_listed(project: TinyProject) -> None:
    project.run()
    first = read_runs(project.ledger)["run_id"].iloc[0]
    project.run("memory")
    assert "halve_in_memory" in _kedro(project, "ledger", "steps").output
    told = _kedro(project, "ledger", "steps", first, "--format", "json")
    assert [step["step"] for step in json.loads(told.output)] == ["make_rows", "halve_rows", "conclude", "write_report"]


def test_the_newest_runs_are_written_for_programs(project: TinyProject) -> None:
    project.run()
    project.run("memory")
    runs = pd.read_csv(StringIO(_kedro(project, "ledger", "runs", "--last", "1", "--format", "csv").output))
    assert runs["pipeline"].tolist() == ["memory"]
    assert {"runtime_params", "host", "outside_share"} <= set(runs.columns)


def test_the_share_of_work_beside_the_pipelines_is_shown(project: TinyProject) -> None:
    project.run()
    project.run("scratch", env="adhoc")
    shares = json.loads(_kedro(project, "ledger", "share", "--format", "json").output)
    assert {(share["env"], share["pipeline"]) for share in shares} == {("local", "__default__"), ("adhoc", "scratch")}
    assert sum(share["wall_share"] for share in shares) == pytest.approx(1)


def test_an_environment_with_a_ledger_of_its_own_is_read_there(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("conf/other/globals.yml", "data: other\n")
    project.run()
    project.run()
    project.run(env="other")
    assert len(json.loads(_kedro(project, "ledger", "runs", "--env", "other", "--format", "json").output)) == 1
    monkeypatch.setenv("KEDRO_ENV", "other")
    assert len(json.loads(_kedro(project, "ledger", "runs", "--format", "json").output)) == 1


@pytest.mark.parametrize("command", ["runs", "steps", "share"])
def test_without_a_ledger_the_way_out_is_told(project: TinyProject, command: str) -> None:
    told = _kedro(project, "ledger", command)
    assert told.exit_code == 1
    assert f"data{os.sep}ledger.db' does not exist yet. Run a pipeline first: kedro run." in told.output
    assert not project.ledger.exists()


def test_an_environment_that_is_not_there_is_named(project: TinyProject) -> None:
    told = _kedro(project, "ledger", "runs", "--env", "moon")
    assert told.exit_code == 1
    assert "Environment 'moon' has no folder" in told.output


def test_an_environment_without_a_ledger_says_so(project: TinyProject) -> None:
    project.write("conf/local/globals.yml", "ledger: null\n")
    told = _kedro(project, "ledger", "runs")
    assert told.exit_code == 1
    assert "Environment 'local' keeps no ledger. Set 'ledger' in its globals.yml." in told.output


def test_a_run_that_is_not_there_is_named(project: TinyProject) -> None:
    project.run()
    told = _kedro(project, "ledger", "steps", "r9")
    assert told.exit_code == 1
    assert "Run 'r9' is not in the ledger" in told.output


def test_a_table_for_people_has_blanks_and_round_numbers() -> None:
    frame = pd.DataFrame(
        {"step": ["fit", "judge"], "rows_in": pd.array([9_600, None], "Int64"), "wall_seconds": [1.23456, 1_000.0]}
    )
    assert written(frame, form="table", columns=("step", "rows_in", "wall_seconds")).splitlines() == [
        " step rows_in wall_seconds",
        "  fit   9,600         1.23",
        "judge             1,000.00",
    ]


def test_a_case_is_drafted_from_a_file_and_told(project: TinyProject) -> None:
    orders().to_csv(project.path / "orders.csv", index=False, sep="\t")
    words = ("--from", "orders.csv", "--target", "bought", "--key", "Order-No", "--sep", "tab", "--copy")
    told = _kedro(project, "case", "new", "shop", *words)
    assert told.exit_code == 0
    assert "Case 'shop' is drafted in conf/shop: binary, 300 rows" in told.output
    assert told.output.endswith("It runs as it is:\n  kedro run --env shop\n")
    assert (project.path / "data" / "01_raw" / "shop" / "orders.csv").exists()
    assert (project.path / "conf" / "shop" / "parameters_problem.yml").exists()


def test_a_case_that_cannot_be_drafted_says_why(project: TinyProject) -> None:
    orders().to_csv(project.path / "orders.csv", index=False, header=False)
    words = ("--from", "orders.csv", "--names", "a, b,c ,d,e,f,g,bought")
    told = _kedro(project, "case", "new", "shop", *words, "--target", "boght")
    assert told.exit_code == 1
    assert "Column 'boght' (--target) is not in the table. Did you mean 'bought'?" in told.output
    assert not (project.path / "conf" / "shop").exists()
    assert _kedro(project, "case", "new", "shop", *words, "--target", "bought").exit_code == 0
    again = _kedro(project, "case", "new", "shop", *words, "--target", "bought")
    assert "'conf/shop' exists already. Choose another name, or say --force" in again.output


def test_a_source_does_not_take_the_name_of_a_dataset_of_the_project(project: TinyProject) -> None:
    orders().to_parquet(project.path / "verdict.parquet")
    assert _kedro(project, "case", "new", "shop", "--from", "verdict.parquet", "--target", "bought").exit_code == 0
    assert (project.path / "conf" / "shop" / "catalog.yml").read_text().splitlines()[1] == "verdict_table:"
