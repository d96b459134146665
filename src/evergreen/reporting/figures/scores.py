"""Figures of scores: how they lie, how honest they are, and how far they miss."""

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.figures.theme import literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import SERIES, Role, light

# One more than there are colours: no two of 42 lines look alike.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "10px,2px,2px,2px,2px,2px")
_FILLED_SERIES = 2


def draw_calibration(curve: pd.DataFrame) -> go.Figure:
    """Draw the predicted share of outcomes against the observed one.

    Args:
        curve: one row a group of similar scores; ``n_rows``, ``mean_score``, ``observed_share`` with its interval
            ``low`` to ``high``, all 0 to 1.

    Returns:
        Points with intervals beside the diagonal of a perfectly honest model; larger points hold more rows.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(curve, "calibration", ["n_rows", "mean_score", "observed_share", "low", "high"])
    figure = new_figure(height=420, x_title="Mean score (share)", y_title="Observed share of outcomes")
    top = min(1.0, 1.08 * float(curve[["mean_score", "high"]].max().max())) if len(curve) else 1.0
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", name="Perfectly calibrated", hoverinfo="skip",
        line={"color": light("muted"), "dash": "dash", "width": 1.5},
    )  # fmt: skip
    figure.add_scatter(
        x=curve["mean_score"],
        y=curve["observed_share"],
        mode="markers+lines",
        name="Model",
        marker={"color": light("model"), "size": 7 + 9 * (curve["n_rows"] / curve["n_rows"].max()) ** 0.5},
        line={"color": light("model"), "width": 1.5},
        error_y={
            "type": "data",
            "array": curve["high"] - curve["observed_share"],
            "arrayminus": curve["observed_share"] - curve["low"],
            "color": light("model"),
            "width": 4,
        },
        customdata=curve["n_rows"],
        hovertemplate="predicted %{x:.1%}, observed %{y:.1%} (%{customdata:,} rows)<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%", range=[0, top])
    figure.update_yaxes(tickformat=".0%", range=[0, top], rangemode="tozero")
    figure.update_layout(showlegend=True)
    return say_empty(figure, curve)


def draw_scores(histogram: pd.DataFrame) -> go.Figure:
    """Draw the distribution of scores by true class, or of predicted and true values.

    Args:
        histogram: one row a bin and class; ``bin_low``, ``bin_high`` (scores), ``class`` (of a regression
            "predicted" or "true"), ``share`` of its rows in the bin, 0 to 1. Bins are in order and without gaps.

    Returns:
        One outline a class; colour and dash tell them apart.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(histogram, "scores", ["bin_low", "bin_high", "class", "share"])
    return _draw_outlines(histogram, by="class", y_title="Share of the rows", roles=SERIES)


def draw_score_shift(histogram: pd.DataFrame) -> go.Figure:
    """Draw the distribution of scores at the release beside that of the watched window.

    Args:
        histogram: one row a bin and window; ``bin_low``, ``bin_high`` (scores), ``window`` ("reference" or
            "current"), ``share`` of the window's rows in the bin, 0 to 1. Bins are in order and without gaps.

    Returns:
        One outline a window; colour and dash tell them apart.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(histogram, "score shift", ["bin_low", "bin_high", "window", "share"])
    is_reference = histogram["window"] == "reference"
    ordered = pd.concat([histogram[~is_reference], histogram[is_reference]])
    return _draw_outlines(ordered, by="window", y_title="Share of the window's rows", roles=("model", "other"))


def _draw_outlines(histogram: pd.DataFrame, *, by: str, y_title: str, roles: tuple[Role, ...]) -> go.Figure:
    figure = new_figure(height=360, x_title="Score", y_title=y_title)
    groups = list(histogram.groupby(by, sort=False))
    for place, (name, bins) in enumerate(groups):
        figure.add_scatter(
            x=[*bins["bin_low"], bins["bin_high"].iloc[-1]],
            y=[*bins["share"], bins["share"].iloc[-1]],
            mode="lines",
            line={"shape": "hv", "color": light(roles[place % len(roles)]), "dash": _DASHES[place % len(_DASHES)]},
            fill="tozeroy" if place == 0 and len(groups) <= _FILLED_SERIES else "none",
            name=literal(name),
            hovertemplate="score %{x:.3~g}: %{y:.1%}<extra>%{fullData.name}</extra>",
        )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(showlegend=True)
    return say_empty(figure, histogram)


def draw_residuals(frame: pd.DataFrame, *, unit: str = "") -> go.Figure:
    """Draw how far predictions missed, by prediction.

    Args:
        frame: one row a point; ``predicted`` and ``residual`` (truth minus prediction), both in ``unit``. The
            caller thins it.
        unit: the unit of the target.

    Returns:
        Points around a line of zero.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(frame, "residuals", ["predicted", "residual"])
    tail = f" ({unit})" if unit else ""
    figure = new_figure(height=400, x_title=f"Predicted{tail}", y_title=f"Truth minus prediction{tail}")
    figure.add_scatter(
        x=frame["predicted"],
        y=frame["residual"],
        mode="markers",
        name="Row",
        marker={"color": light("model"), "size": 6, "opacity": 0.45},
        hovertemplate="predicted %{x:,.4~g}, missed by %{y:,.4~g}<extra></extra>",
    )
    figure.update_yaxes(zeroline=True, zerolinewidth=2, zerolinecolor=light("muted"))
    return say_empty(figure, frame)
