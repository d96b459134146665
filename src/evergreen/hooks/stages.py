"""Which stages of a run are complete, and may be put into place."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from evergreen.hooks.watch import stage_of


class StagePlan:
    """Follows a run from node to node.

    A stage is complete when those of its nodes that are in the run have ended. It may be put into place once all stages
    that it has read from are complete too: a model whose rows are given up must not stay.

    Args:
        pipeline: the nodes of the run.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._nodes = {node.name: node for node in pipeline.nodes}
        self._parents = {node.name: [one.name for one in parents] for node, parents in _parents(pipeline)}
        self._stages: dict[str, set[str]] = {}
        for node in pipeline.nodes:
            self._stages.setdefault(stage_name(node), set()).add(node.name)
        self._needs = {stage: self._needed(names) - {stage} for stage, names in self._stages.items()}
        self._ended: set[str] = set()
        self._in_place: set[str] = set()

    def end(self, node: Node) -> set[str]:
        """Note that a node has ended.

        Args:
            node: a node of the run.

        Returns:
            The names of the datasets whose stages are to be put into place now; mostly none.
        """
        self._ended.add(node.name)
        ready = {stage for stage, names in self._stages.items() if names <= self._ended} - self._in_place
        # Stages that read from each other are ready together or not at all.
        while unready := {stage for stage in ready if not self._needs[stage] <= ready | self._in_place}:
            ready -= unready
        self._in_place |= ready
        return self._outputs(name for stage in ready for name in self._stages[stage])

    def rests_on(self, node: Node) -> set[str]:
        """Say what a node rests on.

        Args:
            node: a node of the run.

        Returns:
            The names of all datasets of the run from which what it makes is made.
        """
        seen: set[str] = set()
        waiting = list(self._parents.get(node.name, ()))
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self._parents[name]
        return self._outputs(seen)

    def _needed(self, names: set[str]) -> set[str]:
        parents = (parent for name in names for parent in self._parents[name])
        return {stage_name(self._nodes[parent]) for parent in parents}

    def _outputs(self, names: Iterable[str]) -> set[str]:
        return {output for name in names for output in self._nodes[name].outputs}


def stage_by_stage(pipeline: Pipeline) -> list[Node]:
    """Order nodes so that a stage ends before the next one begins.

    Kedro goes by the distance from the sources: the last page of one stage may come after the first model of the next,
    and an error there would take the whole first stage with it.

    Args:
        pipeline: the nodes.

    Returns:
        The nodes, each after all it needs; inside a stage, and where stages need each other, in Kedro's order.
    """
    needs: dict[str, set[str]] = {}
    for node in pipeline.nodes:
        needs.setdefault(stage_name(node), set()).update(map(stage_name, pipeline.node_dependencies[node]))
    try:
        sorter = TopologicalSorter({stage: needed - {stage} for stage, needed in needs.items()})
        sorter.prepare()
    except CycleError:
        return list(pipeline.nodes)
    ranks: dict[str, int] = {}
    ready: list[str] = []
    while sorter.is_active():
        # What becomes ready is done at once: a stage, then those that waited for it.
        ready = sorted((*ready, *sorter.get_ready()), key=list(needs).index)
        stage = ready.pop(0)
        ranks[stage] = len(ranks)
        sorter.done(stage)
    return sorted(pipeline.nodes, key=lambda node: ranks[stage_name(node)])


def stage_name(node: Node) -> str:
    """Name the stage whose outputs a node's outputs belong to; nodes of no stage share one without a name."""
    return (stage_of(node) or "").split(".")[0]


def _parents(pipeline: Pipeline) -> Iterable[tuple[Node, set[Node]]]:
    return pipeline.node_dependencies.items()
