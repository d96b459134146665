"""Wiring of modelling."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.modelling.combine import combine_candidates
from evergreen.pipelines.modelling.draw import draw_search
from evergreen.pipelines.modelling.fit import fit_challenger, fit_finalists
from evergreen.pipelines.modelling.measure import measure_candidates
from evergreen.pipelines.modelling.movement import find_moving_columns
from evergreen.pipelines.modelling.no_model import learn_without_model
from evergreen.pipelines.modelling.quantile import try_quantile
from evergreen.pipelines.modelling.remedies import price_remedies
from evergreen.pipelines.modelling.tune import tune_candidates

_GROUND = ["params:problem", "params:modelling", "training@pandas"]


def create_pipeline() -> Pipeline:
    """Wire modelling.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [*_search_nodes(), *_choice_nodes()],
        namespace="modelling",
        prefix_datasets_with_namespace=False,
    )


def _search_nodes() -> list[Node]:
    return [
        Node(find_moving_columns, inputs=[*_GROUND, "search"], outputs="column_movement", name="find_moving_columns"),
        Node(
            tune_candidates,
            inputs=[*_GROUND, "column_movement", "search", "earlier_champion"],
            outputs=["tuning", "tuning_history", "tuning_costs"],
            name="tune_candidates",
        ),
        Node(draw_search, inputs=["params:problem", "tuning_history"], outputs="tuning_figure", name="draw_search"),
    ]


def _choice_nodes() -> list[Node]:
    return [
        Node(
            fit_finalists,
            inputs=[*_GROUND, "column_movement", "tuning", "search"],
            outputs="finalists",
            name="fit_finalists",
        ),
        Node(
            combine_candidates,
            inputs=[*_GROUND, "column_movement", "tuning", "finalists"],
            outputs=["combined", "candidate_scores", "combination"],
            name="combine_candidates",
        ),
        Node(
            try_quantile,
            inputs=[*_GROUND, "column_movement", "tuning", "finalists", "combined", "search"],
            outputs=["recipe", "quantile_trials", "fitted"],
            name="try_quantile",
        ),
        Node(fit_challenger, inputs=[*_GROUND, "recipe", "fitted"], outputs="challenger", name="fit_challenger"),
        Node(
            measure_candidates,
            inputs=[*_GROUND, "column_movement", "tuning", "fitted", "recipe", "challenger", "search"],
            outputs="candidate_costs",
            name="measure_candidates",
        ),
        Node(price_remedies, inputs=[*_GROUND, "recipe"], outputs="remedies", name="price_remedies"),
        Node(
            learn_without_model,
            inputs=["params:problem", "training@pandas"],
            outputs="no_model",
            name="learn_without_model",
        ),
    ]
