"""What a flaw is, and how cells are spoilt so that each one is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from evergreen.pipelines.demo.draws import Flags, Floats, choose

Kind = Literal["duplicate", "out_of_range", "sentinel", "spelling", "synonym"]
Treatment = Literal["blanked", "canonicalised", "quarantined", "removed as duplicate"]

SYNONYMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "job": {"admin": ("admin.", "administration"), "blue-collar": ("blue collar",), "management": ("mgmt",)},
    "education": {"university": ("university degree",), "secondary": ("high school",)},
    "marital": {"single": ("not married",), "divorced": ("div.",)},
    "channel": {"cellular": ("mobile",), "landline": ("telephone",), "callback": ("call back",)},
}
"""Column -> canonical word -> other words for it, in canonical form."""


@dataclass(frozen=True)
class Flaw:
    """All planted flaws of one kind in one column.

    Attributes:
        kind: what is wrong.
        source: the raw table.
        column: the column; None where the whole row is at fault.
        key: the column whose values name the rows.
        treatment: what must happen to each cell or row.
        rows: the key's value of each row.
        found: what the raw table holds there.
        meant: what is true; None where there is nothing to know.
    """

    kind: Kind
    source: str
    column: str | None
    key: str
    treatment: Treatment
    rows: list[int]
    found: list[Any]
    meant: list[Any]


def spoil_cells(table: pd.DataFrame, flaws: list[Flaw]) -> pd.DataFrame:
    """Write the flaws of single cells into a table.

    Args:
        table: the true table, one row per key; it is left as it is.
        flaws: flaws of this table; those of whole rows are passed over.

    Returns:
        A copy with the spoilt cells, of the same types.
    """
    for flaw in flaws:
        if flaw.column is not None and flaw.rows:
            table = table.set_index(flaw.key, drop=False)
            table.loc[flaw.rows, flaw.column] = flaw.found
    return table.reset_index(drop=True)


def find_word_flaws(true_words: pd.Series, *, source: str, hit: Flags, draws: Floats) -> list[Flaw]:
    """Decide how the words of some cells are written differently.

    Args:
        true_words: canonical words, named like their column, indexed by the key of their rows.
        source: the raw table's name.
        hit: shape (n,), the cells to spoil.
        draws: shape (n,), uniform in [0, 1): the lower half become synonyms where there is one, the others are
            misspelt.

    Returns:
        Misspellings (canonical form mends them) and synonyms (the case must name them); ``found`` is never ``meant``.
    """
    column = str(true_words.name)
    ways = [
        (row, word, *_write_differently(word, draw, SYNONYMS[column].get(word, ())))
        for row, word, draw in zip(true_words.index[hit], true_words[hit], draws[hit], strict=True)
    ]
    kinds: tuple[Kind, ...] = ("spelling", "synonym")
    return [
        Flaw(
            kind=kind,
            source=source,
            column=column,
            key=str(true_words.index.name),
            treatment="canonicalised",
            rows=[int(row) for row, _, what, _ in ways if what == kind],
            found=[found for _, _, what, found in ways if what == kind],
            meant=[word for _, word, what, _ in ways if what == kind],
        )
        for kind in kinds
    ]


def misspell(word: str, draw: float) -> str:
    """Write a word with other capitals or outer spaces; its canonical form stays the same.

    Args:
        word: a word in lower case.
        draw: uniform in [0, 1); picks the way.

    Returns:
        The word, written differently.
    """
    return choose(draw, [word.upper(), word.title(), f" {word}", f" {word.upper()} "])


def _write_differently(word: str, draw: float, synonyms: tuple[str, ...]) -> tuple[Kind, str]:
    wants_synonym, draw = draw < 0.5, (draw * 2) % 1  # noqa: PLR2004 - half and half
    if wants_synonym and synonyms:
        return "synonym", choose(draw, [way for other in synonyms for way in (other, other.capitalize())])
    return "spelling", misspell(word, draw)
