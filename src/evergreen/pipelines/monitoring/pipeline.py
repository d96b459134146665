"""Wiring of monitoring."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.case_sources import declared_sources
from evergreen.pipelines.monitoring.report import collect_details, summarise_window, write_window_page
from evergreen.pipelines.monitoring.watch import gather_outcomes, watch_drift, watch_outcomes, watch_scores

_WINDOW = ["new_rows", "predictions"]


def create_pipeline() -> Pipeline:
    """Wire monitoring for the sources of the case that runs.

    Returns:
        The pipeline.
    """
    return Pipeline([_gathering(), *_watching(), *_publishing()], tags="monitoring")


def _gathering() -> Node:
    return Node(
        gather_outcomes,
        inputs=["params:problem", "params:as_of", *declared_sources()],
        outputs="outcomes",
        name="gather_outcomes",
    )


def _watching() -> list[Node]:
    return [
        Node(watch_drift, inputs=["params:monitoring", "champion", *_WINDOW], outputs="drift", name="watch_drift"),
        Node(watch_scores, inputs=["champion", "predictions"], outputs="score_shift", name="watch_scores"),
        Node(
            watch_outcomes,
            inputs=["params:monitoring", "champion", *_WINDOW, "outcomes"],
            outputs="realised",
            name="watch_outcomes",
        ),
    ]


def _publishing() -> list[Node]:
    return [
        Node(
            summarise_window,
            inputs=["params:monitoring", "champion", "new_rows_quarantine", "predictions", "drift", "realised"],
            outputs="monitoring",
            name="summarise_window",
        ),
        Node(
            collect_details,
            inputs=["params:problem", "new_rows", "new_rows_quarantine", "drift", "score_shift", "realised"],
            outputs="monitoring_details",
            name="collect_details",
        ),
        Node(
            write_window_page,
            inputs=["params:problem", "params:as_of", "champion", "monitoring", "monitoring_details"],
            outputs="monitoring_page",
            name="write_window_page",
        ),
    ]
