"""Wiring of the rehearsal."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.case_sources import declared_sources
from evergreen.pipelines.rehearsal.nodes import draw_courses, gather_past, replay_past, tell_rehearsal


def create_pipeline() -> Pipeline:
    """Wire the rehearsal for the sources of the case that runs.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [
            Node(
                gather_past,
                inputs=["params:problem", "params:as_of", *declared_sources()],
                outputs="past",
                name="gather_past",
            ),
            Node(
                replay_past,
                inputs=["params:problem", "params:as_of", "params:rehearsal", "past", "cpu_clock"],
                outputs=["rehearsal", "rehearsal_batches"],
                name="replay_past",
            ),
            Node(
                draw_courses,
                inputs=["rehearsal", "rehearsal_batches"],
                outputs="rehearsal_figure",
                name="draw_courses",
            ),
            Node(
                tell_rehearsal,
                inputs=["rehearsal", "rehearsal_batches", "rehearsal_figure"],
                outputs="rehearsal_page",
                name="tell_rehearsal",
            ),
        ],
        namespace="rehearsal",
        prefix_datasets_with_namespace=False,
    )
