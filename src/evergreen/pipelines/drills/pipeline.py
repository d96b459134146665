"""Wiring of the fire drills."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.drills.nodes import draw_drilled, drill_monitors, tell_drills


def create_pipeline() -> Pipeline:
    """Wire the drills.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [
            Node(
                drill_monitors,
                inputs=[
                    "params:problem",
                    "params:drills",
                    "params:monitoring",
                    "params:as_of",
                    "champion",
                    "challenger",
                    "outlier_limits",
                    "holdout@pandas",
                ],
                outputs=["drills", "drill_runs"],
                name="drill_monitors",
            ),
            Node(draw_drilled, inputs=["drills"], outputs="drills_figure", name="draw_drilled"),
            Node(
                tell_drills,
                inputs=["drills", "drill_runs", "drills_figure"],
                outputs="drills_page",
                name="tell_drills",
            ),
        ],
        namespace="drills",
        prefix_datasets_with_namespace=False,
    )
