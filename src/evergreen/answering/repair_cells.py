"""Repairs without tables: what is usual is seen at once, all else goes by the rules themselves."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import inf, isnan
from typing import Any, Final

import narwhals.stable.v2 as nw

from evergreen.answering.plain import as_float
from evergreen.answering.repaired import OwnRules, Repaired, RepairedColumn, Usual
from evergreen.problem import Column, Problem
from evergreen.problem.columns import canonical_text
from evergreen.tables.cells import LARGEST_EXACT
from evergreen.tables.images import IMAGE_CELL
from evergreen.tables.outliers import Fence, OutlierLimits
from evergreen.tables.rules import BLANKED, OUTLIER, rules_of
from evergreen.tables.run_rules import IS_MISSING

_SENTINEL, _CANONICAL = "sentinel", "canonical_text"
_USUAL_WORD = re.compile(r"[!-~]+(?: [!-~]+)*")
_USUAL_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:([ T](?:[01][0-9]|2[0-3]):[0-9]{2})(?:(:[0-9]{2})(?:\.[0-9]+)?)?(?:Z|[+-]00:?00)?)?"
)
_PICTURE = re.compile(IMAGE_CELL.removeprefix("^").removesuffix("$"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# A sentinel is a word; what is longer is none.
_LONGEST_SENTINEL: Final = 200


class ColumnRepair:
    """Repairs cells of one column as ``mark_rows`` does, each by itself.

    Args:
        name: the column.
        problem: the case.
        limits: the fences of outliers.
    """

    def __init__(self, name: str, problem: Problem, limits: OutlierLimits) -> None:
        column, self._own = problem.columns[name], OwnRules(name, problem, limits)
        words = _listed_words(column)
        *listed, self._nothing = self._own.run([*words, None])
        known = dict(zip(words, listed, strict=True))
        self._by_text, self._calm = _texts(name, column, known), _calm_words(column, known)
        self._by_number: Usual = _unknown
        if column.is_numeric:
            is_required = name in problem.required_columns
            self._by_number, self._calm = _numbers(name, column, limits.root.get(name), is_required=is_required)

    def __call__(self, cells: Sequence[Any]) -> RepairedColumn:
        """Repair cells.

        Args:
            cells: as JSON gives them, of any kinds.

        Returns:
            What becomes of them.
        """
        calm = self._calm(cells)
        if calm is not None:
            return RepairedColumn(calm, {})
        repaired = self._one_by_one(cells)
        odd = {place: cell for place, cell in enumerate(repaired) if cell.repairs or cell.faults}
        return RepairedColumn([cell.value for cell in repaired], odd)

    def _one_by_one(self, cells: Sequence[Any]) -> list[Repaired]:
        by_text, by_number = self._by_text, self._by_number
        repaired: list[Repaired | None] = []
        for cell in cells:
            kind = type(cell)
            if kind is str:
                repaired.append(by_text(cell))
            elif kind is float or kind is int:
                repaired.append(by_number(cell))
            else:
                repaired.append(self._nothing if cell is None else None)
        left = [place for place, one in enumerate(repaired) if one is None]
        if left:
            for place, one in zip(left, self._own.ask([cells[place] for place in left]), strict=True):
                repaired[place] = one
        return repaired  # type: ignore[return-value]


def _unknown(_: Any) -> None:
    """Nothing is seen at once."""


Calm = Callable[[Sequence[Any]], list[Any] | None]
"""From the cells of a column to their values where no rule does anything to any of them; None where one may."""


def _calm_words(column: Column, known: Mapping[str, Repaired]) -> Calm:
    """Words of a closed list, each written as the list has it."""
    if column.type != "boolean" and (column.type != "category" or column.values is None):
        return _unknown
    calm = {word: cell.value for word, cell in known.items() if cell == Repaired(cell.value) and cell.value is not None}

    def values(cells: Sequence[Any]) -> list[Any] | None:
        found = list(map(calm.get, cells))
        return None if None in found else found

    return values


def _numbers(name: str, column: Column, fence: Fence | None, *, is_required: bool) -> tuple[Usual, Calm]:
    """Numbers that came as numbers; all are unusual where their rules are not all known here."""
    rules = rules_of(column, nw.Float64(), is_required=is_required, fence=fence)
    tests = {reason: _number_test(reason, column) for reason in rules.faults}
    names = [step.counts_as for step in (*rules.steps, *rules.last)]
    is_known = names in ([None], [None, _SENTINEL], [None, OUTLIER], [None, _SENTINEL, OUTLIER])
    if not is_known or None in tests.values():
        return _unknown, _unknown
    checks = [(reason, test) for reason, test in tests.items() if test is not None]
    sentinels, is_whole, is_blanked = frozenset(column.number_sentinels), column.type == "integer", rules.is_blanked
    low, high = _calm_range(column, fence)

    def repair(cell: float) -> Repaired | None:
        number = as_float(cell)
        if low <= number <= high and number not in sentinels and (not is_whole or number.is_integer()):
            return Repaired(number)
        if number in sentinels or isnan(number):
            return None
        found = [reason for reason, test in checks if test(number)]
        if found and is_blanked:
            faults = f"{name} {IS_MISSING}" if is_required else ""
            return Repaired(float("nan"), tuple((name, BLANKED + reason) for reason in found), faults)
        return _fenced(number, name, fence, "; ".join(f"{name} {reason}" for reason in found), is_required=is_required)

    return repair, _calm_numbers(low, high, sentinels, is_whole=is_whole)


def _calm_numbers(low: float, high: float, sentinels: frozenset[float], *, is_whole: bool) -> Calm:
    """Numbers of which each lies between two, is no sentinel, and is whole where it must be."""
    usual = frozenset({int}) if is_whole else frozenset({int, float})

    def values(cells: Sequence[Any]) -> list[Any] | None:
        kinds = set(map(type, cells))
        if not kinds or not kinds <= usual:
            return None
        try:
            numbers = list(map(float, cells))
        except OverflowError:
            return None
        # A sum of numbers between these is NaN only where one of them is.
        is_calm = low <= min(numbers) and max(numbers) <= high and not isnan(sum(numbers))
        return numbers if is_calm and sentinels.isdisjoint(numbers) else None

    return values


def _calm_range(column: Column, fence: Fence | None) -> tuple[float, float]:
    """Between these no rule does anything but to sentinels and to what is no whole number."""
    low, high = column.range or (None, None)
    most = float(LARGEST_EXACT) if column.type == "integer" else 1.7976931348623157e308
    lows = [-most, *([] if low is None else [low]), *([] if fence is None else [fence.low])]
    highs = [most, *([] if high is None else [high]), *([] if fence is None else [fence.high])]
    return max(lows), min(highs)


def _fenced(number: float, name: str, fence: Fence | None, faults: str, *, is_required: bool) -> Repaired:
    if fence is None or fence.low <= number <= fence.high:
        return Repaired(number, (), faults)
    if fence.when_outlier == "clip":
        return Repaired(min(max(number, fence.low), fence.high), ((name, OUTLIER),), faults)
    missing = f"{name} {IS_MISSING}" if is_required and not faults else faults
    return Repaired(float("nan"), ((name, OUTLIER),), missing)


def _number_test(reason: str, column: Column) -> Callable[[float], bool] | None:
    low, high = column.range or (-inf, inf)
    low, high = -inf if low is None else low, inf if high is None else high
    tests: dict[str, Callable[[float], bool]] = {
        "is not finite": lambda number: abs(number) == inf,
        "is no whole number": lambda number: abs(number) <= LARGEST_EXACT and not number.is_integer(),
        "is too large to be exact": lambda number: LARGEST_EXACT < abs(number) < inf,
        f"is below {low:.15g}": lambda number: number < low,
        f"is above {high:.15g}": lambda number: number > high,
    }
    return tests.get(reason)


def _texts(name: str, column: Column, listed: Mapping[str, Repaired]) -> Usual:
    """Cells that came as text."""
    if column.type == "text":
        return _prose(name, column)
    if column.type == "image":
        return lambda cell: Repaired(cell) if _PICTURE.fullmatch(cell) else None
    if column.type == "timestamp" and column.time_format == "iso":
        return _times(column)
    if column.type == "category" and column.values is None:
        return _open_words(name, column)
    return listed.get


def _listed_words(column: Column) -> list[str]:
    own = ("true", "false") if column.type == "boolean" else column.values or ()
    words = [*own, *column.synonyms, *(one for one in column.sentinels if isinstance(one, str))]
    return list(dict.fromkeys(words))


def _open_words(name: str, column: Column) -> Usual:
    special = {*column.canonical_synonyms, *column.text_sentinels}
    changed = ((name, _CANONICAL),)

    def repair(cell: str) -> Repaired | None:
        word = cell.lower()
        if word in special or not _USUAL_WORD.fullmatch(cell):
            return None
        return Repaired(word) if word == cell else Repaired(word, changed)

    return repair


def _prose(name: str, column: Column) -> Usual:
    sentinels = frozenset(column.text_sentinels)

    def repair(cell: str) -> Repaired | None:
        plain = cell.strip()
        is_short = len(plain) <= _LONGEST_SENTINEL
        if not plain or (sentinels and is_short and canonical_text(plain) in sentinels):
            return None
        return Repaired(plain) if plain == cell else Repaired(plain, ((name, _CANONICAL),))

    return repair


def _times(column: Column) -> Usual:
    blanked = {(one.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND for one in column.time_sentinels}

    def repair(cell: str) -> Repaired | None:
        found = _USUAL_TIME.fullmatch(cell)
        if found is None or cell.lower() in column.text_sentinels:
            return None
        try:
            # Without a fraction of a second and a zone, which is none but that of UTC.
            moment = datetime.fromisoformat("".join(found.groups(""))).replace(tzinfo=UTC)
        except ValueError:
            return None
        value = (moment - _EPOCH) // _MICROSECOND
        return None if value in blanked else Repaired(value)

    return repair
