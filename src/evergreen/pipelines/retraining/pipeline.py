"""Wiring of retraining."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.case_sources import declared_sources
from evergreen.pipelines.retraining.decide import decide_retraining
from evergreen.pipelines.retraining.judge import judge_again, open_for_challenger
from evergreen.pipelines.retraining.prepare import prepare_fresh_rows
from evergreen.pipelines.retraining.refit import refit_winner
from evergreen.pipelines.retraining.review import review_champion
from evergreen.pipelines.retraining.settle import settle_retraining
from evergreen.pipelines.retraining.train import train_again

_CASE = ["params:problem", "params:retraining", "params:as_of"]


def create_pipeline() -> Pipeline:
    """Wire retraining for the sources of the case that runs.

    Returns:
        The pipeline.
    """
    return Pipeline([*_deciding(), *_doing()], namespace="retraining", prefix_datasets_with_namespace=False)


def _deciding() -> list[Node]:
    return [
        Node(
            decide_retraining,
            inputs=[
                *_CASE,
                "succession",
                "earlier_predictions",
                "earlier_monitoring",
                "earlier_realised",
                "earlier_candidate_costs",
                "earlier_retraining",
                "earlier_incidents",
            ],
            outputs="retraining_decision",
            name="decide_retraining",
        ),
        Node(
            prepare_fresh_rows,
            inputs=[
                "params:problem",
                "params:as_of",
                "params:data_processing",
                "retraining_decision",
                *declared_sources(),
            ],
            outputs="fresh_rows",
            name="prepare_fresh_rows",
        ),
        Node(
            review_champion,
            inputs=[*_CASE, "retraining_decision", "succession", "earlier_retraining", "fresh_rows"],
            outputs="champion_review",
            name="review_champion",
        ),
    ]


def _doing() -> list[Node]:
    return [
        Node(
            train_again,
            inputs=[
                "params:problem",
                "params:retraining",
                "retraining_decision",
                "succession",
                "champion_review",
                "fresh_rows",
                "cpu_clock",
            ],
            outputs="retrained",
            name="train_again",
        ),
        Node(
            open_for_challenger,
            inputs=[
                "params:problem",
                "params:evaluation",
                "params:as_of",
                "fresh_rows",
                "retrained",
                "earlier_looks",
            ],
            outputs=["retraining_looks", "retraining_look"],
            name="open_for_challenger",
        ),
        Node(
            judge_again,
            inputs=[
                "params:problem",
                "params:retraining",
                "params:evaluation",
                "params:as_of",
                "succession",
                "fresh_rows",
                "retrained",
                "retraining_looks",
                "retraining_look",
                "params:drills",
                "params:monitoring",
            ],
            outputs="retraining_judged",
            name="judge_again",
        ),
        Node(
            refit_winner,
            inputs=["params:problem", "params:retraining", "fresh_rows", "retrained", "retraining_judged"],
            outputs="retraining_winner",
            name="refit_winner",
        ),
        Node(
            settle_retraining,
            inputs=[
                "params:problem",
                "params:as_of",
                "retraining_decision",
                "succession",
                "earlier_retraining",
                "champion_review",
                "retrained",
                "retraining_judged",
                "retraining_winner",
            ],
            outputs=["retrained_champion", "retraining"],
            name="settle_retraining",
        ),
    ]
