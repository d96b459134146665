"""Wiring of evaluation."""

from kedro.pipeline import Node, Pipeline

from evergreen.judging.contest import compare_champion, meet_champion
from evergreen.judging.criteria import judge_criteria
from evergreen.judging.drills import judge_drills
from evergreen.judging.fairness import judge_fairness, measure_decisions_by_group
from evergreen.judging.judge import conclude, gather_evidence, judge_limits
from evergreen.judging.judge_data import judge_data
from evergreen.judging.keep import keep_rows
from evergreen.judging.measure import (
    measure_holdout,
    profile_reference,
    score_holdout,
    summarise_performance,
    tabulate_decisions,
    tabulate_fit,
    tabulate_scores,
)
from evergreen.judging.open import open_holdout
from evergreen.judging.slices import measure_slices, tabulate_slices
from evergreen.pipelines.evaluation.cuts import tabulate_gains, tabulate_thresholds
from evergreen.pipelines.evaluation.explain import draw_explanations, explain_challenger
from evergreen.pipelines.evaluation.publishing import publishing_nodes

_JUDGED = ["params:problem", "holdout@pandas", "holdout_predictions"]
_JUDGED_SURELY = ["params:problem", "params:evaluation", "holdout@pandas", "holdout_predictions"]


def create_pipeline() -> Pipeline:
    """Wire evaluation.

    Returns:
        The pipeline.
    """
    return Pipeline(
        [*_measuring(), *_explaining(), *_comparing(), *_judging(), *publishing_nodes()],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )


def _measuring() -> list[Node]:
    return [
        Node(
            open_holdout,
            inputs=[
                "params:problem",
                "params:evaluation",
                "params:as_of",
                "challenger",
                "split_card",
                "holdout@pandas",
                "earlier_looks",
            ],
            outputs=["holdout_log", "look"],
            name="open_holdout",
        ),
        Node(
            score_holdout,
            inputs=["params:problem", "params:as_of", "challenger", "split_card", "holdout@pandas", "look"],
            outputs="holdout_predictions",
            name="score_holdout",
        ),
        Node(
            measure_holdout,
            inputs=["params:problem", "params:evaluation", "no_model", "holdout@pandas", "holdout_predictions"],
            outputs="performance",
            name="measure_holdout",
        ),
        Node(
            measure_slices,
            inputs=["params:problem", "params:evaluation", "no_model", "holdout@pandas", "holdout_predictions"],
            outputs="slice_figures",
            name="measure_slices",
        ),
        Node(
            tabulate_slices,
            inputs=["params:problem", "params:evaluation", "slice_figures", "holdout@pandas", "holdout_predictions"],
            outputs="slices",
            name="tabulate_slices",
        ),
        Node(
            measure_decisions_by_group,
            inputs=[
                "params:problem",
                "params:evaluation",
                "training@pandas",
                "holdout@pandas",
                "holdout_predictions",
                "group_ledger",
                "look",
            ],
            outputs=["group_rates", "group_gaps", "decision_groups"],
            name="measure_decisions_by_group",
        ),
        Node(
            summarise_performance,
            inputs=["params:evaluation", "performance"],
            outputs=["metrics", "money"],
            name="summarise_performance",
        ),
        Node(
            profile_reference,
            inputs=["params:problem", "training@pandas", "holdout@pandas", "holdout_predictions", "row_ledger"],
            outputs="reference_profile",
            name="profile_reference",
        ),
        Node(tabulate_fit, inputs=_JUDGED, outputs="fit_table", name="tabulate_fit"),
        Node(tabulate_scores, inputs=_JUDGED, outputs="score_table", name="tabulate_scores"),
        Node(tabulate_decisions, inputs=_JUDGED, outputs="decision_table", name="tabulate_decisions"),
        Node(tabulate_gains, inputs=_JUDGED_SURELY, outputs="gain_table", name="tabulate_gains"),
        Node(tabulate_thresholds, inputs=_JUDGED_SURELY, outputs="threshold_table", name="tabulate_thresholds"),
    ]


def _explaining() -> list[Node]:
    return [
        Node(
            explain_challenger,
            inputs=["params:problem", "params:evaluation", "challenger", "holdout@pandas", "holdout_predictions"],
            outputs=["importances", "effects", "model_suspicions"],
            name="explain_challenger",
        ),
        Node(
            draw_explanations,
            inputs=["params:problem", "importances", "effects"],
            outputs=["importance_figure", "effects_figure"],
            name="draw_explanations",
        ),
    ]


def _comparing() -> list[Node]:
    return [
        Node(
            meet_champion,
            inputs=[
                "params:problem",
                "params:evaluation",
                "split_card",
                "holdout@pandas",
                "holdout_predictions",
                "holdout_log",
                "look",
                "earlier_champion",
            ],
            outputs="contest",
            name="meet_champion",
        ),
        Node(compare_champion, inputs=["params:problem", "contest"], outputs="promotion", name="compare_champion"),
    ]


def _judging() -> list[Node]:
    return [
        Node(
            judge_criteria,
            inputs=[
                "params:problem",
                "params:evaluation",
                "performance",
                "slice_figures",
                "candidate_costs",
                "look",
                "contest",
            ],
            outputs="criteria",
            name="judge_criteria",
        ),
        Node(
            judge_limits,
            inputs=["params:problem", "challenger", "row_ledger"],
            outputs="limits",
            name="judge_limits",
        ),
        Node(
            judge_data,
            inputs=["suspects", "bias_plan_check"],
            outputs="data_judgements",
            name="judge_data",
        ),
        Node(
            judge_fairness,
            inputs=["params:problem", "group_gaps", "look"],
            outputs="fairness_judgements",
            name="judge_fairness",
        ),
        Node(
            judge_drills,
            inputs=[
                "params:problem",
                "params:drills",
                "params:monitoring",
                "challenger",
                "outlier_limits",
                "holdout@pandas",
                "look",
            ],
            outputs="drill_judgements",
            name="judge_drills",
        ),
        Node(
            keep_rows,
            inputs=["params:problem", "challenger", "outlier_limits", "holdout@pandas", "holdout_predictions"],
            outputs="kept_rows",
            name="keep_rows",
        ),
        Node(
            gather_evidence,
            inputs=[
                "metrics",
                "money",
                "criteria",
                "limits",
                "data_judgements",
                "fairness_judgements",
                "drill_judgements",
                "promotion",
                "no_model",
                "reference_profile",
                "split_card",
                "outlier_limits",
                "recipe",
                "kept_rows",
            ],
            outputs="evidence",
            name="gather_evidence",
        ),
        Node(
            conclude,
            inputs=["params:problem", "params:as_of", "challenger", "evidence", "look"],
            outputs="verdict",
            name="conclude",
        ),
    ]
