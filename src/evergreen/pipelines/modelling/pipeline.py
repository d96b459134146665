"""Wiring of modelling."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.modelling.nodes import fit_candidates, learn_without_model, select_challenger


def create_pipeline() -> Pipeline:
    """Wire modelling.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [
            Node(
                fit_candidates,
                inputs=["params:problem", "params:modelling", "training@pandas"],
                outputs=["candidates", "candidate_scores"],
                name="fit_candidates",
            ),
            Node(
                select_challenger,
                inputs=["candidates", "candidate_scores"],
                outputs="challenger",
                name="select_challenger",
            ),
            Node(
                learn_without_model,
                inputs=["params:problem", "training@pandas"],
                outputs="no_model",
                name="learn_without_model",
            ),
        ],
        namespace="modelling",
        prefix_datasets_with_namespace=False,
    )
