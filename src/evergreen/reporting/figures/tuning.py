"""The figure of the search for good settings."""

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.figures.theme import literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import SERIES, light

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
_DONE = "done"


def draw_tuning(history: pd.DataFrame, *, loss_name: str) -> go.Figure:
    """Draw the loss of every trial and the best one so far, in the order in which they were tried.

    Args:
        history: one row a trial; ``trial``, ``candidate``, ``state``, ``loss`` and ``best_loss``, both missing where
            there is none yet.
        loss_name: what the loss is called, with its unit.

    Returns:
        Points by candidate, hollow where a trial was stopped early, and the line of the best so far.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(history, "history", ["trial", "candidate", "state", "loss", "best_loss"])
    figure = new_figure(height=380, x_title="Trial", y_title=f"{loss_name}, lower is better")
    for place, (name, trials) in enumerate(history.groupby("candidate", sort=False)):
        symbol, color = _SYMBOLS[place % len(_SYMBOLS)], light(SERIES[place % len(SERIES)])
        is_whole = trials["state"] == _DONE
        figure.add_scatter(
            x=trials["trial"],
            y=trials["loss"],
            mode="markers",
            name=literal(name),
            marker={"color": color, "symbol": [symbol if whole else f"{symbol}-open" for whole in is_whole], "size": 9},
            customdata=trials["state"],
            hovertemplate="trial %{x}: %{y:.4~g}, %{customdata}<extra>%{fullData.name}</extra>",
        )
    figure.add_scatter(
        x=history["trial"],
        y=history["best_loss"],
        mode="lines",
        name="best so far",
        line={"color": light(SERIES[0]), "width": 2, "shape": "hv"},
        hovertemplate="best after trial %{x}: %{y:.4~g}<extra></extra>",
    )
    figure.update_layout(showlegend=True)
    return say_empty(figure, history)
