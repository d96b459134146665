"""The rules that repair one column, as expressions: every engine, a batch and a request run the same ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.problem import Column
from evergreen.problem.columns import FALSE_WORDS, TRUE_WORDS
from evergreen.tables.cells import (
    LARGEST_EXACT,
    TimeFormat,
    blank_to_null,
    canonical_words,
    is_in_other_zone,
    is_number_type,
    is_time_type,
    iso_text,
    iso_timestamp,
    number_of,
    stripped,
    text_of,
    timestamp_of,
    whole_part,
)
from evergreen.tables.engines import where
from evergreen.tables.images import IMAGE_CELL
from evergreen.tables.outliers import Fence, hold_inside

Rule = Callable[[nw.Expr], nw.Expr]
ReadFinder = Callable[[nw.Expr, nw.Expr], nw.Expr]

BLANKED = "blanked: "
OUTLIER = "outlier"
_NO_DATE = "?"
BOOLEAN_WORDS = dict.fromkeys(TRUE_WORDS, "true") | dict.fromkeys(FALSE_WORDS, "false")


@dataclass(frozen=True)
class Step:
    """One rule on the way of a cell.

    Attributes:
        rule: what the cell becomes.
        counts_as: the name under which changed cells are counted; None where cells are only read or rewritten.
        only_blanks: whether all it can do is blank a cell, which is cheaper to see than any change.
    """

    rule: Rule
    counts_as: str | None = None
    only_blanks: bool = False


@dataclass(frozen=True)
class ColumnRules:
    """Everything that is done to the cells of one column, in this order.

    Attributes:
        column: its contract.
        words: from the raw cell to a word, where it is read from text.
        read: from the word (or the raw cell) to a value.
        values: what is done to values.
        read_faults: reason -> where the value and its word show that reading failed.
        faults: reason -> where the value breaks the contract.
        is_blanked: whether a value at fault is blanked; else it makes its row unusable.
        is_required: whether a row without a value is unusable.
        last: what is done to values that are not at fault.
    """

    column: Column
    words: tuple[Step, ...]
    read: Step
    values: tuple[Step, ...]
    read_faults: Mapping[str, ReadFinder]
    faults: Mapping[str, Rule]
    is_blanked: bool = False
    is_required: bool = False
    last: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All rules before faults are looked for."""
        return (*self.words, self.read, *self.values)

    @property
    def reasons(self) -> tuple[str, ...]:
        """All faults a cell may have."""
        return (*self.read_faults, *self.faults)


def rules_of(
    column: Column, dtype: nw.dtypes.DType, *, is_required: bool = False, fence: Fence | None = None
) -> ColumnRules:
    """Say what is done to the cells of a column.

    Args:
        column: its contract.
        dtype: the type of its raw cells.
        is_required: whether a row without a value is unusable.
        fence: the limits of its outliers, where it has any.

    Returns:
        The rules.
    """
    if column.type == "timestamp":
        rules = _time_rules(column, dtype)
    elif column.is_numeric:
        rules = _number_rules(column, dtype)
    else:
        rules = _word_rules(column, dtype)
    last = () if fence is None else (Step(lambda cell: hold_inside(cell, fence), OUTLIER),)
    return replace(rules, is_blanked=column.when_invalid == "blank", is_required=is_required, last=last)


def countable_rules(column: Column) -> tuple[str, ...]:
    """Name every rule of a column that may change a cell and is counted, whatever the type of the raw cells.

    Args:
        column: its contract.

    Returns:
        The rules, in a fixed order.
    """
    rules = rules_of(column, nw.String())
    counted = (step.counts_as for step in rules.steps if step.counts_as is not None)
    blanked = (BLANKED + reason for reason in rules.reasons if rules.is_blanked)
    return (*dict.fromkeys([*counted, *blanked]), OUTLIER)


def _word_rules(column: Column, dtype: nw.dtypes.DType) -> ColumnRules:
    plain = canonical_words if column.type in ("category", "boolean") else stripped
    steps = [Step(lambda cell: blank_to_null(plain(cell)), "canonical_text")]
    if column.canonical_synonyms:
        steps.append(Step(_replacing(column.canonical_synonyms), "synonym"))
    if column.type == "boolean":
        steps.append(Step(_replacing(BOOLEAN_WORDS)))
    if column.text_sentinels:
        steps.append(Step(_blanking_words(column), "sentinel", only_blanks=True))
    read = Step(lambda cell: text_of(cell, dtype))
    if dtype in (nw.Boolean, nw.Object) and column.type == "category":
        if_true, if_false = flag_word(column, is_true=True), flag_word(column, is_true=False)
        # Booleans with gaps are objects in pandas.
        named = {"true": if_true, "false": if_false, "True": if_true, "False": if_false}
        # A reader may have taken a column of yes and no for Booleans.
        read = Step(lambda cell: _replacing(named)(text_of(cell, dtype)))
    return ColumnRules(column, (), read, tuple(steps), {}, _word_faults(column))


