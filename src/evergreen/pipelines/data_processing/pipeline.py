"""Wiring of data_processing."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.case_sources import declared_sources
from evergreen.pipelines.data_processing.health import (
    PROFILE_TABLES,
    find_suspects_in_splits,
    measure_usefulness_of_columns,
    profile_decisions,
    write_profile_page,
)
from evergreen.preparing.decisions import (
    balance_rows,
    gather_decisions,
    mark_decisions,
    settle_decisions,
    split_decisions,
)
from evergreen.preparing.groups import check_plan, measure_groups_of_decisions

_SPLITS = ["training@pandas", "holdout@pandas"]


def create_pipeline() -> Pipeline:
    """Wire data_processing for the sources of the case that runs.

    Returns:
        The pipeline.
    """
    return Pipeline([*_making(), *_telling()], namespace="data_processing", prefix_datasets_with_namespace=False)


def _making() -> list[Node]:
    return [
        Node(
            gather_decisions,
            inputs=["params:problem", "params:as_of", *declared_sources()],
            outputs=["gathered", "gathered_rows"],
            name="gather_decisions",
        ),
        Node(
            mark_decisions,
            inputs=["params:problem", "gathered"],
            outputs="marked",
            name="mark_decisions",
        ),
        Node(
            settle_decisions,
            inputs=["params:problem", "marked"],
            outputs=["repaired", "quarantine", "repairs", "repaired_rows"],
            name="settle_decisions",
        ),
        Node(
            split_decisions,
            inputs=["params:problem", "params:as_of", "params:data_processing", "repaired"],
            outputs=[
                "training@table",
                "holdout@table",
                "split_card",
                "split_rows",
                "outlier_limits",
                "outlier_repairs",
            ],
            name="split_decisions",
        ),
        Node(
            balance_rows,
            inputs=["gathered_rows", "repaired_rows", "split_rows"],
            outputs="row_ledger",
            name="balance_rows",
        ),
    ]


def _telling() -> list[Node]:
    return [
        Node(
            measure_groups_of_decisions,
            inputs=["params:problem", "params:data_processing", "marked", "repaired", *_SPLITS],
            outputs="group_ledger",
            name="measure_groups_of_decisions",
        ),
        Node(check_plan, inputs=["params:problem", "group_ledger"], outputs="bias_plan_check", name="check_plan"),
        Node(
            find_suspects_in_splits,
            inputs=["params:problem", "params:data_processing", *_SPLITS],
            outputs="suspects",
            name="find_suspects_in_splits",
        ),
        Node(
            measure_usefulness_of_columns,
            inputs=["params:problem", "params:data_processing", "training@pandas"],
            outputs="usefulness",
            name="measure_usefulness_of_columns",
        ),
        Node(
            profile_decisions,
            inputs=["params:problem", "repaired"],
            outputs="table_profile",
            name="profile_decisions",
        ),
        Node(
            write_profile_page,
            inputs=["params:problem", "quarantine", *PROFILE_TABLES],
            outputs="profile",
            name="write_profile_page",
        ),
    ]
