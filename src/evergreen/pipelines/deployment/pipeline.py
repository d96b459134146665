"""Wiring of deployment."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.deployment.nodes import draft_release, promote_release


def create_pipeline() -> Pipeline:
    """Wire deployment.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [
            Node(
                draft_release,
                inputs=["params:problem", "challenger", "evidence", "verdict", "model_card"],
                outputs="release",
                name="draft_release",
            ),
            Node(promote_release, inputs=["params:as_of", "release"], outputs="champion", name="promote_release"),
        ],
        namespace="deployment",
        prefix_datasets_with_namespace=False,
    )
