"""Wiring of what tells the verdict."""

from kedro.pipeline import Node

from evergreen.pipelines.evaluation.collect import (
    collect_data,
    collect_figures,
    collect_search,
    collect_sections,
    collect_tables,
    tell_champion,
    tell_explanations,
    tell_groups,
    tell_slices,
)
from evergreen.pipelines.evaluation.draw import draw_cuts, draw_figures
from evergreen.pipelines.evaluation.publish import (
    compose_report,
    gather_origin,
    write_card,
    write_costs,
    write_verdict_report,
)

_CUTS = ["gain_table", "threshold_table"]
_CUT_FIGURES = ["gain_figure", "threshold_figure"]
_FIGURES = ["money_figure", "candidates_figure", "fit_figure", "scores_figure", "decisions_figure"]


def publishing_nodes() -> list[Node]:
    """Wire what tells the verdict: figures, sections, the page, the card and the costs.

    Returns:
        The nodes.
    """
    return [*_drawing(), *_collecting(), *_telling(), *_writing()]


def _drawing() -> list[Node]:
    return [
        Node(
            draw_figures,
            inputs=["params:problem", "money", "candidate_scores", "fit_table", "score_table", "decision_table"],
            outputs=_FIGURES,
            name="draw_figures",
        ),
        Node(draw_cuts, inputs=["params:problem", *_CUTS], outputs=_CUT_FIGURES, name="draw_cuts"),
    ]


def _collecting() -> list[Node]:
    return [
        Node(
            collect_tables,
            inputs=["fit_table", "score_table", "decision_table", *_CUTS],
            outputs="report_tables",
            name="collect_tables",
        ),
        Node(collect_data, inputs=["row_ledger", "repairs", "suspects"], outputs="report_data", name="collect_data"),
        Node(
            collect_search,
            inputs=["candidate_scores", "tuning_history", "combination", "quantile_trials", "recipe"],
            outputs=["report_candidates", "report_search"],
            name="collect_search",
        ),
        Node(
            collect_figures,
            inputs=[*_FIGURES, *_CUT_FIGURES, "tuning_figure"],
            outputs="report_figures",
            name="collect_figures",
        ),
    ]


def _telling() -> list[Node]:
    return [
        Node(
            tell_groups,
            inputs=[
                "params:problem",
                "group_rates",
                "group_gaps",
                "decision_groups",
                "remedies",
                "fairness_judgements",
            ],
            outputs="group_sections",
            name="tell_groups",
        ),
        Node(tell_slices, inputs=["params:problem", "slices"], outputs="slice_sections", name="tell_slices"),
        Node(
            tell_explanations,
            inputs=[
                "params:problem",
                "importances",
                "effects",
                "model_suspicions",
                "importance_figure",
                "effects_figure",
            ],
            outputs="explanation_sections",
            name="tell_explanations",
        ),
        Node(tell_champion, inputs=["promotion"], outputs="champion_sections", name="tell_champion"),
        Node(
            collect_sections,
            inputs=["group_sections", "slice_sections", "explanation_sections", "champion_sections"],
            outputs="report_sections",
            name="collect_sections",
        ),
        Node(
            gather_origin,
            inputs=["params:evaluation", "split_card", "holdout_log", "software"],
            outputs="origin",
            name="gather_origin",
        ),
    ]


def _writing() -> list[Node]:
    return [
        Node(
            compose_report,
            inputs=[
                "params:problem",
                "params:evaluation",
                "verdict",
                "evidence",
                "report_tables",
                "report_data",
                "report_candidates",
                "report_search",
                "report_figures",
                "report_sections",
                "origin",
            ],
            outputs="report_facts",
            name="compose_report",
        ),
        Node(write_verdict_report, inputs=["report_facts"], outputs="report", name="write_verdict_report"),
        Node(write_card, inputs=["report_facts"], outputs="model_card", name="write_card"),
        Node(
            write_costs,
            inputs=["params:problem", "verdict", "candidate_costs", "road"],
            outputs="cost_page",
            name="write_costs",
        ),
    ]
