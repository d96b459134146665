"""Wiring of monitoring."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.case_sources import declared_sources
from evergreen.pipelines.monitoring.life import find_incidents, tabulate_windows
from evergreen.pipelines.monitoring.notices import write_notices
from evergreen.pipelines.monitoring.report import (
    collect_watched,
    describe_window,
    summarise_window,
    write_window_page,
)
from evergreen.pipelines.monitoring.watch import (
    gather_outcomes,
    watch_drift,
    watch_outcomes,
    watch_ranges,
    watch_scores,
)
from evergreen.pipelines.monitoring.windows import keep_watched_rows, profile_windows

_WINDOW = ["new_rows", "predictions"]


def create_pipeline() -> Pipeline:
    """Wire monitoring for the sources of the case that runs.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [*_gathering(), *_following(), *_watching(), *_publishing()],
        namespace="monitoring",
        prefix_datasets_with_namespace=False,
    )


def _gathering() -> list[Node]:
    return [
        Node(
            keep_watched_rows,
            inputs=["params:monitoring", "params:as_of", "champion", *_WINDOW, "earlier_watched_rows"],
            outputs="watched_rows",
            name="keep_watched_rows",
        ),
        Node(
            gather_outcomes,
            inputs=["params:problem", "params:as_of", "watched_rows", *declared_sources()],
            outputs="outcomes",
            name="gather_outcomes",
        ),
    ]


def _following() -> list[Node]:
    return [
        Node(
            profile_windows,
            inputs=[
                "params:monitoring",
                "params:as_of",
                "champion",
                "watched_rows",
                "new_rows_quarantine",
                "outcomes",
                "earlier_window_profiles",
            ],
            outputs="window_profiles",
            name="profile_windows",
        ),
        Node(
            find_incidents,
            inputs=["params:monitoring", "params:as_of", "champion", "window_profiles", "earlier_window_alarms"],
            outputs=["window_alarms", "incidents"],
            name="find_incidents",
        ),
        Node(
            tabulate_windows,
            inputs=["params:monitoring", "champion", "window_profiles", "window_alarms"],
            outputs="window_figures",
            name="tabulate_windows",
        ),
        Node(write_notices, inputs=["params:problem", "incidents"], outputs="notices", name="write_notices"),
    ]


def _watching() -> list[Node]:
    return [
        Node(watch_drift, inputs=["params:monitoring", "champion", *_WINDOW], outputs="drift", name="watch_drift"),
        Node(watch_ranges, inputs=["champion", "new_rows"], outputs="ranges", name="watch_ranges"),
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
            collect_watched,
            inputs=["drift", "ranges", "score_shift", "realised"],
            outputs="watched",
            name="collect_watched",
        ),
        Node(
            summarise_window,
            inputs=["params:monitoring", "champion", "new_rows_quarantine", "predictions", "watched", "incidents"],
            outputs="monitoring",
            name="summarise_window",
        ),
        Node(
            describe_window,
            inputs=["params:problem", "params:as_of", "new_rows", "new_rows_quarantine", "watched"],
            outputs="window",
            name="describe_window",
        ),
        Node(
            write_window_page,
            inputs=[
                "params:problem",
                "champion",
                "monitoring",
                "watched",
                "window",
                "incidents",
                "window_figures",
            ],
            outputs="monitoring_page",
            name="write_window_page",
        ),
    ]
