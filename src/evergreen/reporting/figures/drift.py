"""The figure of how far each column has moved."""

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.cells import format_values
from evergreen.reporting.figures.theme import labels, new_figure, require_columns, say_empty
from evergreen.reporting.palette import light

_BAR_HEIGHT = 30
_MARK = "▲"
# Room to the right of the longest bar for its figure, on a phone too.
_ROOM = 1.4


def draw_drift(drift: pd.DataFrame) -> go.Figure:
    """Draw how far each column has moved from the reference, the furthest first.

    Args:
        drift: one row a column; ``column``, ``population_stability_index`` (0 or more; NaN leaves a gap),
            ``p_value_adjusted`` (0 to 1) and ``is_drifted``.

    Returns:
        Bars; a drifted column has its own colour, hatching and mark.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(drift, "drift", ["column", "population_stability_index", "p_value_adjusted", "is_drifted"])
    figure = new_figure(height=100 + _BAR_HEIGHT * len(drift), x_title="Population stability index", y_title="")
    ordered = drift.sort_values("population_stability_index", ascending=False, kind="stable")
    is_drifted = ordered["is_drifted"].astype(bool)
    _add_bars(figure, ordered[is_drifted], is_drifted=True)
    _add_bars(figure, ordered[~is_drifted], is_drifted=False)
    figure.update_yaxes(
        categoryorder="array", categoryarray=labels(ordered["column"]), autorange="reversed", showgrid=False
    )
    largest = max([0.0, *drift["population_stability_index"].dropna()])
    figure.update_xaxes(range=[0, _ROOM * (largest or 1.0)])
    figure.update_layout(barmode="overlay", bargap=0.3, showlegend=True)
    return say_empty(figure, drift)


def _add_bars(figure: go.Figure, drift: pd.DataFrame, *, is_drifted: bool) -> None:
    index = format_values(drift["population_stability_index"], ",.3f")
    figure.add_bar(
        x=drift["population_stability_index"],
        y=labels(drift["column"]),
        orientation="h",
        name=f"{_MARK} Drifted" if is_drifted else "Not drifted",
        marker={
            "color": light("alarm" if is_drifted else "other"),
            "pattern": {"shape": "/" if is_drifted else "", "fillmode": "overlay", "size": 6},
        },
        text=[f"<b>{_MARK} {value}</b>" if is_drifted else value for value in index],
        textposition="outside",
        cliponaxis=False,
        customdata=format_values(drift["p_value_adjusted"], "p"),
        hovertemplate="%{y}: %{x:.3f} (adjusted p %{customdata})<extra></extra>",
    )
