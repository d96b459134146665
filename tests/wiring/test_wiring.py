"""The graph and the configuration fit each other."""

import inspect
import types
from typing import get_type_hints

import yaml
from kedro.pipeline import Node
from pydantic import BaseModel

from evergreen.hooks.case_hooks import GLOBALS, OF_COMMANDS, PARAMETERS
from evergreen.pipeline_registry import LINE
from evergreen.serving.params import ServingParams
from tests.wiring.conftest import ROOT, Wired


def test_every_dataset_is_declared(wired: Wired) -> None:
    names = {name for name in wired.datasets if not name.startswith("params:")}
    assert sorted(names - set(wired.conf_catalog)) == []


def test_every_entry_of_the_catalog_is_used(wired: Wired) -> None:
    own = wired.conf_catalog
    if wired.env != "base":
        files = (ROOT / "conf" / wired.env).glob("catalog*.yml")
        own = {name for file in files for name in own if f"\n{name}:" in f"\n{file.read_text()}"}
    assert sorted(set(own) - wired.datasets) == []


def test_every_parameter_is_read(wired: Wired) -> None:
    read = {name.removeprefix("params:") for name in wired.everything.inputs() if name.startswith("params:")}
    assert read | set(OF_COMMANDS) == set(wired.parameters)
    assert read.isdisjoint(OF_COMMANDS)


def test_the_known_parameters_and_globals_are_those_that_are_read(wired: Wired) -> None:
    assert set(PARAMETERS) == set(wired.parameters)
    found = {key for file in (ROOT / "conf").rglob("globals.yml") for key in yaml.safe_load(file.read_text())}
    assert found <= set(GLOBALS)


def parameter_types(node: Node) -> dict[str, object]:
    hints = get_type_hints(node.func)
    arguments = list(inspect.signature(node.func).parameters)
    return {name: hints.get(arguments[i]) for i, name in enumerate(node.inputs) if name.startswith("params:")}


def test_every_parameter_is_parsed_into_a_frozen_model(wired: Wired) -> None:
    untyped = [
        (node.name, name, kind)
        for node in wired.everything.nodes
        for name, kind in parameter_types(node).items()
        if not (isinstance(kind, type) and issubclass(kind, BaseModel))
    ]
    assert untyped == []


def test_parameters_arrive_parsed(wired: Wired) -> None:
    names = {name for name in wired.everything.inputs() if name.startswith("params:")}
    assert [name for name in names if not isinstance(wired.catalog.load(name), BaseModel)] == []


def test_parameters_of_commands_are_parsed_into_frozen_models(wired: Wired) -> None:
    models = {"serving": ServingParams}
    assert set(models) == set(OF_COMMANDS)
    for name, model in models.items():
        told = model.model_validate(wired.parameters[name])
        assert told.model_config["frozen"]


def test_nodes_are_plain_functions_named_after_themselves(wired: Wired) -> None:
    for node in wired.everything.nodes:
        assert isinstance(node.func, types.FunctionType)
        assert node.short_name == node.func.__name__
        assert node.func.__doc__, f"{node.name} says nothing about itself"


def test_no_two_nodes_share_a_name(wired: Wired) -> None:
    # The ledger knows the steps of a run by their short names.
    names = [node.short_name for node in wired.everything.nodes]
    assert len(names) == len(set(names))


def test_inputs_are_lists_so_that_kedro_finds_their_types(wired: Wired) -> None:
    # A node whose inputs are a dict is passed raw parameters: Kedro 1.7 looks them up the wrong way round.
    assert [node.name for node in wired.everything.nodes if isinstance(node._inputs, dict)] == []


def test_every_node_belongs_to_its_stage(wired: Wired) -> None:
    for stage in (*LINE, "demo"):
        assert {node.namespace for node in wired.pipelines[stage].nodes} == {stage}


def test_the_default_pipeline_is_the_whole_line(wired: Wired) -> None:
    line = {node.name for stage in LINE for node in wired.pipelines[stage].nodes}
    assert {node.name for node in wired.pipelines["__default__"].nodes} == line


def test_nothing_before_the_verdict_reads_the_holdout(wired: Wired) -> None:
    upstream = wired.pipelines["__default__"].to_nodes("evaluation.score_holdout").nodes
    readers = [node.name for node in upstream if reads_holdout(node)]
    assert sorted(readers) == ["evaluation.open_holdout", "evaluation.score_holdout"]


def test_nothing_that_knows_of_the_holdout_reaches_a_model(wired: Wired) -> None:
    line = wired.pipelines["__default__"]
    told, tellers = {"holdout"}, []
    for node in line.nodes:  # in an order in which each follows what it reads
        if told & {name.split("@")[0] for name in node.inputs}:
            tellers.append(node.name)
            told |= {name.split("@")[0] for name in node.outputs}
    stages = {name.split(".")[0] for name in tellers}
    assert stages.isdisjoint({"modelling"})
    # What counts the rows of both sides, or looks for rows that stand on both, and the page that shows it.
    assert {name for name in tellers if name.startswith("data_processing.")} == {
        "data_processing.measure_groups_of_decisions",
        "data_processing.check_plan",
        "data_processing.find_suspects_in_splits",
        "data_processing.write_profile_page",
    }


def test_the_holdout_has_one_place_and_one_name(wired: Wired) -> None:
    places = {name: str(entry.get("filepath", "")) for name, entry in wired.conf_catalog.items()}
    own = places["holdout@pandas"]
    assert own.endswith("holdout.parquet")
    assert {name.split("@")[0] for name, place in places.items() if place == own} == {"holdout"}


def test_nothing_is_learnt_of_the_holdout_before_its_opening_is_written_down(wired: Wired) -> None:
    line = wired.pipelines["__default__"]
    before = {node.name for node in line.to_nodes("evaluation.score_holdout").nodes}
    assert "evaluation.open_holdout" in before
    # What asks for the look waits for the opening.
    scored = line.from_nodes(
        *(node.name for node in wired.pipelines["evaluation"].nodes if "look" in node.inputs)
    ).nodes
    readers = {node.name for node in wired.pipelines["evaluation"].nodes if reads_holdout(node)}
    assert readers - {node.name for node in scored} == {"evaluation.open_holdout"}


def test_what_tells_of_the_holdout_teaches_no_model(wired: Wired) -> None:
    line = wired.pipelines["__default__"]
    tellers = {node.name: set(node.outputs) for node in line.nodes if reads_holdout(node)}
    learning = line.to_nodes("modelling.tune_candidates", "modelling.fit_challenger").datasets()
    assert {name: sorted(told & learning) for name, told in tellers.items() if told & learning} == {}


def reads_holdout(node: Node) -> bool:
    return any(name.split("@")[0] == "holdout" for name in node.inputs)


def test_learning_reads_neither_new_rows_nor_outcomes_that_come_later(wired: Wired) -> None:
    learning = wired.pipelines["__default__"].to_nodes("modelling.fit_challenger").datasets()
    assert learning.isdisjoint({"holdout_predictions", "new_rows", "new_rows_gathered", "predictions", "outcomes"})


def test_every_table_has_a_layer_in_the_graph(wired: Wired) -> None:
    bare = [name for name, entry in wired.conf_catalog.items() if "layer" not in str(entry.get("metadata"))]
    assert [name for name in bare if not name.startswith("scratch_")] == []


def test_base_and_cases_hold_no_absolute_path() -> None:
    texts = {file.name: file.read_text() for file in (ROOT / "conf").rglob("*.yml")}
    assert [name for name, text in texts.items() if ": /" in text] == []
