"""Figures of what other cuts through the scores would have found and paid."""

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.figures.theme import new_figure, require_columns, say_empty
from evergreen.reporting.palette import light

_BAND_OPACITY = 0.18


def draw_gains(curve: pd.DataFrame) -> go.Figure:
    """Draw what share of the positive class is among the rows with the highest scores.

    Args:
        curve: one row a cut; ``share`` of the rows, ``caught`` with ``low`` and ``high``, ``lift``; in order of share.

    Returns:
        A line with its band beside the diagonal of a list by chance.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(curve, "gains", ["share", "caught", "low", "high", "lift"])
    figure = new_figure(height=400, x_title="Rows, the highest scores first (share)", y_title="Share found")
    _add_band(figure, curve["share"], curve)
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="A list by chance", hoverinfo="skip",
        line={"color": light("muted"), "dash": "dash", "width": 1.5},
    )  # fmt: skip
    figure.add_scatter(
        x=[0.0, *curve["share"]],
        y=[0.0, *curve["caught"]],
        mode="lines",
        name="Model",
        line={"color": light("model"), "width": 2},
        customdata=[0.0, *curve["lift"]],
        hovertemplate="first %{x:.0%} of the rows: %{y:.1%} found, lift %{customdata:.2f}<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02])
    figure.update_layout(showlegend=True)
    return say_empty(figure, curve)


def draw_thresholds(curve: pd.DataFrame, *, unit: str) -> go.Figure:
    """Draw what acting from a certain score on would have paid.

    Args:
        curve: one row a threshold; ``threshold``, ``acted_share``, ``payoff`` with ``low`` and ``high`` in ``unit``,
            ``is_break_even``; in order of threshold.
        unit: the unit of money, for the axis.

    Returns:
        A line with its band, and a diamond at the cut that the payoff itself asks for.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(curve, "thresholds", ["threshold", "acted_share", "payoff", "low", "high", "is_break_even"])
    figure = new_figure(height=400, x_title="Act from this score on", y_title=f"Payoff ({unit})")
    _add_band(figure, curve["threshold"], curve)
    told = "%{y:,.4~g}, acting on %{customdata:.1%} of the rows<extra></extra>"
    figure.add_scatter(
        x=curve["threshold"],
        y=curve["payoff"],
        mode="lines",
        name="Payoff",
        line={"color": light("model"), "width": 2},
        customdata=curve["acted_share"],
        hovertemplate=f"from %{{x:.3~g}} on: {told}",
    )
    even = curve[curve["is_break_even"].astype(bool)]
    figure.add_scatter(
        x=even["threshold"],
        y=even["payoff"],
        mode="markers",
        name="Where both actions are worth the same",
        marker={"color": light("alarm"), "symbol": "diamond", "size": 12},
        customdata=even["acted_share"],
        hovertemplate=f"break-even at %{{x:.3~g}}: {told}",
    )
    figure.update_yaxes(zeroline=True, zerolinewidth=2, zerolinecolor=light("muted"))
    figure.update_layout(showlegend=True)
    return say_empty(figure, curve)


def _add_band(figure: go.Figure, x: "pd.Series[float]", curve: pd.DataFrame) -> None:
    known = curve["low"].notna()
    if not known.any():
        return
    figure.add_scatter(
        x=[*x[known], *x[known][::-1]],
        y=[*curve["high"][known], *curve["low"][known][::-1]],
        mode="lines",
        name="Interval",
        line={"width": 0, "color": light("model")},
        fill="toself",
        fillcolor=light("model"),
        opacity=_BAND_OPACITY,
        hoverinfo="skip",
    )
