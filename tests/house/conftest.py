"""The demonstration as a run would see it, for pages that tell of it."""

import inspect
from dataclasses import dataclass
from typing import Any, get_type_hints

import pytest
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline
from pydantic import BaseModel

from evergreen.case_config import CaseConfigLoader
from evergreen.pipeline_registry import declare_sources, register_pipelines
from evergreen.pipelines.case_sources import DEMO_SOURCES
from evergreen.serving.params import ServingParams
from evergreen.settings import CONFIG_LOADER_ARGS
from tests.house.pages import ROOT

_TOLD_ELSEWHERE = ("problem", "as_of")


@dataclass(frozen=True)
class Base:
    """What ``conf/base`` and the code say.

    Attributes:
        pipelines: all of them, wired to the sources of the demonstration.
        catalog: the raw entries.
        parameters: the raw parameters.
        models: what the parameters of stages and commands are parsed into.
    """

    pipelines: dict[str, Pipeline]
    catalog: dict[str, Any]
    parameters: dict[str, Any]
    models: dict[str, type[BaseModel]]


@pytest.fixture(scope="session")
def base() -> Base:
    bootstrap_project(ROOT)
    declare_sources(DEMO_SOURCES)
    pipelines.set_requested(None)
    loader = CaseConfigLoader(str(ROOT / "conf"), env="base", **CONFIG_LOADER_ARGS)
    found = register_pipelines()
    return Base(found, loader["catalog"], loader["parameters"], _models(found))


def _models(found: dict[str, Pipeline]) -> dict[str, type[BaseModel]]:
    models: dict[str, type[BaseModel]] = {"serving": ServingParams}
    for node in (node for pipeline in found.values() for node in pipeline.nodes):
        given = zip(inspect.signature(node.func).parameters, node.inputs, strict=False)
        read = {word: name.removeprefix("params:") for word, name in given if name.startswith("params:")}
        if not models.keys() >= set(read.values()):
            hints = get_type_hints(node.func)
            models |= {name: hints[word] for word, name in read.items()}
    return {name: model for name, model in models.items() if name not in _TOLD_ELSEWHERE}
