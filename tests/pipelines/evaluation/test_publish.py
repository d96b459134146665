from functools import cache
from typing import Any

import pandas as pd
import pytest
from plotly.graph_objects import Figure

from evergreen.judging.measure import tabulate_decisions, tabulate_fit, tabulate_scores
from evergreen.judging.params import EvaluationParams
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
from evergreen.pipelines.evaluation.cuts import tabulate_gains, tabulate_thresholds
from evergreen.pipelines.evaluation.draw import best_corrections, draw_cuts, draw_figures
from evergreen.pipelines.evaluation.explain import draw_explanations
from evergreen.pipelines.evaluation.publish import (
    compose_report,
    gather_origin,
    write_card,
    write_costs,
    write_verdict_report,
)
from evergreen.problem import Kind
from evergreen.reporting import ReportFacts, Section
from evergreen.reporting.figures import draw_tuning
from tests.models.small import KINDS, trained
from tests.pipelines.evaluation.line import PARAMS, ROW_LEDGER, Line, card_of, line
from tests.reporting import demo
from tests.reporting.test_cost_page import candidate_costs, steps

REPAIRS = pd.DataFrame({"column": ["noise"], "rule": ["sentinel"], "n_cells": [3]})
FIGURES = ["money", "candidates", "fit", "scores", "decisions", "gains", "thresholds", "tuning"]
SECTIONS = {"groups": "Groups", "slices": "Slices", "explanations": "Columns", "champion": "Champion"}


def _tables(made: Line) -> dict[str, pd.DataFrame]:
    told = (made.problem, made.holdout, made.predictions)
    surely = (made.problem, PARAMS, made.holdout, made.predictions)
    return collect_tables(
        tabulate_fit(*told),
        tabulate_scores(*told),
        tabulate_decisions(*told),
        tabulate_gains(*surely),
        tabulate_thresholds(*surely),
    )


def _figures(made: Line) -> dict[str, Figure]:
    tables, scores = _tables(made), trained(made.problem.kind).scores
    drawn = draw_figures(made.problem, made.money, scores, tables["fit"], tables["scores"], tables["decisions"])
    cuts = draw_cuts(made.problem, tables["gains"], tables["thresholds"])
    return collect_figures(*drawn, *cuts, draw_tuning(demo.tuning(), loss_name="Log loss"))


def _recipe(*n_dropped: int, decider: int | None = None) -> dict[str, Any]:
    members = [{"settings": {"candidate": "linear", "n_dropped": n}, "weight": 1 / len(n_dropped)} for n in n_dropped]
    quantile = {"settings": {"candidate": "lightgbm", "n_dropped": decider, "quantile": 0.7}}
    return {"members": members, "left_out": ["a", "b", "c"], "quantile": None if decider is None else quantile}


@pytest.mark.parametrize(
    ("recipe", "left_out"),
    [
        (_recipe(0), ()),
        (_recipe(2), ("a", "b")),
        (_recipe(3, 1), ("a",)),
        (_recipe(2, decider=1), ("a",)),
    ],
)
def test_columns_that_no_model_learns_from_are_left_out(recipe: dict[str, Any], left_out: tuple[str, ...]) -> None:
    search = demo.search()
    scores = trained("binary").scores
    told = collect_search(scores, search.history, search.combination, search.quantile_trials, recipe)
    assert told[1].left_out == left_out


def _facts(made: Line, params: EvaluationParams = PARAMS) -> ReportFacts:
    search = demo.search()
    told = collect_search(
        trained(made.problem.kind).scores, search.history, search.combination, search.quantile_trials, _recipe(0)
    )
    origin = gather_origin(
        params, card_of(made.problem, made.model, made.holdout), demo.origin().looks, dict(demo.origin().software)
    )
    return compose_report(
        made.problem,
        params,
        made.verdict,
        made.evidence,
        _tables(made),
        collect_data(ROW_LEDGER, REPAIRS, demo.suspects()),
        *told,
        _figures(made),
        collect_sections(*((Section(title),) for title in SECTIONS.values())),
        origin,
    )


@cache
def _report(kind: Kind, *, has_payoff: bool = True) -> str:
    return write_verdict_report(_facts(line(kind, has_payoff=has_payoff)))


