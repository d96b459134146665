"""What all figures share: one template, labels that are safe to draw, and a check of the frame."""

import html
import re
import textwrap
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from evergreen.errors import DataError, named
from evergreen.reporting.palette import SERIES, light

_CLEAR = "rgba(0,0,0,0)"
_LINE_LENGTH = 24
# Beneath a figure that is as wide as a phone.
_TITLE_LENGTH = 30
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"

_AXIS = {
    "automargin": True,
    "fixedrange": True,
    "gridcolor": light("grid"),
    "linecolor": light("muted"),
    "tickcolor": light("grid"),
    "title": {"standoff": 14, "font": {"color": light("muted")}},
    "zeroline": False,
}

TEMPLATE = go.layout.Template(
    layout={
        "colorway": [light(role) for role in SERIES],
        "dragmode": False,
        "font": {"family": _FONT, "size": 13, "color": light("ink")},
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
        },
        "margin": {"l": 12, "r": 24, "t": 16, "b": 12, "autoexpand": True},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "showlegend": False,
        "xaxis": _AXIS,
        "yaxis": {**_AXIS, "ticks": "outside", "ticklen": 6, "tickcolor": _CLEAR},
    }
)
"""Legible, quiet, transparent, and still: a figure on a phone must not catch the finger that scrolls."""


def new_figure(*, height: int, x_title: str, y_title: str) -> go.Figure:
    """Begin a figure in the house's style.

    Args:
        height: in pixels; the width is the page's.
        x_title: what the horizontal axis shows, with its unit; on several lines where it is long.
        y_title: the same for the vertical axis.

    Returns:
        A figure without traces.
    """
    figure = go.Figure(layout={"template": TEMPLATE, "height": height})
    figure.update_xaxes(title_text="<br>".join(map(literal, textwrap.wrap(x_title, _TITLE_LENGTH))))
    figure.update_yaxes(title_text=literal(y_title))
    return figure


def literal(text: object) -> str:
    """Write text so that plotly draws it as it stands.

    Plotly reads ``<`` and ``&`` as markup, so a class named "<=50k" would be lost.

    Args:
        text: anything printable.

    Returns:
        The text with markup made harmless.
    """
    return html.escape(str(text), quote=False)


def label(text: object) -> str:
    """Write the name of a category, on several lines where it is long.

    Args:
        text: a name; lines break after a space, an underscore or a hyphen.

    Returns:
        Safe text with ``<br>`` between lines. Different names give different labels.
    """
    lines = [""]
    for piece in re.findall(r"[^\s_-]*[\s_-]?", str(text)):
        if lines[-1] and len(lines[-1]) + len(piece) > _LINE_LENGTH:
            lines.append("")
        lines[-1] += piece
    return "<br>".join(map(literal, lines))


def labels(values: "pd.Series[str]") -> list[str]:
    """Write a label for every cell of a column.

    Args:
        values: names of categories.

    Returns:
        One label a cell, in order.
    """
    return [label(value) for value in values]


def require_columns(frame: pd.DataFrame, figure: str, columns: Sequence[str]) -> None:
    """Refuse a frame that lacks what a figure shows.

    Args:
        frame: what is to be drawn.
        figure: the figure's name, for the error.
        columns: what the figure needs.

    Raises:
        DataError: where a column is missing.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(
            f"The frame of figure '{figure}'",
            f"lacks {named(missing)} (it has {named(frame.columns)})",
            f"Give it the columns {', '.join(columns)}.",
        )


def say_empty(figure: go.Figure, frame: pd.DataFrame) -> go.Figure:
    """Say inside a figure that there is nothing to see, where that is so.

    Args:
        figure: a finished figure; changed in place.
        frame: what it shows.

    Returns:
        The same figure.
    """
    if frame.empty:
        figure.add_annotation(
            text="No rows to show", x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font_color=light("muted")
        )
    return figure
