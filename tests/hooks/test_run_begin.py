"""What is known of a run before it starts."""

import json
from typing import Any

import pytest

from evergreen.hooks.begin import params_json, runner_name
from evergreen.hooks.watch import stage_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("<kedro.runner.thread_runner.ThreadRunner object at 0x7f0>", "ThreadRunner", id="an object"),
        pytest.param("ParallelRunner", "ParallelRunner", id="a name"),
        pytest.param("None", "SequentialRunner", id="the default, in words"),
        pytest.param(None, "SequentialRunner", id="the default"),
    ],
)
def test_a_runner_is_named_by_its_class(text: str | None, name: str) -> None:
    assert runner_name(text) == name


def test_secrets_are_masked_at_any_depth_and_all_else_is_kept() -> None:
    params = {
        "as_of": "2010-06-30",
        "db": {"Password": "x", "port": 5},
        "api_token": "y",
        "folds": [1, {"k": object, "secret": 1}],
    }
    written = json.loads(params_json(params))
    assert written["db"] == {"Password": "***", "port": 5}
    assert {**written, "db": None} == {
        "as_of": "2010-06-30",
        "db": None,
        "api_token": "***",
        "folds": [1, {"k": str(object), "secret": "***"}],
    }


class _Node:
    def __init__(self, namespace: str | None = None, tags: set[str] = frozenset(), module: str = "") -> None:  # type: ignore[assignment]
        self.namespace, self.tags = namespace, tags
        self.func = type("function", (), {"__module__": module})


@pytest.mark.parametrize(
    ("node", "stage"),
    [
        pytest.param(_Node("modelling", {"slow"}), "modelling", id="namespace first"),
        pytest.param(
            _Node(None, {"modelling"}, "evergreen.pipelines.other.nodes"), "modelling", id="then the only tag"
        ),
        pytest.param(_Node(None, {"a", "b"}, "evergreen.pipelines.modelling.tune"), "modelling", id="then the folder"),
        pytest.param(_Node(None, set(), "evergreen.tables.repair"), None, id="else none"),
        pytest.param(_Node(None, set(), "evergreen.pipelines"), None, id="no folder below"),
    ],
)
def test_a_stage_is_found(node: Any, stage: str | None) -> None:
    assert stage_of(node) == stage
