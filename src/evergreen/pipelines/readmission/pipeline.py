"""Wiring of the second look: another way into the middle of data_processing."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines import data_processing
from evergreen.pipelines.readmission.nodes import readmit_decisions


def create_pipeline() -> Pipeline:
    """Wire gathering, the second look at what was in quarantine, and what follows the repair in data_processing.

    Returns:
        The pipeline.
    """
    whole = data_processing.create_pipeline()
    again = Pipeline(
        [
            Node(
                readmit_decisions,
                inputs=["params:problem", "gathered", "earlier_repaired", "earlier_repairs"],
                outputs=["marked", "repaired", "quarantine", "repairs", "repaired_rows"],
                name="readmit_decisions",
            )
        ],
        namespace="data_processing",
        prefix_datasets_with_namespace=False,
    )
    replaced = {"data_processing.mark_decisions", "data_processing.settle_decisions"}
    kept = [node for node in whole.nodes if node.name not in replaced]
    return Pipeline(kept) + again
