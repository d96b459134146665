"""Draft a case: from one table to a business case and a data contract that run at once."""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from evergreen.drafting.columns import Columns, read_column
from evergreen.drafting.doubts import ask_doubts
from evergreen.drafting.flags import ask_leaks, ask_no_use, ask_sensitive, later_times, leaks, sensitive, without_use
from evergreen.drafting.names import canonical_name, canonical_names
from evergreen.drafting.origins import Origin
from evergreen.drafting.parts import Parts, understand
from evergreen.drafting.questions import Question, in_order
from evergreen.drafting.tell import ask_always, tell_case
from evergreen.drafting.wishes import Wishes
from evergreen.errors import CaseError, DataError, named
from evergreen.problem import Problem

LEAST_ROWS = 50
_LEAST_COLUMNS = 2


@dataclass(frozen=True)
class Draft:
    """A case as drafted.

    Attributes:
        problem: the case.
        told: the same as configuration tells it, in the order of the file.
        as_of: the logical date.
        origin: where the table comes from.
        questions: what is to be decided, in the order of the file.
        n_rows: rows of the table.
    """

    problem: Problem
    told: dict[str, Any]
    as_of: date
    origin: Origin
    questions: tuple[Question, ...]
    n_rows: int


def draft_case(
    table: pd.DataFrame, *, name: str, wishes: Wishes, origin: Origin, today: date, random_state: int = 0
) -> Draft:
    """Draft a case from one table.

    Args:
        table: one row a decision, columns under their raw names, cells of any type.
        name: the name of the case.
        wishes: what the owner has said already.
        origin: where the table comes from.
        today: the day of the draft; a case without time is as of it.
        random_state: seed of the search for leaks.

    Returns:
        The draft.

    Raises:
        CaseError: where the name of the case is none, or a column is named for two things.
        DataError: where nothing can be learnt from the table, or a column that was named does not fit.
    """
    refuse_unfit_name(name)
    refuse_unfit_table(table)
    names = canonical_names(map(str, table.columns))
    columns = {column: read_column(column, raw, table[raw]) for column, raw in names.items()}
    parts = understand(columns, wishes.resolved(names), today=today)
    flags = _flag(parts, name, origin, random_state)
    told = tell_case(flags.parts, name, origin)
    asked = [*origin.questions, *ask_always(parts.target.column, parts.target.kind), *_asked_of(parts)]
    questions = in_order([*asked, *ask_doubts(parts.columns), *flags.questions], told)
    return Draft(Problem.model_validate(told), told, parts.split.as_of, origin, questions, len(table))


@dataclass(frozen=True)
class _Flagged:
    """A table whose columns say what may be learnt from them, and what was unsure about that."""

    parts: Parts
    questions: list[Question]


def _flag(parts: Parts, name: str, origin: Origin, random_state: int) -> _Flagged:
    idle, groups = without_use(parts.free), sensitive(parts.free)
    flagged = parts.with_columns(_without_limits(_set(parts.columns, idle, is_feature=False)))
    flagged = flagged.with_columns(_set(flagged.columns, groups, is_sensitive=True))
    flagged = flagged.with_columns(_set(flagged.columns, [parts.target.column.name], known_at="outcome"))
    problem = Problem.model_validate(tell_case(flagged, name, origin))
    known = {column: one for column, one in parts.free.items() if column in problem.feature_columns}
    suspects = later_times(known, parts.time.times) | leaks(flagged.rows(), problem, random_state=random_state)
    # Something must be left to learn from: where all columns tell the target, the owner looks at them first.
    is_blocked = set(suspects) < set(problem.feature_columns)
    if is_blocked:
        flagged = flagged.with_columns(_set(flagged.columns, [*suspects], known_at="outcome"))
    asked = [*ask_leaks(suspects, is_blocked=is_blocked), *ask_sensitive(groups), *ask_no_use(parts.columns, idle)]
    return _Flagged(flagged, asked)


def _set(columns: Columns, names: list[str], **settings: Any) -> Columns:
    return {name: replace(columns[name], settings=columns[name].settings | settings) for name in names}


def _without_limits(columns: Columns) -> Columns:
    """Let a column that nobody learns from hold what it likes: a new id must not set its row aside."""
    limits = ("range", "values")
    return {
        name: replace(one, settings={key: value for key, value in one.settings.items() if key not in limits})
        for name, one in columns.items()
    }


def _asked_of(parts: Parts) -> list[Question]:
    return [
        question
        for part in (parts.target, parts.key, parts.time, parts.group, parts.split)
        for question in part.questions
    ]


def refuse_unfit_name(name: str) -> None:
    """Refuse a name that no case may have.

    Args:
        name: the name.

    Raises:
        CaseError: where it is no identifier.
    """
    if re.fullmatch("[a-z][a-z0-9_]*", name) is None:
        cure = (
            f"Use lower-case letters, digits and underscores, beginning with a letter: '{canonical_name(name[:60])}'."
        )
        raise CaseError(f"The name '{name[:60]}'", "is none for a case", cure)


def refuse_unfit_table(table: pd.DataFrame) -> None:
    """Refuse a table from which nothing can be learnt, whatever it holds.

    Args:
        table: the table.

    Raises:
        DataError: where columns share a name or have none, there is one column only, or too few rows.
    """
    numbered = [name for name in table.columns if not isinstance(name, str)]
    if numbered:
        raise DataError("The table", f"has columns whose names are no words ({named(numbered)})", "Give them names.")
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        cure = "Rename them in the file, or name all columns with --names."
        raise DataError("The table", f"has {named(map(str, twice))} more than once", cure)
    if len(table.columns) < _LEAST_COLUMNS:
        finding = f"has {len(table.columns)} column ({named(str(name)[:60] for name in table.columns)})"
        raise DataError("The table", finding, "It takes a target and something that tells it. Is --sep right?")
    if len(table) < LEAST_ROWS:
        n_rows = f"{len(table)} row{'' if len(table) == 1 else 's'}"
        raise DataError("The table", f"has {n_rows}", f"To learn and to judge takes at least {LEAST_ROWS}: bring more.")