def test_each_candidate_is_shown_with_its_best_correction() -> None:
    told = [
        ("linear", "none", 1, 0.1),
        ("linear", "none", 2, 0.9),
        ("linear", "sigmoid", 2, 0.3),
        ("boosted", "none", 1, 0.2),
        ("boosted", "none", 2, 0.4),
        ("boosted", "sigmoid", 2, 0.5),
    ]
    scores = pd.DataFrame(told, columns=["candidate", "correction", "fold", "score"])
    found = best_corrections(scores)
    shown = list(zip(found["candidate"], found["fold"], found["score"], strict=True))
    assert shown == [("linear, sigmoid (chosen)", 2, 0.3), ("boosted", 1, 0.2), ("boosted", 2, 0.4)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_facts_are_those_that_were_made(kind: Kind) -> None:
    made = line(kind)
    facts = _facts(made)
    assert facts.row_ledger is ROW_LEDGER
    assert facts.repairs is REPAIRS
    assert facts.candidates["candidate"].str.fullmatch(r"linear(, \w+)? \(chosen\)").all()
    assert {name: getattr(facts, name)[0].title for name in SECTIONS} == SECTIONS
    assert facts.origin is not None
    assert facts.origin.split_card["training_id"] == made.model.training_id
    assert (facts.origin.random_state, facts.origin.n_resamples) == (PARAMS.random_state, PARAMS.n_resamples)


@pytest.mark.parametrize("has_payoff", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_figures_show_what_was_measured(kind: Kind, has_payoff: bool) -> None:
    made = line(kind, has_payoff=has_payoff)
    found, tables = _figures(made), _tables(made)
    assert list(found) == FIGURES
    money = [x for trace in found["money"].data for x in (trace.x if trace.x is not None else ())]
    assert {one["value"] for one in made.money.values()} <= set(money)
    assert {trace.name for trace in found["scores"].data} == set(tables["scores"]["class"])
    fit = "residual" if kind == "regression" else "observed_share"
    assert any(list(trace.y) == tables["fit"][fit].tolist() for trace in found["fit"].data)
    assert len(tables["gains"]) == (51 if kind == "binary" else 0)
    assert (len(tables["thresholds"]) > 0) is (kind == "binary" and has_payoff)
    (drawn,) = (trace for trace in found["thresholds"].data if trace.name == "Payoff")
    assert list(drawn.y) == tables["thresholds"]["payoff"].tolist()


@pytest.mark.parametrize("has_payoff", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_report_tells_the_verdict_its_reasons_and_the_money(kind: Kind, has_payoff: bool) -> None:
    made, page = line(kind, has_payoff=has_payoff), _report(kind, has_payoff=has_payoff)
    assert page.lower().startswith("<!doctype html>")
    assert made.verdict["verdict"].capitalize() in page
    assert all(reason in page for reason in made.verdict["reasons"])
    assert all(rule in page for rule in made.money)
    assert ("The case gives no payoff" in page) is not has_payoff
    assert ("Misses by prediction" in page) is (kind == "regression")
    assert ("Predicted against observed" in page) is (kind != "regression")
    assert ("Found among the highest scores" in page) is (kind == "binary")
    assert ("Payoff if all rows from a score on" in page) is (kind == "binary" and has_payoff)
    assert ("Quality by true class" in page) is (kind == "multiclass")


@pytest.mark.parametrize("kind", KINDS)
def test_the_card_tells_the_same_verdict(kind: Kind) -> None:
    made = line(kind)
    card = write_card(_facts(made))
    assert card.startswith("# Small: model card of 2020-06-30\n")
    assert f"{made.verdict['verdict'].capitalize()}**" in card
    assert all(f"## {title}\n" in card for title in (*SECTIONS.values(), "Money", "Provenance"))


def test_the_report_says_how_sure_its_intervals_are() -> None:
    wide = EvaluationParams(confidence=0.9, n_resamples=200, random_state=1)
    assert "two-sided 95 % bootstrap intervals" in _report("binary")
    assert "two-sided 90 % bootstrap intervals" in write_verdict_report(_facts(line("binary"), wide))


def test_a_report_of_many_rows_shows_a_sample_of_misses() -> None:
    made = line("regression")
    many = pd.DataFrame({"predicted": [float(i) for i in range(5001)], "residual": 0.0})
    tables, scores = _tables(made), trained("regression").scores
    drawn = draw_figures(made.problem, made.money, scores, many, tables["scores"], tables["decisions"])
    (points,) = (trace for trace in drawn[2].data if trace.mode == "markers")
    assert len(points.x) == 1667
    assert points.x[-1] == 4998


def test_costs_are_told_with_the_date_of_the_verdict() -> None:
    made = line("binary")
    page = write_costs(made.problem, made.verdict, candidate_costs(), steps())
    assert "costs of the verdict of" in page
    assert made.verdict["as_of"] in page


def test_columns_are_told_after_their_suspicions() -> None:
    problem = line("binary").problem
    bounds = dict.fromkeys(["loss_increase_low", "loss_increase_high", "payoff_lost_low", "payoff_lost_high"], 0.0)
    importances = pd.DataFrame([{"column": "strength", "loss_increase": 0.1, "payoff_lost": 0.2, **bounds}])
    effects = pd.DataFrame(columns=["column", "method", "of_class", "place", "label", "value", "effect", "n_rows"])
    suspicions = pd.DataFrame([{"column": "noise", "suspicion": "turns round", "finding": "It does."}])
    drawn = draw_explanations(problem, importances, effects)
    (told,) = tell_explanations(problem, importances, effects, suspicions, *drawn)
    assert told.points[0].text == "noise (turns round). It does."


def test_slices_groups_and_champion_have_their_sections() -> None:
    problem = line("binary").problem
    columns = [
        "source",
        "slice",
        "metric",
        "n_rows",
        "value",
        "low",
        "high",
        "difference",
        "p_value",
        "is_judged",
        "word",
    ]
    assert [one.title for one in tell_slices(problem, pd.DataFrame(columns=columns))] == ["Slices", "Worst slices"]
    promotion: dict[str, Any] = {"result": "no rival", "word": "No other model is live."}
    assert tell_champion(promotion)[0].lead == "No other model is live."
    none = pd.DataFrame()
    told = tell_groups(problem, none, none, none, none, [])
    assert [one.title for one in told] == ["Fairness of decisions", "Groups, from raw rows to decisions"]
