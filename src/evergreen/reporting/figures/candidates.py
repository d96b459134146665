"""The figure of the contest between candidates."""

import pandas as pd
import plotly.graph_objects as go

from evergreen.problem import METRICS
from evergreen.reporting.cells import heading
from evergreen.reporting.figures.theme import literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import SERIES, light

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
# One more than there are colours: no two of 42 lines look alike.
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "10px,2px,2px,2px,2px,2px")


def draw_candidates(candidates: pd.DataFrame, *, metric: str) -> go.Figure:
    """Draw the validation score of every candidate, fold by fold in time order.

    Args:
        candidates: one row a candidate and fold; ``candidate``, ``fold``, ``score`` in the metric's unit. Folds
            are numbered in time order; a candidate may lack one.
        metric: the metric's name; the axis says which way is better where it is a known one.

    Returns:
        One line a candidate; colour, dash and symbol tell them apart.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(candidates, "candidates", ["candidate", "fold", "score"])
    figure = new_figure(height=380, x_title="Fold, in time order", y_title=_axis_title(metric))
    for place, (name, scores) in enumerate(candidates.groupby("candidate", sort=False)):
        role = SERIES[place % len(SERIES)]
        figure.add_scatter(
            x=[literal(fold) for fold in scores["fold"]],
            y=scores["score"],
            mode="lines+markers",
            name=literal(name),
            line={"color": light(role), "dash": _DASHES[place % len(_DASHES)], "width": 2},
            marker={"color": light(role), "symbol": _SYMBOLS[place % len(_SYMBOLS)], "size": 9},
            hovertemplate="fold %{x}: %{y:.4~g}<extra>%{fullData.name}</extra>",
        )
    in_order = [literal(fold) for fold in sorted(candidates["fold"].unique())]
    figure.update_xaxes(type="category", showgrid=False, categoryorder="array", categoryarray=in_order)
    figure.update_layout(showlegend=True)
    return say_empty(figure, candidates)


def _axis_title(metric: str) -> str:
    if metric not in METRICS:
        return heading(metric)
    known = METRICS[metric]
    unit = f"{known.unit}, " if known.unit in ("money", "share", "nat") else ""
    return f"{heading(metric)} ({unit}{'higher' if known.higher_is_better else 'lower'} is better)"
