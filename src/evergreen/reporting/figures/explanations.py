"""Figures of what a model looks at: importances of its columns, and how predictions move with them."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evergreen.reporting.cells import format_values
from evergreen.reporting.figures.theme import label, labels, literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import SERIES, light

_ROW_HEIGHT, _PANEL_HEIGHT = 34, 200
# Words stand upright below a panel where the page is narrow.
_GAP = 120
# One more than there are colours: no two of 42 lines look alike.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "10px,2px,2px,2px,2px,2px")
_SHOWN = ("ale", "level")


def draw_importances(importances: pd.DataFrame, *, unit: str) -> go.Figure:
    """Draw what each column is worth to the model, with its interval.

    Args:
        importances: one row a column, in the order to be shown; ``column``, ``loss_increase`` in ``unit``, and its
            bounds ``loss_increase_low`` and ``loss_increase_high`` (NaN where they cannot be told).
        unit: the unit of the loss, for the axis.

    Returns:
        Dots with intervals beside a line at zero.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(importances, "importances", ["column", "loss_increase", "loss_increase_low", "loss_increase_high"])
    figure = new_figure(height=110 + _ROW_HEIGHT * len(importances), x_title=f"Loss added ({unit})", y_title="")
    value, low, high = (importances[f"loss_increase{end}"] for end in ("", "_low", "_high"))
    shown = labels(importances["column"])
    figure.add_scatter(
        x=value,
        y=shown,
        mode="markers",
        name="Loss added",
        marker={"color": light("model"), "size": 10},
        error_x={
            "type": "data",
            "array": high - value,
            "arrayminus": value - low,
            "color": light("model"),
            "thickness": 2,
            "width": 4,
        },
        customdata=list(zip(*map(format_values, (value, low, high)), strict=True)),
        hovertemplate="%{y}: %{customdata[0]} (%{customdata[1]} to %{customdata[2]})<extra></extra>",
    )
    figure.update_yaxes(categoryorder="array", categoryarray=shown, autorange="reversed", showgrid=False)
    figure.update_xaxes(rangemode="tozero", zeroline=True, zerolinewidth=2, zerolinecolor=light("muted"))
    return say_empty(figure, importances)


def draw_effects(effects: pd.DataFrame, *, unit: str) -> go.Figure:
    """Draw how predictions move with each column: lines for numbers and times, dots for words.

    Args:
        effects: one row a point; ``column``, ``method`` ("ale" and "level" are shown), ``of_class``, ``place``,
            ``label``, ``value`` (NaN for words; times in days since 1970 are shown by their label), ``effect`` in
            ``unit``.
        unit: the unit of the effect, for the axes.

    Returns:
        One panel a column, in the frame's order; a line or symbol a class.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(effects, "effects", ["column", "method", "of_class", "place", "label", "value", "effect"])
    shown = effects[effects["method"].isin(_SHOWN)]
    columns = list(dict.fromkeys(shown["column"]))
    n_panels = max(len(columns), 1)
    height = n_panels * (_PANEL_HEIGHT + _GAP)
    figure = make_subplots(
        rows=n_panels,
        cols=1,
        vertical_spacing=_GAP / height if n_panels > 1 else 0,
        figure=new_figure(height=height, x_title="", y_title=""),
    )
    classes = list(dict.fromkeys(shown["of_class"]))
    for panel, name in enumerate(columns, start=1):
        for place, of_class in enumerate(classes):
            part = shown[(shown["column"] == name) & (shown["of_class"] == of_class)]
            _add_effect(figure, part, panel=panel, place=place)
        figure.update_xaxes(title_text=label(name), row=panel, col=1)
    if not columns:
        figure.update_xaxes(title_text="Column")
    figure.update_yaxes(title_text=literal(unit), zeroline=True, zerolinewidth=1, zerolinecolor=light("muted"))
    figure.update_layout(showlegend=len(classes) > 1)
    return say_empty(figure, shown)


def _add_effect(figure: go.Figure, part: pd.DataFrame, *, panel: int, place: int) -> None:
    is_words = bool((part["method"] == "level").any())
    is_time = not is_words and part["label"].str.fullmatch(r"-?\d+-\d\d-\d\d").all()
    color = light(SERIES[place % len(SERIES)])
    name = literal(part["of_class"].iloc[0]) if len(part) else ""
    figure.add_scatter(
        x=labels(part["label"]) if is_words or is_time else part["value"],
        y=part["effect"],
        mode="markers" if is_words else "lines+markers",
        name=name,
        legendgroup=name,
        showlegend=panel == 1,
        line={"color": color, "dash": _DASHES[place % len(_DASHES)], "width": 2},
        marker={"color": color, "size": 9 if is_words else 4},
        customdata=part["label"],
        hovertemplate="%{customdata}: %{y:+.3~g}<extra>%{fullData.name}</extra>",
        row=panel,
        col=1,
    )
