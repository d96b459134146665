"""When the outputs of a stage may be put into place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro.pipeline import Node, Pipeline

from evergreen.hooks.stages import StagePlan, stage_by_stage, stage_name


def work(*_: object) -> None:
    """Stand for any work."""


def a_node(name: str, stage: str, inputs: list[str], *, outputs: list[str] | None = None) -> Node:
    # Kedro refuses namespaces that are left and entered again; tags are stages too.
    made = [f"{name}_out"] if outputs is None else outputs
    return Node(work, inputs=inputs or None, outputs=made, name=name, tags=stage)


def ended(plan: StagePlan, pipeline: Pipeline, *names: str) -> list[list[str]]:
    nodes = {node.short_name: node for node in pipeline.nodes}
    return [sorted(plan.end(nodes[name])) for name in names]


_TWO = Pipeline(
    [
        a_node("gather", "data", []),
        a_node("clean", "data", ["gather_out"]),
        a_node("profile", "data", ["clean_out"]),
        a_node("fit", "model", ["clean_out"]),
        a_node("score", "model", ["fit_out"], outputs=[]),
    ]
)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param(
            ("gather", "clean", "profile", "fit", "score"),
            [[], [], ["clean_out", "gather_out", "profile_out"], [], ["fit_out"]],
            id="one after the other",
        ),
        pytest.param(
            ("gather", "clean", "fit", "score", "profile"),
            [[], [], [], [], ["clean_out", "fit_out", "gather_out", "profile_out"]],
            id="the second waits for the first, which it has read from",
        ),
    ],
)
def test_a_stage_is_complete_with_its_last_node(order: tuple[str, ...], expected: list[list[str]]) -> None:
    assert ended(StagePlan(_TWO), _TWO, *order) == expected


def test_a_part_of_a_stage_is_complete_with_the_last_node_of_the_part() -> None:
    part = _TWO.from_nodes("fit")
    assert ended(StagePlan(part), part, "fit", "score") == [[], ["fit_out"]]


def test_stages_that_read_from_each_other_are_complete_together() -> None:
    mixed = Pipeline(
        [a_node("a", "one", []), a_node("b", "two", ["a_out"]), a_node("c", "one", ["b_out"]), a_node("d", "two", [])]
    )
    assert ended(StagePlan(mixed), mixed, "a", "b", "d", "c") == [[], [], [], ["a_out", "b_out", "c_out", "d_out"]]


def test_a_node_rests_on_all_it_is_made_from() -> None:
    nodes = {node.short_name: node for node in _TWO.nodes}
    assert StagePlan(_TWO).rests_on(nodes["score"]) == {"gather_out", "clean_out", "fit_out"}
    assert StagePlan(_TWO).rests_on(nodes["gather"]) == set()


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        pytest.param(list(_TWO.nodes), "gather clean profile fit score", id="the page before the model"),
        pytest.param(
            [a_node("z", "one", []), a_node("y", "two", []), a_node("x", "one", ["z_out"])],
            "y z x",
            id="as Kedro begins",
        ),
        pytest.param(
            [a_node("a", "one", []), a_node("b", "two", ["a_out"]), a_node("c", "one", ["b_out"])],
            "a b c",
            id="where stages need each other, as Kedro has it",
        ),
    ],
)
def test_a_stage_ends_before_the_next_begins(nodes: list[Node], expected: str) -> None:
    assert " ".join(node.short_name for node in stage_by_stage(Pipeline(nodes))) == expected


@pytest.mark.parametrize(
    ("namespace", "expected"), [("data", "data"), ("data.inner", "data"), ("", "")], ids=["one", "nested", "none"]
)
def test_a_stage_is_the_outermost_namespace(namespace: str, expected: str) -> None:
    assert stage_name(Node(work, inputs=None, outputs="x", namespace=namespace or None)) == expected


@given(data=st.data())
def test_whatever_the_graph_nothing_is_in_place_before_what_it_rests_on(data: st.DataObject) -> None:
    n_nodes = data.draw(st.integers(1, 8))
    stages = data.draw(st.lists(st.sampled_from("pqr"), min_size=n_nodes, max_size=n_nodes))
    parents = [data.draw(st.sets(st.integers(0, place - 1))) if place else set() for place in range(n_nodes)]
    nodes = [
        a_node(f"n{place}", stages[place], [f"n{parent}_out" for parent in sorted(parents[place])])
        for place in range(n_nodes)
    ]
    pipeline = Pipeline(nodes)
    ordered = [int(node.short_name[1:]) for node in stage_by_stage(pipeline)]
    assert sorted(ordered) == list(range(n_nodes))
    assert all(parents[place] <= set(ordered[:position]) for position, place in enumerate(ordered))
    plan, waiting, gone, in_place = StagePlan(pipeline), set(range(n_nodes)), set(), set()
    while waiting:
        place = data.draw(st.sampled_from(sorted(place for place in waiting if parents[place] <= gone)))
        waiting.remove(place)
        gone.add(place)
        released = plan.end(nodes[place])
        assert released.isdisjoint(in_place)
        in_place |= released
        for other in range(n_nodes):
            if f"n{other}_out" in released:
                assert {peer for peer in range(n_nodes) if stages[peer] == stages[other]} <= gone
                assert plan.rests_on(nodes[other]) <= in_place
    assert in_place == {f"n{place}_out" for place in range(n_nodes)}
