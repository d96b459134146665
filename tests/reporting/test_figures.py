import html
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.reporting.estimates import money_frame
from evergreen.reporting.figures import (
    draw_calibration,
    draw_candidates,
    draw_confusion,
    draw_drift,
    draw_effects,
    draw_importances,
    draw_money,
    draw_residuals,
    draw_score_shift,
    draw_scores,
    draw_tuning,
)
from evergreen.reporting.figures.theme import label
from evergreen.reporting.palette import light
from tests.reporting import demo
from tests.reporting.test_explanations import effects, importances

ALL = [
    pytest.param(lambda frame: draw_money(frame, unit="EUR"), money_frame(demo.bank_money()), id="money"),
    pytest.param(draw_calibration, demo.calibration(), id="calibration"),
    pytest.param(draw_scores, demo.scores(), id="scores"),
    pytest.param(lambda frame: draw_candidates(frame, metric="log_loss"), demo.candidates(), id="candidates"),
    pytest.param(draw_confusion, demo.confusion(), id="confusion"),
    pytest.param(draw_residuals, demo.residuals(), id="residuals"),
    pytest.param(draw_drift, demo.drift(), id="drift"),
    pytest.param(draw_score_shift, demo.score_shift(), id="score shift"),
    pytest.param(lambda frame: draw_tuning(frame, loss_name="Log loss"), demo.tuning(), id="tuning"),
    pytest.param(lambda frame: draw_importances(frame, unit="nats"), importances(), id="importances"),
    pytest.param(lambda frame: draw_effects(frame, unit="share"), effects(), id="effects"),
]


def trace(figure: go.Figure, name: str) -> Any:
    return next(drawn for drawn in figure.data if drawn.name == name)


class TestMoney:
    def test_the_model_comes_first_then_the_best_rule(self) -> None:
        figure = draw_money(money_frame(demo.bank_money()), unit="EUR per decision")

        assert list(figure.layout.yaxis.categoryarray) == ["model", "always_call", "call_former_buyers", "always_skip"]
        assert list(trace(figure, "Model").x) == [7.84]
        assert list(trace(figure, "Without a model").x) == [5.12, 2.31, 0.0]
        assert figure.layout.xaxis.title.text == "Payoff (EUR per decision)"

    def test_intervals_end_where_the_frame_says(self) -> None:
        frame = money_frame(demo.bank_money())
        rules = trace(draw_money(frame, unit="EUR"), "Without a model")
        assert list(rules.x + rules.error_x.array) == pytest.approx([6.27, 2.90, 0.0])
        assert list(rules.x - rules.error_x.arrayminus) == pytest.approx([3.98, 1.74, 0.0])

    def test_zero_is_always_in_sight(self) -> None:
        frame = money_frame({"model": demo.estimate(900.0, 890.0, 910.0)})
        figure = draw_money(frame, unit="EUR")
        low, high = figure.layout.xaxis.range
        assert figure.layout.xaxis.zeroline
        assert low < 0
        assert high > 910

    def test_an_undefined_rule_keeps_its_place_and_is_named(self) -> None:
        frame = money_frame({"model": demo.estimate(1.0, 0.5, 1.5), "rule": demo.estimate(None, None, None)})
        figure = draw_money(frame, unit="EUR")
        assert list(figure.layout.yaxis.categoryarray) == ["model", "rule<br>(not defined)"]

    @given(st.permutations(range(4)))
    def test_the_order_of_rows_changes_nothing(self, order: list[int]) -> None:
        frame = money_frame(demo.bank_money())
        assert draw_money(frame.iloc[order], unit="EUR") == draw_money(frame, unit="EUR")


def test_calibration_draws_the_curve_beside_the_diagonal() -> None:
    curve = demo.calibration()
    figure = draw_calibration(curve)
    model, diagonal = trace(figure, "Model"), trace(figure, "Perfectly calibrated")

    assert list(model.x) == list(curve["mean_score"])
    assert list(model.y) == list(curve["observed_share"])
    assert list(model.y + model.error_y.array) == pytest.approx(list(curve["high"]))
    assert list(model.y - model.error_y.arrayminus) == pytest.approx(list(curve["low"]))
    assert list(diagonal.x) == list(diagonal.y)
    assert model.marker.size[0] == max(model.marker.size)


def test_scores_draw_one_outline_a_class() -> None:
    frame = demo.scores()
    figure = draw_scores(frame)
    for name, bins in frame.groupby("class"):
        drawn = trace(figure, str(name))
        assert list(drawn.x) == [*bins["bin_low"], 1.0]
        assert list(drawn.y[:-1]) == list(bins["share"])
    assert len({drawn.line.dash for drawn in figure.data}) == 2


def test_score_shift_sets_the_window_before_the_reference() -> None:
    frame = demo.score_shift()
    figure = draw_score_shift(frame)
    assert [drawn.name for drawn in figure.data] == ["current", "reference"]
    assert list(trace(figure, "reference").y[:-1]) == list(frame.loc[frame["window"] == "reference", "share"])
    assert trace(figure, "current").line.color == light("model")


class TestCandidates:
    def test_every_candidate_has_its_own_line(self) -> None:
        frame = demo.candidates()
        figure = draw_candidates(frame, metric="log_loss")
        for name, scores in frame.groupby("candidate"):
            assert list(trace(figure, str(name)).y) == list(scores["score"])
        assert len({(drawn.line.color, drawn.line.dash, drawn.marker.symbol) for drawn in figure.data}) == 4

    @pytest.mark.parametrize(
        ("metric", "title"),
        [
            ("log_loss", "Log loss (nat, lower is better)"),
            ("r2", "R² (higher is better)"),
            ("own_score", "Own score"),
        ],
    )
    def test_the_axis_says_which_way_is_better(self, metric: str, title: str) -> None:
        assert draw_candidates(demo.candidates(), metric=metric).layout.yaxis.title.text == title

    def test_folds_stand_in_time_order_though_the_first_candidate_lacks_one(self) -> None:
        frame = demo.candidates()
        first = frame["candidate"].iloc[0]
        late = frame[(frame["candidate"] != first) | (frame["fold"] > 1)]
        axis = draw_candidates(late, metric="log_loss").layout.xaxis
        assert (axis.categoryorder, axis.categoryarray) == ("array", tuple(map(str, sorted(frame["fold"].unique()))))


