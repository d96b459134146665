"""The pages name the pipelines and nodes that there are, with all that each reads and writes."""

import re
from collections.abc import Callable

import pytest
from kedro.pipeline import Node

from evergreen.pipeline_registry import LINE
from evergreen.pipelines.case_sources import DEMO_SOURCES
from tests.house.conftest import Base
from tests.house.pages import names, read_page, rows, sections

PAGE, GRAPH = "reference/pipelines.md", "how-to/see-the-graph.md"
Flow = tuple[list[str], list[str]]
Check = Callable[[str, Base], list[str]]


def told_data(cell: str) -> list[str]:
    """The datasets of a cell with their marks, without what stands in parentheses."""
    told = re.sub(r"\([^)]*\)", "", cell).replace("*sources*", ", ".join(f"`{name}`" for name in DEMO_SOURCES))
    return sorted(re.findall(r"`[^`]+`(?:\\\*)?", told))


def made_data(data: list[str], base: Base) -> list[str]:
    """Datasets as the page writes them: what stays in memory bears a mark."""
    in_memory = {name for name in data if base.catalog.get(name, {}).get("type") == "MemoryDataset"}
    return sorted(f"`{name}`" + (r"\*" if name in in_memory else "") for name in data)


def told_nodes(text: str) -> dict[str, Flow]:
    """The nodes of a section; where a table says "reads besides", a sentence above it names what most of them read."""
    ground = re.search(r"All nodes .*?\sread\s(`.*?)\.\n", text, re.DOTALL)
    found = {}
    for row in rows(text, "node"):
        reads = row.get("reads", "")
        if "reads besides" in row:
            besides = row["reads besides"]
            reads = besides if besides.startswith("only ") or ground is None else f"{ground.group(1)}, {besides}"
        found[row["node"].strip("`")] = (told_data(reads), told_data(row["writes"]))
    return found


def made_nodes(pipeline: str, base: Base) -> dict[str, Flow]:
    def flow(node: Node) -> Flow:
        return made_data(node.inputs, base), made_data(node.outputs, base)

    return {str(node.short_name): flow(node) for node in base.pipelines[pipeline].nodes}


def differing_nodes(page: str, base: Base) -> list[str]:
    parts = sections(page)
    found = []
    for pipeline in sorted(base.pipelines.keys() - {"__default__"}):
        told, made = told_nodes(parts.get(pipeline, "")), made_nodes(pipeline, base)
        if pipeline == "readmission":
            # The page says that all others are those of data_processing.
            usual = made_nodes("data_processing", base)
            made = {name: flow for name, flow in made.items() if flow != usual.get(name)}
        odd = sorted(name for name in told.keys() | made.keys() if told.get(name) != made.get(name))
        found += [f"{pipeline}.{name} is told as {told.get(name)} and is {made.get(name)}" for name in odd]
    return found


def differing_pipelines(page: str, base: Base) -> list[str]:
    listed = {name for row in rows(page, "name") for name in names(row["name"])} | set(LINE)
    told = {*sections(page), "__default__"}
    return sorted((listed ^ base.pipelines.keys()) | (told ^ base.pipelines.keys()))


def differing_listing(page: str, base: Base) -> list[str]:
    listed = re.findall(r"^- (\w+)$", page, re.MULTILINE)
    return [] if listed == sorted(base.pipelines) else [f"listed are {listed}"]


@pytest.mark.parametrize(
    ("check", "page"), [(differing_pipelines, PAGE), (differing_nodes, PAGE), (differing_listing, GRAPH)]
)
def test_the_page_tells_what_there_is(check: Check, page: str, base: Base) -> None:
    assert check(read_page(page), base) == []


def test_readmission_takes_the_place_of_the_nodes_that_the_page_names(base: Base) -> None:
    told = set(names(sections(read_page(PAGE))["readmission"].split("| node |")[0]))
    replaced = made_nodes("data_processing", base).keys() - made_nodes("readmission", base).keys()
    assert told == replaced | {"data_processing"}


@pytest.mark.parametrize(
    ("check", "page", "told", "instead"),
    [
        (differing_pipelines, PAGE, "| `drills` |", "| `drill` |"),
        (differing_pipelines, PAGE, "## `rehearsal`", "## `rehearse`"),
        (differing_nodes, PAGE, "| `judge_limits` |", "| `judge_limit` |"),
        (differing_nodes, PAGE, "`suspects`, `bias_plan_check` |", "`suspects` |"),
        (differing_nodes, PAGE, "| `finalists`\\* |", "| `finalists` |"),
        (differing_nodes, PAGE, "read `params:problem`, `params:modelling` and", "read `params:problem` and"),
        (differing_nodes, PAGE, "only `params:problem`, `tuning_history`", "`params:problem`, `tuning_history`"),
        (differing_listing, GRAPH, "- drills\n", ""),
    ],
)
def test_a_page_that_is_wrong_is_found_out(check: Check, page: str, told: str, instead: str, base: Base) -> None:
    text = read_page(page)
    assert told in text
    assert check(text.replace(told, instead), base) != []
