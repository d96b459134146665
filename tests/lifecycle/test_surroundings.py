"""What a user touches around the pipelines: commands, the ad-hoc environment, the notebook, the graph."""

import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from tests.browser import open_page
from tests.lifecycle.project_copy import call, copy_project
from tests.lifecycle.world import World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, demo_line: World) -> Path:
    """A copy of the project after one run of the line."""
    return copy_project(tmp_path_factory.mktemp("project_copy"), demo_line)


def test_a_run_from_the_command_line_tells_its_progress_and_closes_with_a_summary(project: Path) -> None:
    printed = call(project, "kedro", "run", "--pipelines", "monitoring")
    assert re.search(r"\[ ?1/\d+\] monitoring +\w+ +\d+\.\d s", printed)
    assert "Verdict on case 'demo' as of 2008-12-31: release (from an earlier run)" in printed
    assert "Monitoring: data/08_reporting/demo/monitoring.html" in printed
    assert "Traceback" not in printed
    assert "Warning" not in printed


def test_the_registry_reads_like_the_life_of_a_model(project: Path) -> None:
    listed = call(project, "kedro", "registry", "list")
    stages = ["data_processing", "modelling", "evaluation", "deployment", "scoring", "monitoring", "demo"]
    assert [stage for stage in stages if f"- {stage}" not in listed] == []


def test_a_misspelt_case_is_told_in_one_line_without_a_traceback(project: Path) -> None:
    printed = call(project, "kedro", "run", "--params", "as_of=1999-01-01", expect=1)
    assert "as_of 1999-01-01 is before the first decision" in printed
    assert "Traceback" not in printed


def test_adhoc_reads_production_and_is_refused_by_name_when_it_would_write(project: Path) -> None:
    verdict = project / "data" / "08_reporting" / "demo" / "verdict.json"
    before = verdict.read_bytes()
    printed = call(project, "kedro", "run", "--env", "adhoc", "--pipelines", "evaluation", expect=1)
    assert re.search(r"Datasets .*belong to production and the environment 'adhoc' may only read them", printed)
    assert "'criteria'" in printed
    assert verdict.read_bytes() == before


def test_the_ledger_can_be_read_from_the_command_line(project: Path) -> None:
    runs = json.loads(call(project, "kedro", "ledger", "runs", "--format", "json"))
    assert {run["case"] for run in runs} == {"demo"}
    assert "data_processing" in call(project, "kedro", "ledger", "steps", runs[0]["run_id"])


def test_the_notebook_runs_through_the_kedro_session(project: Path) -> None:
    notebook = nbformat.read(project / "notebooks" / "explore_a_case.ipynb", as_version=4)
    done = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": project / "notebooks"}}).execute()
    printed = "".join(output.get("text", "") for cell in done.cells for output in cell.get("outputs", []))
    assert "release as of 2008-12-31" in printed
    assert "Dataset 'verdict' belongs to production" in printed
    kept = pd.read_parquet(project / "data" / "scratch" / "demo" / "by_channel.parquet")
    assert set(kept["channel"]) == {"cellular", "landline", "callback"}


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(Path(__file__).parents[2] / "notebooks" / "explore_a_case.ipynb", as_version=4)
    assert [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_the_graph_is_built_and_ordered_by_stage(project: Path) -> None:
    call(project, "kedro", "viz", "build", "--include-previews")
    graph = json.loads((project / "build" / "api" / "main").read_text())
    stages = ["raw", "data_processing", "modelling", "evaluation", "deployment", "scoring", "monitoring"]
    assert [layer for layer in graph["layers"] if layer in stages] == stages
    nodes = [file.read_text() for file in (project / "build" / "api" / "nodes").iterdir()]
    assert len([node for node in nodes if '"PlotlyPreview"' in node]) == 12
    shown = [json.loads(node) for node in nodes if '"JSONPreview"' in node]
    files = {str(node.get("filepath", "")).rsplit("/", 1)[-1] for node in shown}
    assert {"metrics.json", "money.json", "criteria.json", "verdict.json"} <= files


@pytest.mark.browser
@pytest.mark.parametrize("name", ["report.html", "monitoring.html"])
@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (375, 800)], ids=["desktop", "phone"])
def test_the_pages_open_in_a_browser(demo_line: World, name: str, width: int, height: int) -> None:
    visit = open_page(demo_line.path("08_reporting", name), width=width, height=height)
    assert visit.console_errors == ()
    assert visit.requests == ()
    assert "<svg" in visit.dom
    assert visit.scroll_width <= width
