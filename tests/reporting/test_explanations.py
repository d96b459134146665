from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from evergreen.problem import Kind
from evergreen.reporting.explanation_sections import ExplanationFacts, explanation_sections
from evergreen.reporting.figures import draw_effects, draw_importances
from evergreen.reporting.page import render_page
from tests.models.small import small_case

NAN = float("nan")


def importances() -> pd.DataFrame:
    told = [
        ("strength", 0.2, 0.1, 0.3, 1.5, 1.0, 2.0),
        ("colour", 0.05, NAN, NAN, 0.5, NAN, NAN),
        ("noise", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ]
    parts = [f"{name}{end}" for name in ("loss_increase", "payoff_lost") for end in ("", "_low", "_high")]
    return pd.DataFrame(told, columns=["column", *parts])


def effects(classes: tuple[str, ...] = ("yes",)) -> pd.DataFrame:
    points = [
        ("strength", "ale", 0, "-1", -1.0, -0.2, 0),
        ("strength", "ale", 1, "1", 1.0, 0.2, 50),
        ("strength", "pdp", 0, "-1", -1.0, -0.3, 1),
        ("colour", "level", 0, "<red>", NAN, 0.1, 30),
        ("colour", "level", 1, "blue", NAN, -0.1, 20),
        ("since", "ale", 0, "2018-01-01", 17532.0, 0.0, 0),
        ("since", "ale", 1, "2019-01-01", 17897.0, 0.1, 50),
    ]
    names = ["column", "method", "place", "label", "value", "effect", "n_rows"]
    tables = [pd.DataFrame(points, columns=names).assign(of_class=one) for one in classes]
    return pd.concat(tables, ignore_index=True)[["column", "method", "of_class", *names[2:]]]


def facts(kind: Kind = "binary", **changes: Any) -> ExplanationFacts:
    whole = ExplanationFacts(
        problem=small_case(kind),
        importances=importances(),
        effects=effects(),
        suspicions=pd.DataFrame({"column": [], "suspicion": [], "finding": []}, dtype="str"),
        importance_figure=draw_importances(importances(), unit="Log loss, nats"),
        effects_figure=draw_effects(effects(), unit="Probability"),
    )
    return replace(whole, **changes)


def test_importances_are_dots_with_intervals_in_the_order_of_the_frame() -> None:
    frame = importances()
    figure = draw_importances(frame, unit="Log loss, nats")
    (dots,) = figure.data
    assert list(dots.x) == frame["loss_increase"].tolist()
    assert list(figure.layout.yaxis.categoryarray) == ["strength", "colour", "noise"]
    assert (dots.x + dots.error_x.array)[0] == pytest.approx(0.3)
    assert (dots.x - dots.error_x.arrayminus)[0] == pytest.approx(0.1)
    assert figure.layout.xaxis.title.text == "Loss added (Log loss, nats)"


def test_every_column_has_a_panel_with_lines_dots_or_dates() -> None:
    figure = draw_effects(effects(), unit="Probability")
    strength, colour, since = figure.data
    assert (list(strength.x), list(strength.y), strength.mode) == ([-1.0, 1.0], [-0.2, 0.2], "lines+markers")
    assert (list(colour.x), colour.mode) == (["&lt;red&gt;", "blue"], "markers")
    assert list(since.customdata) == ["2018-01-01", "2019-01-01"]
    titles = [figure.layout[name].title.text for name in ("xaxis", "xaxis2", "xaxis3")]
    assert titles == ["strength", "colour", "since"]
    assert not figure.layout.showlegend


def test_classes_are_told_apart_by_dash_and_colour_and_named_once() -> None:
    figure = draw_effects(effects(("bad", "fair", "good")), unit="Probability")
    assert figure.layout.showlegend
    assert [trace.name for trace in figure.data if trace.showlegend] == ["bad", "fair", "good"]
    assert len({(trace.line.dash, trace.line.color) for trace in figure.data}) == 3


def test_sections_tell_what_is_most_important_and_what_is_not_used() -> None:
    first, second = explanation_sections(facts())
    assert "Most important: 'strength', 'colour', 'noise'. Without any effect: 'noise'." in first.lead
    assert first.figures[0].data is not None
    assert "Money is in EUR per decision." in first.notes[0]
    assert [point.tone for point in first.points] == ["good"]
    assert "'strength', 'colour', 'since'" in second.figures[0].alt
    page = render_page("Explained", [first, second])
    assert "What the model looks at" in page
    assert "How predictions move" in page


def test_suspicions_stand_on_top() -> None:
    told = pd.DataFrame({"column": ["noise"], "suspicion": ["too good"], "finding": ["Alone it takes away 90 %."]})
    (point,) = explanation_sections(facts(suspicions=told))[0].points
    assert (point.text, point.tone) == ("noise (too good). Alone it takes away 90 %.", "watch")


def test_without_a_payoff_nothing_is_told_in_money() -> None:
    problem = small_case("regression", payoff=None, criteria=[{"metric": "rmse", "at_most": 9}])
    section = explanation_sections(facts(problem=problem))[0]
    assert "payoff_lost" not in section.figures[0].data
    assert section.notes[0].endswith("The loss is squared error.")


def test_without_effects_there_is_one_section() -> None:
    assert len(explanation_sections(facts(effects=effects().head(0)))) == 1
