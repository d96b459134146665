"""Figures of a model's life: courses over windows, with releases and incidents drawn on them."""

import textwrap
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from evergreen.reporting.figures.theme import label, literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import SERIES, Role, light

_PANEL_HEIGHT, _GAP, _ROOM = 180, 56, 90
# Above the topmost panel: the lines of its title, and the legend over that.
_TITLE_LENGTH, _TITLE_HEIGHT, _TOP = 38, 18, 30
_MOST_TICKS = 6
_LANE_HEIGHT = 30
_SHADE = 0.1
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "10px,2px,2px,2px,2px,2px")
# More points than this melt into their line.
_MAX_MARKED = 60
Style = tuple[Role, str]
Anchor = Literal["top", "bottom"]


@dataclass(frozen=True)
class TimeLine:
    """What all figures of a life share.

    Attributes:
        windows: all windows, in the order of time; their names sort so.
        marks: window -> the release that answers from there on, in a word.
        spans: first and last window of each time of trouble; they do not touch.
    """

    windows: tuple[str, ...]
    marks: Mapping[str, str]
    spans: tuple[tuple[str, str], ...] = ()

    def place(self, first: str, last: str) -> tuple[int, int] | None:
        """Find a stretch of time among the windows.

        Args:
            first: name of its first window, which may not be among them.
            last: name of its last window.

        Returns:
            Places of the first and last window in it; None where none is.
        """
        start, end = bisect_left(self.windows, first), bisect_right(self.windows, last) - 1
        return (start, end) if start <= end else None


def draw_course(
    course: pd.DataFrame, line: TimeLine, *, styles: Mapping[str, Style] | None = None, is_share: bool = False
) -> go.Figure:
    """Draw figures over time, one panel above the other.

    Args:
        course: one row a point; ``panel`` (its title tells the unit), ``series``, ``window``, ``value`` (NaN leaves a
            gap). Panels and series come in the frame's order.
        line: windows, releases and times of trouble.
        styles: series -> colour and dash; chosen in order where not said.
        is_share: whether values are shares, to be written in percent.

    Returns:
        One line a series; a dashed line upright where another release begins to answer, shaded where an incident was
        open.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(course, "course", ["panel", "series", "window", "value"])
    panels = list(dict.fromkeys(course["panel"]))
    names = list(dict.fromkeys(course["series"]))
    known = dict(styles or {})
    chosen = {
        name: known.get(name, (SERIES[place % len(SERIES)], _DASHES[place % len(_DASHES)]))
        for place, name in enumerate(names)
    }
    figure = _panels(panels)
    for panel, title in enumerate(panels, start=1):
        part = course[course["panel"] == title]
        for name in names:
            own = part[part["series"] == name]
            if len(own):
                is_first = panels[panel - 1] == course.loc[course["series"] == name, "panel"].iloc[0]
                _add_line(figure, own, chosen[name], panel=panel, has_legend=bool(is_first), is_share=is_share)
        _add_title(figure, title, panel)
        _add_line_of_time(figure, line, panel, is_named=panel == 1)
    figure.update_yaxes(tickformat=".2~%" if is_share else ",~g")
    figure.update_layout(showlegend=len(names) > 1)
    return say_empty(figure, course)


def draw_rows(rows: pd.DataFrame, line: TimeLine) -> go.Figure:
    """Draw how many rows came in each window, and of how many the outcome is known.

    Args:
        rows: one row a window; ``window``, ``n_known`` (outcomes), ``n_waiting`` and ``n_quarantined``.
        line: windows, releases and times of trouble.

    Returns:
        Bars on top of each other.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(rows, "rows", ["window", "n_known", "n_waiting", "n_quarantined"])
    figure = _panels([""])
    parts: tuple[tuple[str, str, Role], ...] = (
        ("n_known", "Outcome known", "model"),
        ("n_waiting", "Outcome not known yet", "high"),
        ("n_quarantined", "In quarantine", "alarm"),
    )
    for column, name, role in parts:
        if rows[column].any():
            figure.add_bar(
                x=rows["window"],
                y=rows[column],
                name=name,
                marker={"color": light(role)},
                hovertemplate="%{x}: %{y:,}<extra>%{fullData.name}</extra>",
            )
    # Bars reach to the top: names of releases stand over them.
    _add_line_of_time(figure, line, 1, is_named=True, anchor="bottom")
    figure.update_yaxes(tickformat=",~g")
    figure.update_layout(barmode="stack", bargap=0.15, showlegend=True, legend_traceorder="normal")
    return say_empty(figure, rows)


