"""The figure of the rehearsal."""

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.figures.theme import literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import SERIES, light

_DASHES = ("solid", "dash", "dot", "dashdot")


def draw_rehearsal(batches: pd.DataFrame, *, measure: str, unit: str) -> go.Figure:
    """Draw what each policy had gained over never retraining, batch after batch.

    Args:
        batches: one row a policy and batch: ``policy``, ``batch``, ``gain_so_far``.
        measure: what is gained, in words.
        unit: its unit; empty for none.

    Returns:
        One line a policy.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(batches, "batches", ["policy", "batch", "gain_so_far"])
    title = f"Gain so far ({unit})" if unit else f"Gain so far ({measure})"
    figure = new_figure(height=420, x_title="Batch", y_title=title)
    for place, (name, course) in enumerate(batches.groupby("policy", sort=False)):
        figure.add_scatter(
            x=course["batch"],
            y=course["gain_so_far"],
            mode="lines",
            name=literal(str(name).replace("_", " ")),
            line={
                "color": light(SERIES[place % len(SERIES)]),
                "dash": _DASHES[place // len(SERIES) % len(_DASHES)],
                "width": 2,
            },
            hovertemplate="after batch %{x}: %{y:,.4~g}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(showlegend=True)
    return say_empty(figure, batches)
