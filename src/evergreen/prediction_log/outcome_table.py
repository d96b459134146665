"""Outcomes from a table, such as a file that another department sends."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from evergreen.errors import DataError, bounded, named
from evergreen.prediction_log.cells import value_of
from evergreen.prediction_log.records import Outcome
from evergreen.problem import Problem, canonical_text

KeyOf = Callable[[Mapping[str, Any], Problem], Mapping[str, Any]]


def read_outcomes(
    table: pd.DataFrame, problem: Problem, *, key_of: KeyOf, known_at: str, known_at_column: str | None = None
) -> list[Outcome]:
    """Read the outcomes of a table.

    Args:
        table: one row an outcome: the key columns and the target, by the names of the contract or of their source;
            other columns are left alone.
        problem: the case.
        key_of: writes the key of a row as the log of predictions holds it.
        known_at: since when all of them are known, ISO.
        known_at_column: the column that says so for each row instead.

    Returns:
        One outcome each row whose target is not blank.

    Raises:
        DataError: where a column is missing, or a target is no class of the case and no number.
    """
    target = problem.target.column
    names = {name: _find(name, table, problem) for name in (*problem.key, target)}
    cells = {name: table[found].astype(object).where(table[found].notna(), None) for name, found in names.items()}
    if known_at_column is not None and known_at_column not in table:
        raise _missing(known_at_column, table)
    times = [known_at] * len(table) if known_at_column is None else table[known_at_column].map(_time)
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    return [
        Outcome(key_of(row, problem), value, time)
        for place, (row, time) in enumerate(zip(rows, times, strict=True))
        if (value := _target(row[target], place, problem)) is not None
    ]


def _find(name: str, table: pd.DataFrame, problem: Problem) -> str:
    found = next((one for one in (name, problem.columns[name].raw_name) if one in table), None)
    if found is None:
        raise _missing(name, table)
    return found


def _missing(name: str, table: pd.DataFrame) -> DataError:
    return DataError("The table of outcomes", f"lacks '{name}' (it has {named(table.columns)})", "Add it, or rename.")


def _time(cell: Any) -> str:
    return cell.isoformat() if isinstance(cell, pd.Timestamp) else str(cell)


def _target(cell: Any, place: int, problem: Problem) -> str | float | None:
    if cell is None or not str(cell).strip():
        return None
    thing = f"Row {place} of the outcomes"
    if not problem.is_classification:
        try:
            return float(cell)
        except ValueError as error:
            finding = f"has the target '{bounded(str(cell))}', which is no number"
            raise DataError(thing, finding, "Mend the table.") from error
    column = problem.columns[problem.target.column]
    word = canonical_text(str(value_of(cell)))
    word = column.canonical_synonyms.get(word, word)
    if word in column.text_sentinels:
        return None
    if word not in problem.target.classes:
        finding = f"has the target '{bounded(str(cell))}', which is none of {list(problem.target.classes)}"
        raise DataError(thing, finding, "Mend the table, or give the contract a synonym.")
    return word
