"""Figures of what is decided: money by rule, and actions against outcomes."""

import pandas as pd
import plotly.graph_objects as go

from evergreen.reporting.cells import format_values
from evergreen.reporting.figures.theme import label, labels, literal, new_figure, require_columns, say_empty
from evergreen.reporting.palette import Role, light

_MODEL = "model"
_ROW_HEIGHT = 52
_TURNED_FROM = 0.75
# Cells of more outcomes are too narrow on a phone for more than a count.
_MAX_TOLD_OUTCOMES = 4
_SMALL = 10


def draw_money(money: pd.DataFrame, *, unit: str) -> go.Figure:
    """Draw what every way to decide earns, with its interval: the model first, then the best rule.

    Args:
        money: one row a rule; ``rule`` ("model" is the model), ``value``, ``low`` and ``high`` in ``unit``. An
            undefined value (NaN) keeps its place and is named so.
        unit: the unit of money, for the axis.

    Returns:
        Dots with intervals on an axis that shows zero.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(money, "money", ["rule", "value", "low", "high"])
    figure = new_figure(height=110 + _ROW_HEIGHT * len(money), x_title=f"Payoff ({unit})", y_title="")
    is_model = money["rule"] == _MODEL
    rules = money[~is_model].sort_values("value", ascending=False, kind="stable")
    ends = _range_with_zero(money)
    # On a phone there is no room for a label beyond the end.
    turn = ends[0] + _TURNED_FROM * (ends[1] - ends[0])
    _add_dots(figure, money[is_model], role="model", symbol="diamond", turn=turn)
    _add_dots(figure, rules, role="other", symbol="circle", turn=turn)
    shown = [*_names(money[is_model]), *_names(rules)]
    figure.update_yaxes(categoryorder="array", categoryarray=shown, range=[len(shown) - 0.4, -0.6], showgrid=False)
    figure.update_xaxes(zeroline=True, zerolinewidth=2, zerolinecolor=light("muted"), range=ends)
    return say_empty(figure, money)


def _range_with_zero(money: pd.DataFrame) -> list[float]:
    ends = [float(end) for name in ("low", "value", "high") for end in money[name].dropna()]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    if low == high:
        return [-1.0, 1.0]
    margin = 0.06 * (high - low)
    return [low - margin, high + margin]


def _names(money: pd.DataFrame) -> list[str]:
    undefined = money["value"].isna()
    return [
        label(rule) + ("<br>(not defined)" if is_undefined else "")
        for rule, is_undefined in zip(money["rule"], undefined, strict=True)
    ]


def _add_dots(figure: go.Figure, money: pd.DataFrame, *, role: Role, symbol: str, turn: float) -> None:
    texts = format_values(money["value"])
    bold = [f"<b>{text}</b>" if role == "model" else text for text in texts]
    figure.add_scatter(
        x=money["value"],
        y=_names(money),
        mode="markers+text",
        name="Model" if role == "model" else "Without a model",
        marker={"color": light(role), "symbol": symbol, "size": 13 if role == "model" else 10},
        error_x={
            "type": "data",
            "array": money["high"] - money["value"],
            "arrayminus": money["value"] - money["low"],
            "color": light(role),
            "thickness": 3 if role == "model" else 2,
            "width": 5,
        },
        text=bold,
        textposition=["top left" if value > turn else "top right" for value in money["value"]],
        cliponaxis=False,
        customdata=list(zip(format_values(money["low"]), format_values(money["high"]), strict=True)),
        hovertemplate="%{y}: %{text} (%{customdata[0]} to %{customdata[1]})<extra></extra>",
    )


def draw_confusion(counts: pd.DataFrame, *, unit: str = "") -> go.Figure:
    """Draw how often each action met each outcome, and what that paid.

    Args:
        counts: one row a cell; ``action``, ``outcome``, ``n_rows``, and ``money`` in ``unit`` (NaN where the
            case gives no payoff).
        unit: the unit of money.

    Returns:
        A heat map with the figures in its cells, actions downwards and outcomes across, in the frame's order. Of more
        than four outcomes the cells tell rows only.

    Raises:
        DataError: where a column is missing.
    """
    require_columns(counts, "confusion", ["action", "outcome", "n_rows", "money"])
    actions, outcomes = labels(counts["action"]), labels(counts["outcome"])
    n_actions = counts["action"].nunique()
    figure = new_figure(height=110 + max(72 * n_actions, 120), x_title="Outcome", y_title="Action")
    figure.add_heatmap(
        x=outcomes,
        y=actions,
        z=counts["n_rows"],
        text=_cell_texts(counts, unit),
        texttemplate="%{text}",
        textfont={"color": light("ink"), **({"size": _SMALL} if _is_wide(counts) else {})},
        colorscale=[[0, light("low")], [1, light("high")]],
        showscale=False,
        xgap=3,
        ygap=3,
        hovertemplate="%{y}, outcome %{x}: %{text}<extra></extra>",
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed")
    return say_empty(figure, counts)


def _is_wide(counts: pd.DataFrame) -> bool:
    return int(counts["outcome"].nunique()) > _MAX_TOLD_OUTCOMES


def _cell_texts(counts: pd.DataFrame, unit: str) -> list[str]:
    if _is_wide(counts):
        return [f"<b>{n:,}</b>" for n in counts["n_rows"]]
    rows = [f"<b>{n:,}</b> rows" for n in counts["n_rows"]]
    money = format_values(counts["money"])
    tail = f"<br>{literal(unit)}" if unit else ""
    return [
        row if is_undefined else f"{row}<br>{paid}{tail}"
        for row, paid, is_undefined in zip(rows, money, counts["money"].isna(), strict=True)
    ]
