"""What names a row."""

from collections.abc import Container
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.drafting.columns import ColumnDraft, Columns
from evergreen.drafting.names import free_name
from evergreen.drafting.questions import Question
from evergreen.drafting.tokens import sounds_like_id, sounds_like_number
from evergreen.errors import DataError, named

_MAX_NAME_LETTERS = 64


@dataclass(frozen=True)
class KeyDraft:
    """What names a row.

    Attributes:
        columns: canonical names.
        is_made: whether the key is the number of the row, which no column holds.
        questions: what is to be decided.
    """

    columns: tuple[str, ...]
    is_made: bool = False
    questions: list[Question] = field(default_factory=list)


def draft_key(
    columns: Columns, wished: tuple[str, ...], is_repeat: NDArray[np.bool_], *, taken: Container[str]
) -> KeyDraft:
    """Find the column that names a row; without one, the number of the row does.

    Args:
        columns: the columns of the file that may name a row.
        wished: the key, if somebody said so.
        is_repeat: rows that repeat an earlier one in every cell: they may share its key, and are duplicates then.
        taken: names that the number of the row must not have.

    Returns:
        The key.

    Raises:
        DataError: where the columns somebody named are blank in a row or name two different rows.
    """
    asked = [_ask_duplicates(int(is_repeat.sum()))] if is_repeat.any() else []
    if wished:
        _refuse_unfit_key([columns[name] for name in wished], is_repeat)
        return KeyDraft(wished, questions=asked)
    fit = [one for one in columns.values() if _names_rows(one, is_repeat)]
    if not fit:
        name = free_name("row_id", taken)
        return KeyDraft((name,), is_made=True, questions=[_ask_made_key(name)])
    best = min(fit, key=lambda one: (not sounds_like_number(one.name), not sounds_like_id(one.name)))
    question = Question(
        f"{best.name} has another value in each of {best.n_distinct:,} rows",
        "it names the row, and the model does not learn from it",
        f"name the columns that do with --key (or in key){_also(fit, best)}",
        (("key",),),
    )
    return KeyDraft((best.name,), questions=[question, *asked])


def _refuse_unfit_key(parts: list[ColumnDraft], is_repeat: NDArray[np.bool_]) -> None:
    blank = pd.DataFrame({part.name: part.cells for part in parts}).isna().any(axis=1).to_numpy()
    names = pd.DataFrame({part.name: as_key(part).cells for part in parts})
    shared = names[~is_repeat].duplicated(keep=False)
    thing = f"Key {named(part.raw_name for part in parts)}"
    cure = "Name columns that tell every row from every other, or none: then the number of the row is the key."
    if blank.any():
        raise DataError(thing, f"is blank in {int(blank.sum()):,} rows (first: row {int(blank.argmax()) + 1})", cure)
    if shared.any():
        first = int(np.flatnonzero(~is_repeat)[int(shared.to_numpy().argmax())]) + 1
        raise DataError(thing, f"is shared by {int(shared.sum()):,} different rows (first: row {first})", cure)


def _names_rows(column: ColumnDraft, is_repeat: NDArray[np.bool_]) -> bool:
    n_rows = int((~is_repeat).sum())
    if column.n_told < column.words.n_rows or as_key(column).n_distinct < n_rows:
        return False
    if column.type == "integer":
        is_series = column.cells.max() - column.cells.min() == n_rows - 1
        return bool(is_series) or sounds_like_number(column.name)
    words = column.words.counts.index
    is_word = column.type == "category" and not words.str.contains(r"\s", regex=True).any()
    return bool(is_word) and int(words.str.len().max()) <= _MAX_NAME_LETTERS


def _ask_duplicates(n_repeats: int) -> Question:
    return Question(
        f"{n_repeats:,} rows repeat another one in every cell, the key too",
        "they were delivered twice, and are dropped as duplicates",
        "name a key that tells them apart with --key",
        (("key",),),
    )


def _ask_made_key(name: str) -> Question:
    return Question(
        "No column names the row",
        f"its number in the file does ({name}); a row inserted in the middle moves all later ones",
        "name the columns that do with --key (or in key)",
        (("key",), ("sources",)),
    )


def _also(fit: list[ColumnDraft], best: ColumnDraft) -> str:
    others = [one.name for one in fit if one is not best]
    return f"; {named(others)} would do as well" if others else ""


def as_key(column: ColumnDraft) -> ColumnDraft:
    """Read a column as a part of the key: later rows will have numbers and words that nobody has seen yet.

    Args:
        column: the column.

    Returns:
        The column without range and values; words keep their form.
    """
    settings = {key: value for key, value in column.settings.items() if key not in ("range", "values")}
    if column.type == "category":
        return replace(column, type="text", cells=column.words.text, settings=settings)
    return replace(column, settings=settings)
