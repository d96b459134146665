"""How often cells of requests lie outside of what the release has known: drift shows here within minutes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from evergreen.answering.plain import as_float
from evergreen.problem import Column, Problem, canonical_text
from evergreen.tables.rules import BOOLEAN_WORDS, flag_word
from evergreen.watching import ReferenceWindows
from evergreen.watching.bins import ColumnBins

# Rows of one request that are looked at.
MOST_ROWS: Final = 16
MISSING, OUT_OF_RANGE, RARE = "missing", "out_of_range", "rare_word"

Row = Mapping[str, Any]
Judge = Callable[[Any], str]


class UsualCells:
    """Holds raw cells against the rows that a release was judged on.

    Args:
        problem: the case of the release.
        windows: what its windows are held against; None where it keeps nothing.
    """

    def __init__(self, problem: Problem, windows: ReferenceWindows | None) -> None:
        known = {} if windows is None else windows.bins.columns
        columns = {name: column for name, column in problem.feature_columns.items() if name in known}
        self._judges = {name: judge for name, column in columns.items() if (judge := _judge_of(column, known[name]))}

    def strays(self, rows: Sequence[Row]) -> tuple[int, Counter[tuple[str, str]]]:
        """Count unusual cells.

        Args:
            rows: raw rows of a request.

        Returns:
            How many rows were looked at, at most 16 that lie evenly among them; and (column, what is unusual) -> cells.
        """
        step = -(-len(rows) // MOST_ROWS)
        looked = rows[::step] if step else rows
        told = ((name, judge(row.get(name))) for row in looked for name, judge in self._judges.items())
        return len(looked), Counter(one for one in told if one[1])


def _judge_of(column: Column, bins: ColumnBins) -> Judge | None:
    if column.is_numeric and bins.low is not None and bins.high is not None:
        return _number_judge(column, bins.low, bins.high)
    return _word_judge(column, frozenset(bins.labels)) if column.type in ("category", "boolean") else None


def _number_judge(column: Column, low: float, high: float) -> Judge:
    sentinels = frozenset(column.number_sentinels)

    def judge(cell: Any) -> str:
        if cell is None or cell in sentinels:
            return MISSING
        # What comes as text is read by the rules of the contract, which are not run again here.
        is_outside = isinstance(cell, int | float) and not low <= cell <= high
        return OUT_OF_RANGE if is_outside else ""

    return judge


def _word_judge(column: Column, labels: frozenset[str]) -> Judge:
    synonyms, sentinels = column.canonical_synonyms, frozenset(column.text_sentinels)
    flags = {is_true: flag_word(column, is_true=is_true) for is_true in (True, False)}
    meant = BOOLEAN_WORDS if column.type == "boolean" else {}

    def judge(cell: Any) -> str:
        if cell is None:
            return MISSING
        word = canonical_text(_word_of(cell, flags))
        word = synonyms.get(word, word)
        word = meant.get(word, word)
        if not word or word in sentinels:
            return MISSING
        return "" if word in labels else RARE

    return judge


def _word_of(cell: Any, flags: Mapping[bool, str]) -> str:
    """Write a cell as the rules do that read words: 1 and 1.0 are the same, and a Boolean has a word."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return flags[cell]
    number = as_float(cell)
    return str(int(number)) if number.is_integer() else str(number)
