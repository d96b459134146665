import pandas as pd
import pytest
from plotly.graph_objects import Figure

from evergreen.pipelines.evaluation.measure import tabulate_decisions, tabulate_fit, tabulate_scores
from evergreen.pipelines.evaluation.params import EvaluationParams
from evergreen.pipelines.evaluation.publish import (
    best_corrections,
    collect_figures,
    collect_tables,
    draw_figures,
    write_verdict_report,
)
from evergreen.problem import Kind
from tests.models.small import KINDS, trained
from tests.pipelines.evaluation.line import PARAMS, ROW_LEDGER, Line, line

REPAIRS = pd.DataFrame({"column": ["noise"], "rule": ["sentinel"], "n_cells": [3]})
FIGURES = ["money", "candidates", "fit", "scores", "decisions"]


def _tables(made: Line) -> dict[str, pd.DataFrame]:
    told = (made.problem, made.holdout, made.predictions)
    scores = trained(made.problem.kind).scores
    return collect_tables(
        ROW_LEDGER, REPAIRS, scores, tabulate_fit(*told), tabulate_scores(*told), tabulate_decisions(*told)
    )


def _figures(made: Line) -> dict[str, Figure]:
    tables, scores = _tables(made), trained(made.problem.kind).scores
    drawn = draw_figures(made.problem, made.money, scores, tables["fit"], tables["scores"], tables["decisions"])
    return collect_figures(*drawn)


def _report(made: Line, params: EvaluationParams = PARAMS) -> str:
    return write_verdict_report(made.problem, params, made.verdict, made.evidence, _tables(made), _figures(made))


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
def test_the_tables_of_the_report_are_those_that_were_made(kind: Kind) -> None:
    made = line(kind)
    found = _tables(made)
    assert list(found) == ["row_ledger", "repairs", "candidates", "fit", "scores", "decisions"]
    assert found["row_ledger"] is ROW_LEDGER
    assert found["repairs"] is REPAIRS
    assert found["candidates"]["candidate"].str.fullmatch(r"linear(, \w+)? \(chosen\)").all()


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


@pytest.mark.parametrize("has_payoff", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_report_tells_the_verdict_its_reasons_and_the_money(kind: Kind, has_payoff: bool) -> None:
    made = line(kind, has_payoff=has_payoff)
    page = _report(made)
    assert page.lower().startswith("<!doctype html>")
    assert made.verdict["verdict"].capitalize() in page
    assert all(reason in page for reason in made.verdict["reasons"])
    assert all(rule in page for rule in made.money)
    assert ("The case gives no payoff" in page) is not has_payoff
    assert ("Misses by prediction" in page) is (kind == "regression")
    assert ("Predicted against observed" in page) is (kind != "regression")


def test_the_report_says_how_sure_its_intervals_are() -> None:
    wide = EvaluationParams(confidence=0.9, n_resamples=200, random_state=1)
    assert "two-sided 95 % bootstrap intervals" in _report(line("binary"))
    assert "two-sided 90 % bootstrap intervals" in _report(line("binary"), wide)


def test_a_report_of_many_rows_shows_a_sample_of_misses() -> None:
    made = line("regression")
    many = pd.DataFrame({"predicted": [float(i) for i in range(5001)], "residual": 0.0})
    tables, scores = _tables(made), trained("regression").scores
    drawn = draw_figures(made.problem, made.money, scores, many, tables["scores"], tables["decisions"])
    (points,) = (trace for trace in drawn[2].data if trace.mode == "markers")
    assert len(points.x) == 1667
    assert points.x[-1] == 4998