def draw_incidents(incidents: pd.DataFrame, line: TimeLine) -> go.Figure:
    """Draw when each cause was an incident.

    Args:
        incidents: one row an incident; ``cause``, ``first`` and ``last`` window, ``is_open``, ``told`` (in words).
            Causes come in the frame's order.
        line: windows and releases.

    Returns:
        One lane a cause: a bar for each incident, and a square at the end of one that is over.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(incidents, "incidents", ["cause", "first", "last", "is_open", "told"])
    causes = list(dict.fromkeys(label(cause) for cause in incidents["cause"]))
    figure = new_figure(height=_ROOM + _LANE_HEIGHT * max(len(causes), 2), x_title="", y_title="")
    named: set[bool] = set()
    for one in incidents.to_dict("records"):
        found = line.place(str(one["first"]), str(one["last"]))
        if found is None:
            continue
        is_open, (start, end) = bool(one["is_open"]), found
        figure.add_scatter(
            x=list(line.windows[start : end + 1]),
            y=[label(one["cause"])] * (end + 1 - start),
            mode="lines+markers",
            name="Open" if is_open else "Over",
            legendgroup=str(is_open),
            showlegend=is_open not in named,
            line={"color": light("alarm" if is_open else "other"), "width": 9},
            marker={"size": 11, "symbol": "diamond" if is_open else "square"},
            text=[literal(one["told"])] * (end + 1 - start),
            hovertemplate="%{text}<extra></extra>",
        )
        named.add(is_open)
    _order_windows(figure, line)
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=causes, range=[len(causes) - 0.4, -0.6], showgrid=False
    )
    _add_releases(figure, line, 1, is_named=True)
    figure.update_layout(showlegend=True)
    return say_empty(figure, incidents)


def _panels(titles: Sequence[str]) -> go.Figure:
    n_panels = max(len(titles), 1)
    inner = n_panels * _PANEL_HEIGHT + (n_panels - 1) * _GAP
    figure = make_subplots(
        rows=n_panels,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=_GAP / inner if n_panels > 1 else 0,
        figure=new_figure(height=inner + _ROOM, x_title="", y_title=""),
    )
    above = 8 + _TITLE_HEIGHT * len(textwrap.wrap(titles[0] if titles else "", _TITLE_LENGTH))
    return figure.update_layout(legend_y=1 + above / inner, margin_t=_TOP + above)


def _add_line(
    figure: go.Figure, points: pd.DataFrame, style: Style, *, panel: int, has_legend: bool, is_share: bool
) -> None:
    role, dash = style
    shown = "%{y:.1%}" if is_share else "%{y:,.4~g}"
    figure.add_scatter(
        x=points["window"],
        y=points["value"],
        mode="lines+markers" if len(points) <= _MAX_MARKED else "lines",
        name=literal(points["series"].iloc[0]),
        legendgroup=literal(points["series"].iloc[0]),
        showlegend=has_legend,
        line={"color": light(role), "dash": dash, "width": 2},
        marker={"color": light(role), "size": 6},
        hovertemplate=f"%{{x}}: {shown}<extra>%{{fullData.name}}</extra>",
        row=panel,
        col=1,
    )


def _add_title(figure: go.Figure, title: str, panel: int) -> None:
    axis = "" if panel == 1 else str(panel)
    figure.add_annotation(
        text="<br>".join(f"<b>{literal(part)}</b>" for part in textwrap.wrap(title, _TITLE_LENGTH)),
        align="left",
        xref=f"x{axis} domain",
        yref=f"y{axis} domain",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        yshift=2,
        showarrow=False,
        font_color=light("muted"),
    )


def _add_line_of_time(figure: go.Figure, line: TimeLine, panel: int, *, is_named: bool, anchor: Anchor = "top") -> None:
    axis = "" if panel == 1 else str(panel)
    _order_windows(figure, line)
    for first, last in line.spans:
        found = line.place(first, last)
        if found is not None:
            figure.add_shape(
                type="rect",
                xref=f"x{axis}",
                yref=f"y{axis} domain",
                x0=found[0] - 0.5,
                x1=found[1] + 0.5,
                y0=0,
                y1=1,
                fillcolor=light("alarm"),
                opacity=_SHADE,
                line_width=0,
                layer="below",
            )
    _add_releases(figure, line, panel, is_named=is_named, anchor=anchor)


def _add_releases(figure: go.Figure, line: TimeLine, panel: int, *, is_named: bool, anchor: Anchor = "top") -> None:
    if len(line.marks) == 1:
        return
    axis = "" if panel == 1 else str(panel)
    for window, name in line.marks.items():
        place = line.windows.index(window) - 0.5
        # The first release begins where the figure does.
        if place > 0:
            figure.add_shape(
                type="line",
                xref=f"x{axis}",
                yref=f"y{axis} domain",
                x0=place,
                x1=place,
                y0=0,
                y1=1,
                line={"color": light("muted"), "width": 1.5, "dash": "dash"},
            )
        if is_named:
            figure.add_annotation(
                text=literal(name),
                xref=f"x{axis}",
                yref=f"y{axis} domain",
                x=place,
                y=1,
                xanchor="left",
                yanchor=anchor,
                xshift=3,
                showarrow=False,
                font_color=light("muted"),
            )


def _order_windows(figure: go.Figure, line: TimeLine) -> None:
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(line.windows),
        range=[-0.6, max(len(line.windows), 1) - 0.4],
        tickvals=pick_ticks(line.windows),
        showgrid=False,
    )


def pick_ticks(windows: Sequence[str]) -> list[str]:
    """Choose the windows that are named on an axis.

    Args:
        windows: all windows, in the order of time.

    Returns:
        At most six, evenly spread, the newest among them.
    """
    step = -(-len(windows) // _MOST_TICKS) or 1
    return list(windows[::-1][::step][::-1])