def flag_word(column: Column, *, is_true: bool) -> str:
    """Say which word a Boolean stands for in a column of words.

    Args:
        column: a category or a Boolean.
        is_true: the Boolean.

    Returns:
        The one allowed value that means the same, such as yes; true or false where none or several do.
    """
    words = TRUE_WORDS if is_true else FALSE_WORDS
    found = [value for value in column.values or () if value in words]
    return found[0] if len(found) == 1 else words[0]


def _word_faults(column: Column) -> dict[str, Rule]:
    if column.type == "image":
        return {"is no image": lambda cell: ~cell.str.contains(IMAGE_CELL) & ~cell.is_null()}
    allowed = ("true", "false") if column.type == "boolean" else column.values
    if allowed is None:
        return {}
    return {"is not an allowed value": lambda cell: ~cell.is_in(list(allowed)) & ~cell.is_null()}


def _time_rules(column: Column, dtype: nw.dtypes.DType) -> ColumnRules:
    form, is_typed = column.time_format, is_time_type(dtype)
    values = (Step(_blanking(column.time_sentinels), "sentinel", only_blanks=True),) if column.time_sentinels else ()
    if is_typed:
        return ColumnRules(column, (), Step(lambda cell: timestamp_of(cell, dtype)), values, {}, {})
    words = _word_steps(column) if form == "iso" else (*_word_steps(column), Step(_iso_words(form)))

    def in_other_zone(value: nw.Expr, word: nw.Expr) -> nw.Expr:
        return value.is_null() & where(is_in_other_zone(word))

    def is_no_time(value: nw.Expr, word: nw.Expr) -> nw.Expr:
        return value.is_null() & ~word.is_null() & ~where(is_in_other_zone(word))

    faults = {"is no date or time": is_no_time, "has a time zone other than UTC": in_other_zone}
    return ColumnRules(column, words, Step(iso_timestamp), values, faults, {})


def _iso_words(form: TimeFormat) -> Rule:
    """Write dates as year-month-day; a word that is none stays a word, and no date."""
    return lambda cell: nw.coalesce(iso_text(cell, form), nw.when(~cell.is_null()).then(nw.lit(_NO_DATE)))


def _number_rules(column: Column, dtype: nw.dtypes.DType) -> ColumnRules:
    is_typed = is_number_type(dtype)
    kind = dtype if is_typed else nw.String()
    read = Step(lambda cell: number_of(cell, kind, decimal=column.decimal, thousands=column.thousands))
    values = (
        (Step(_blanking(column.number_sentinels), "sentinel", only_blanks=True),) if column.number_sentinels else ()
    )
    if is_typed:
        return ColumnRules(column, (), read, values, {}, _number_faults(column))
    read_faults = {"is no number": lambda value, word: value.is_null() & ~word.is_null()}
    return ColumnRules(column, _word_steps(column), read, values, read_faults, _number_faults(column))


def _number_faults(column: Column) -> dict[str, Rule]:
    low, high = column.range or (None, None)
    faults: dict[str, Rule] = {"is not finite": lambda cell: cell.is_in([float("inf"), float("-inf")])}
    if column.type == "integer":
        faults["is no whole number"] = lambda cell: cell > whole_part(cell)
        faults["is too large to be exact"] = lambda cell: (cell.abs() > LARGEST_EXACT) & (cell.abs() < float("inf"))
    if low is not None:
        faults[f"is below {low:.15g}"] = lambda cell: cell < low
    if high is not None:
        faults[f"is above {high:.15g}"] = lambda cell: cell > high
    return faults


def _word_steps(column: Column) -> tuple[Step, ...]:
    """The words of a column that holds values as text; one that means "missing" is none."""
    plain = Step(lambda cell: blank_to_null(stripped(cell.cast(nw.String))))
    return (plain, Step(_blanking_words(column), "sentinel", only_blanks=True)) if column.text_sentinels else (plain,)


def _replacing(words: Mapping[str, str]) -> Rule:
    return lambda cell: cell.replace_strict(words, default=cell, return_dtype=nw.String())


def _blanking(values: tuple[Any, ...]) -> Rule:
    return lambda cell: nw.when(~cell.is_in(list(values))).then(cell)


def _blanking_words(column: Column) -> Rule:
    return lambda cell: nw.when(~canonical_words(cell).is_in(list(column.text_sentinels))).then(cell)
