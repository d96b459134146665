"""Words read as something else, in the one of several forms that reads most of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

# Of the cells that are not missing, so many must be readable for a column to be one of numbers or times.
LEAST_READABLE = 0.95
# So many of the commonest words tell the form; all words are read in that one only.
_SAMPLE = 1000
# A value that means "missing" is shared by several cells.
LEAST_SPIKE = 2

Form = TypeVar("Form")


@dataclass(frozen=True)
class Reading:
    """A column read in one form.

    Attributes:
        values: word -> what it is read as, missing where it cannot be read; in the order of the counts.
        counts: word -> how many cells hold it.
    """

    values: pd.Series
    counts: pd.Series

    @property
    def readable_share(self) -> float:
        """Share of the cells that can be read, 0 to 1; 0 without cells."""
        return float(self.counts[self.values.notna()].sum() / max(1, self.counts.sum()))

    @property
    def unreadable(self) -> dict[str, int]:
        """Words that cannot be read -> how many cells hold them."""
        return {str(word): int(n) for word, n in self.counts[self.values.isna()].items()}


def lies_apart(value: Any, rest: Any) -> bool:
    """Say whether a value lies at least as far from all others as these lie from each other.

    Args:
        value: a number or a time.
        rest: the others, at least one, as a series or an index of the same kind.

    Returns:
        Whether it does.
    """
    least, most = rest.min(), rest.max()
    return not least <= value <= most and bool(min(abs(value - least), abs(value - most)) >= most - least)


AnyReading = TypeVar("AnyReading", bound=Reading)


def sample_of(counts: pd.Series) -> pd.Series:
    """Take the commonest words.

    Args:
        counts: word -> how many cells hold it, the commonest first.

    Returns:
        The first thousand of them.
    """
    return counts.iloc[:_SAMPLE]


def read_in_best_form(
    counts: pd.Series,
    forms: Iterable[Form],
    read: Callable[[pd.Series, Form], AnyReading],
    *,
    least_share: float,
    rank: Callable[[AnyReading], float] | None = None,
) -> tuple[AnyReading, list[AnyReading]]:
    """Read words in the form that reads most of the commonest.

    Args:
        counts: word -> how many cells hold it, the commonest first.
        forms: the forms to try, at least one; of two that read as many words the first counts.
        read: reads words in a form.
        least_share: where the best form reads a smaller share of the commonest words, the others are not read.
        rank: what decides between forms that read as many words, the greater the better.

    Returns:
        The words in the best form, and the commonest words in every form that reads as many of them.
    """
    tried = [(form, read(sample_of(counts), form)) for form in forms]
    share = max(one.readable_share for _, one in tried)
    equal = [pair for pair in tried if pair[1].readable_share == share]
    form, best = equal[0] if rank is None else max(equal, key=lambda pair: rank(pair[1]))
    whole = best if share < least_share else read(counts, form)
    return whole, [one for _, one in equal]
