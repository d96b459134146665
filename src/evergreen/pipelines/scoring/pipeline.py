"""Wiring of scoring."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.case_sources import declared_sources
from evergreen.pipelines.scoring.nodes import (
    gather_new_rows,
    mark_new_rows,
    name_new_row_repairs,
    settle_new_rows,
)
from evergreen.pipelines.scoring.score import score_new_rows


def create_pipeline() -> Pipeline:
    """Wire scoring for the sources of the case that runs.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [
            Node(
                gather_new_rows,
                inputs=["params:problem", "params:as_of", *declared_sources()],
                outputs="new_rows_gathered",
                name="gather_new_rows",
            ),
            Node(
                mark_new_rows,
                inputs=["params:problem", "params:as_of", "champion", "new_rows_gathered"],
                outputs="new_rows_marked",
                name="mark_new_rows",
            ),
            Node(
                settle_new_rows,
                inputs=["params:problem", "params:as_of", "params:scoring", "champion", "new_rows_marked"],
                outputs=["new_rows_settled", "new_rows_set_aside"],
                name="settle_new_rows",
            ),
            Node(
                name_new_row_repairs,
                inputs=["params:problem", "champion", "new_rows_marked"],
                outputs="new_rows_repairs",
                name="name_new_row_repairs",
            ),
            Node(
                score_new_rows,
                inputs=[
                    "params:problem",
                    "params:scoring",
                    "champion",
                    "new_rows_settled",
                    "new_rows_set_aside",
                    "earlier_predictions",
                    "new_rows_repairs",
                ],
                outputs=["predictions", "new_rows", "new_rows_quarantine"],
                name="score_new_rows",
            ),
        ],
        namespace="scoring",
        prefix_datasets_with_namespace=False,
    )
