"""Wiring of monitoring."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.case_sources import declared_sources
from evergreen.pipelines.monitoring.answered import read_answers
from evergreen.pipelines.monitoring.checks import check_service, compare_with_batch
from evergreen.pipelines.monitoring.life import find_incidents, tabulate_windows
from evergreen.pipelines.monitoring.notices import write_notices
from evergreen.pipelines.monitoring.report import (
    collect_watched,
    describe_window,
    summarise_window,
    write_window_page,
)
from evergreen.pipelines.monitoring.tallies import tally_windows
from evergreen.pipelines.monitoring.watch import (
    gather_outcomes,
    watch_drift,
    watch_outcomes,
    watch_ranges,
    watch_scores,
)
from evergreen.pipelines.monitoring.whole_life import collect_life, tabulate_life, tell_life
from evergreen.pipelines.monitoring.windows import keep_watched_rows, profile_windows

_WINDOW = ["new_rows", "predictions"]


def create_pipeline() -> Pipeline:
    """Wire monitoring for the sources of the case that runs.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [*_gathering(), *_following(), *_watching(), *_publishing(), *_telling_life()],
        namespace="monitoring",
        prefix_datasets_with_namespace=False,
    )


def _gathering() -> list[Node]:
    return [
        Node(
            read_answers,
            inputs=["params:monitoring", "params:as_of", "champion", "prediction_log", "earlier_answers"],
            outputs=["answered_rows", "answers", "answers_read"],
            name="read_answers",
        ),
        Node(
            keep_watched_rows,
            inputs=[
                "params:monitoring",
                "params:as_of",
                "champion",
                *_WINDOW,
                "answered_rows",
                "earlier_watched_rows",
            ],
            outputs="watched_rows",
            name="keep_watched_rows",
        ),
        Node(
            gather_outcomes,
            inputs=["params:problem", "params:as_of", "watched_rows", "prediction_log", *declared_sources()],
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
                "answers",
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
            compare_with_batch,
            inputs=["champion", "new_rows", "watched_rows"],
            outputs="input_skew",
            name="compare_with_batch",
        ),
        Node(
            check_service,
            inputs=["params:monitoring", "champion", "answers_read", "input_skew", "window_profiles"],
            outputs="service_checks",
            name="check_service",
        ),
        Node(
            summarise_window,
            inputs=[
                "params:monitoring",
                "champion",
                "new_rows_quarantine",
                "predictions",
                "watched",
                "incidents",
                "service_checks",
            ],
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


def _telling_life() -> list[Node]:
    tallies = ["window_rules", "window_groups"]
    tables = ["life_windows", "life_distances"]
    return [
        Node(
            tally_windows,
            inputs=[
                "params:monitoring",
                "champion",
                "watched_rows",
                "outcomes",
                "window_profiles",
                "earlier_window_rules",
                "earlier_window_groups",
            ],
            outputs=tallies,
            name="tally_windows",
        ),
        Node(
            tabulate_life,
            inputs=[
                "params:monitoring",
                "params:as_of",
                "champion",
                "past_releases",
                "window_profiles",
                "window_alarms",
            ],
            outputs=tables,
            name="tabulate_life",
        ),
        Node(collect_life, inputs=[*tables, *tallies, "incidents"], outputs="life", name="collect_life"),
        Node(
            tell_life,
            inputs=[
                "params:problem",
                "params:monitoring",
                "params:as_of",
                "champion",
                "past_releases",
                "life",
                "past_drills",
                "past_retraining",
                "past_runs",
            ],
            outputs="life_page",
            name="tell_life",
        ),
    ]