class TestTuning:
    def test_trials_are_drawn_by_candidate_and_the_best_so_far_as_a_line(self) -> None:
        frame = demo.tuning()
        figure = draw_tuning(frame, loss_name="Log loss")
        for name, trials in frame.groupby("candidate"):
            drawn = trace(figure, str(name))
            assert (list(drawn.x), list(drawn.y)) == (list(trials["trial"]), list(trials["loss"]))
        assert list(trace(figure, "best so far").y) == list(frame["best_loss"])

    def test_what_was_stopped_early_is_hollow(self) -> None:
        drawn = trace(draw_tuning(demo.tuning(), loss_name="Log loss"), "boosted")
        assert [symbol.endswith("-open") for symbol in drawn.marker.symbol] == [False, True]


class TestConfusion:
    def test_cells_hold_rows_and_money(self) -> None:
        cells = draw_confusion(demo.confusion(), unit="EUR").data[0]
        assert list(cells.z) == [541, 1_090, 303, 5_534]
        assert (cells.y[0], cells.x[0]) == ("call", "yes")
        assert cells.text[0] == "<b>541</b> rows<br>51,395<br>EUR"

    def test_cells_of_many_outcomes_tell_rows_alone(self) -> None:
        frame = pd.concat([demo.confusion().assign(outcome=f"class {place}") for place in range(5)])
        cells = draw_confusion(frame, unit="EUR").data[0]
        assert cells.text[0] == "<b>541</b>"

    def test_a_case_without_money_shows_rows_alone(self) -> None:
        cells = draw_confusion(demo.confusion().assign(money=float("nan"))).data[0]
        assert cells.text[0] == "<b>541</b> rows"


def test_residuals_draw_every_row() -> None:
    frame = demo.residuals()
    figure = draw_residuals(frame, unit="bikes")
    assert list(figure.data[0].x) == list(frame["predicted"])
    assert list(figure.data[0].y) == list(frame["residual"])
    assert figure.layout.yaxis.title.text == "Truth minus prediction (bikes)"


def test_drifted_columns_differ_by_colour_hatching_and_mark() -> None:
    figure = draw_drift(demo.drift())
    drifted, quiet = trace(figure, "▲ Drifted"), trace(figure, "Not drifted")

    assert list(drifted.y) == ["euribor_3m_percent", "former_outcome"]
    assert list(drifted.x) == [0.412, 0.187]
    assert list(quiet.x) == sorted(quiet.x, reverse=True)
    assert list(figure.layout.yaxis.categoryarray)[:3] == ["euribor_3m_percent", "former_outcome", "education"]
    assert drifted.marker.color != quiet.marker.color
    assert drifted.marker.pattern.shape != quiet.marker.pattern.shape
    assert all("▲" in text for text in drifted.text)


def test_a_column_that_could_not_be_tested_keeps_its_place() -> None:
    frame = demo.drift().assign(population_stability_index=float("nan"), p_value_adjusted=float("nan"))
    figure = draw_drift(frame.assign(is_drifted=False))
    assert len(figure.layout.yaxis.categoryarray) == len(frame)
    assert list(figure.layout.xaxis.range) == [0, 1.4]


@pytest.mark.parametrize(("draw", "frame"), ALL)
def test_every_figure_is_transparent_still_and_titled(
    draw: Callable[[pd.DataFrame], go.Figure], frame: pd.DataFrame
) -> None:
    layout = draw(frame).layout
    assert layout.template.layout.paper_bgcolor == layout.template.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.template.layout.xaxis.fixedrange
    assert layout.xaxis.title.text


@pytest.mark.parametrize(("draw", "frame"), ALL)
def test_a_frame_without_rows_says_so(draw: Callable[[pd.DataFrame], go.Figure], frame: pd.DataFrame) -> None:
    assert draw(frame.head(0)).layout.annotations[0].text == "No rows to show"


@pytest.mark.parametrize(("draw", "frame"), ALL)
def test_drawing_changes_no_frame(draw: Callable[[pd.DataFrame], go.Figure], frame: pd.DataFrame) -> None:
    before = frame.copy(deep=True)
    draw(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(("draw", "frame"), ALL)
def test_a_missing_column_is_refused(draw: Callable[[pd.DataFrame], go.Figure], frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=rf"lacks '{frame.columns[0]}' .* Give it the columns"):
        draw(frame.drop(columns=frame.columns[0]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("always_call", "always_call"),
        ("<=50k", "&lt;=50k"),
        ("call_former_buyers_of_last_year", "call_former_buyers_of_<br>last_year"),
        ("", ""),
    ],
)
def test_labels_are_safe_and_break_where_long(text: str, shown: str) -> None:
    assert label(text) == shown


@given(st.text())
def test_a_label_loses_nothing(text: str) -> None:
    assert html.unescape("".join(label(text).split("<br>"))) == text


def test_no_two_of_seven_classes_look_alike() -> None:
    histogram = pd.DataFrame(
        {"bin_low": [0.0] * 7, "bin_high": [1.0] * 7, "class": list("abcdefg"), "share": [1.0] * 7}
    )
    lines = {(line.line.color, line.line.dash) for line in draw_scores(histogram).data}
    assert len(lines) == 7
