"""The map of how far each column of each window lies from the reference."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.figures.course import pick_ticks
from evergreen.reporting.figures.theme import label, literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import light

_ROW_HEIGHT, _LINE_HEIGHT, _ROOM = 24, 17, 110
# Beyond 2 a window in twenty lies by chance; beyond 6 none does.
_QUIET, _LOUD, _MOST = 2, 4, 6
# What is farther off than this is no farther for a reader.
_MOST_TOLD = 99.0
_MARK = "▲"
_COLOURS = [
    [0, light("low")],
    [_QUIET / _MOST, light("low")],
    [_LOUD / _MOST, light("high")],
    [1, light("alarm")],
]


def draw_distances(distances: pd.DataFrame, windows: Sequence[str]) -> go.Figure:
    """Draw by how many standard errors each row of the map lies from the reference in each window.

    Args:
        distances: one row a cell; ``row``, ``window``, ``score`` (signed; NaN leaves a gap), ``is_alarm`` (whether the
            column rang in this window), ``told`` (in words, for who points at it). Rows of the map come in the frame's
            order.
        windows: all windows, in the order of time.

    Returns:
        A heat map, the first row on top; a triangle where the column rang.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(distances, "distances", ["row", "window", "score", "is_alarm", "told"])
    rows = list(dict.fromkeys(distances["row"]))
    names = [label(row) for row in rows]
    # All lines are as high as the longest name needs.
    most = max((name.count("<br>") for name in names), default=0)
    height = _ROOM + (_ROW_HEIGHT + most * _LINE_HEIGHT) * max(len(rows), 2)
    figure = new_figure(height=height, x_title="", y_title="")
    if not rows:
        return say_empty(figure, distances)
    sizes = distances["score"].abs().clip(upper=_MOST_TOLD).round(2)
    figure.add_heatmap(
        x=distances["window"],
        y=[label(row) for row in distances["row"]],
        z=sizes,
        text=[literal(told) for told in distances["told"]],
        colorscale=_COLOURS,
        zmin=0,
        zmax=_MOST,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hovertemplate="%{y}, %{x}: %{z:.1f} standard errors%{text}<extra></extra>",
        colorbar={
            "orientation": "h",
            "thickness": 10,
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
            "ypad": 4,
            "len": 0.6,
            "outlinewidth": 0,
            "tickvals": [0, _QUIET, _LOUD, _MOST],
            "ticktext": ["0", f"{_QUIET}", f"{_LOUD}", f"{_MOST}+"],
        },
    )
    _add_alarms(figure, distances)
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(windows),
        range=[-0.5, len(windows) - 0.5],
        tickvals=pick_ticks(windows),
        showgrid=False,
    )
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=names, range=[len(names) - 0.5, -0.5], showgrid=False
    )
    return figure


def _add_alarms(figure: go.Figure, distances: pd.DataFrame) -> None:
    rang = distances[distances["is_alarm"]]
    if len(rang):
        figure.add_scatter(
            x=rang["window"],
            y=[label(row) for row in rang["row"]],
            mode="text",
            text=[_MARK] * len(rang),
            textfont={"color": light("ink"), "size": 9},
            hoverinfo="skip",
            showlegend=False,
        )
