"""The figure of the fire drills."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.figures.theme import label, literal, new_figure, say_empty
from evergreen.reporting.palette import light

_ROW_HEIGHT = 40
# Seven columns must fit a phone.
_SMALL = 9


def draw_drills(drills: dict[str, Any]) -> go.Figure:
    """Draw in how many runs each monitor has seen each drill, and how late.

    Args:
        drills: what came of the drills, as in ``drills.json``.

    Returns:
        A heat map of drills downwards and monitors across; a cell tells the percentage of runs and, beneath, the
        median delay.
    """
    told: dict[str, Any] = drills["drills"]
    figure = new_figure(height=120 + _ROW_HEIGHT * len(told), x_title="Monitor", y_title="")
    monitors = list(drills["false_alarms"])
    shares = [[one["monitors"][monitor]["seen"]["value"] for monitor in monitors] for one in told.values()]
    texts = [[_text(one["monitors"][monitor]) for monitor in monitors] for one in told.values()]
    figure.add_heatmap(
        x=[literal(monitor) for monitor in monitors],
        y=[label(drill) for drill in told],
        z=shares,
        text=texts,
        texttemplate="%{text}",
        textfont={"color": light("ink"), "size": _SMALL},
        colorscale=[[0, light("low")], [1, light("high")]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{y}, %{x}: %{z:.0%} of runs<extra></extra>",
    )
    figure.update_xaxes(type="category", showgrid=False, side="top", tickangle=-45)
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed")
    return say_empty(figure, pd.DataFrame(shares))


def _text(found: dict[str, Any]) -> str:
    share, delay = found["seen"]["value"], found["delay_windows"]
    return "" if delay is None else f"{100 * share:.0f}<br>{delay:.3g}"
