"""One row a column: what it holds, what was repaired, and what it is good for."""

from collections.abc import Mapping

import pandas as pd

from evergreen.problem import Column, Problem
from evergreen.reporting.cells import format_values
from evergreen.reporting.sections import Bars

NOTHING = "\u2013"
_N_BARS, _N_WORDS = 12, 3


def columns_frame(problem: Problem, table_profile: pd.DataFrame) -> pd.DataFrame:
    """Tell what each column holds.

    Args:
        problem: the case.
        table_profile: of ``tables.profile.profile_table``.

    Returns:
        One row a column of the contract: ``column``, the ``spread`` of its values as bars, its ``values`` in words,
        ``missing_share``, ``n_distinct``, ``type`` and ``role``.
    """
    parts = {str(name): part for name, part in table_profile.groupby("column", sort=False)}
    rows = [_row(name, column, problem, parts[name]) for name, column in problem.columns.items() if name in parts]
    heads = ["column", "spread", "values", "missing_share", "n_distinct", "type", "role"]
    return pd.DataFrame(rows, columns=heads)


def _row(name: str, column: Column, problem: Problem, part: pd.DataFrame) -> list[object]:
    figures = part[part["label"] == ""].set_index("what")["value"]
    n_rows, n_missing = figures["n_rows"], figures["n_missing"]
    return [
        name,
        _spread(part, column),
        _values(part, column),
        n_missing / n_rows if n_rows else float("nan"),
        figures.get("n_distinct"),
        column.type,
        role_of(name, problem),
    ]


def role_of(name: str, problem: Problem) -> str:
    """Say in a word or two what a column is for.

    Args:
        name: the column.
        problem: the case.

    Returns:
        "feature", "key", "time", "group", "target", "blocked" (known only at the outcome) or "not learnt from".
    """
    if name in problem.feature_columns:
        return "feature"
    named: Mapping[str | None, str] = {
        problem.split.group: "group",
        problem.event_time: "time",
        **dict.fromkeys(problem.key, "key"),
        problem.target.column: "target",
    }
    return named.get(name, "blocked" if name in problem.outcome_columns else "not learnt from")


def _values(part: pd.DataFrame, column: Column) -> str:
    """Write the lowest, middle and highest number, the first and last time, the commonest words, or lengths."""
    if column.type == "timestamp":
        ends = part[part["what"].isin(["min", "max"])]["label"].str.slice(0, 10)
        return " to ".join(ends) if ends.ne("").all() else NOTHING
    if column.is_numeric:
        numbers = _between(part, ["min", "0.5", "max"], " / ")
        return numbers if column.unit is None or numbers == NOTHING else f"{numbers} {column.unit}"
    if column.type == "text":
        lengths = _between(part, ["length_min", "length_max"], " to ")
        return lengths if lengths == NOTHING else f"{lengths} characters"
    words, n_known = part[part["what"] == "word"], _known(part)
    told = [f"{label} {value / n_known:.0%}" for label, value in words[["label", "value"]].head(_N_WORDS).to_numpy()]
    return ", ".join(told) or NOTHING


def _between(part: pd.DataFrame, names: list[str], sign: str) -> str:
    values = part.assign(name=part["label"].where(part["what"] == "quantile", part["what"])).set_index("name")["value"]
    kept = [values.get(name, float("nan")) for name in names]
    return NOTHING if pd.isna(kept).any() else sign.join(format_values(kept))


def _known(part: pd.DataFrame) -> float:
    figures = part[part["label"] == ""].set_index("what")["value"]
    return float(figures["n_rows"] - figures["n_missing"])


def _spread(part: pd.DataFrame, column: Column) -> Bars | str:
    bins = part[part["what"].isin(["histogram", "word"])]
    n_known = _known(part)
    if bins.empty or not n_known:
        return NOTHING
    counts = list(bins["value"])
    if column.type in ("category", "boolean"):
        counts = [*counts[:_N_BARS], n_known - sum(counts[:_N_BARS])]
        counts = counts if counts[-1] else counts[:-1]
    label, n_rows = max(zip(bins["label"], bins["value"], strict=True), key=lambda one: one[1])
    return Bars(tuple(counts), f"{label}: {n_rows / n_known:.0%}, the most of {len(bins)}")
