"""Words as a table of the numbers that encoders make of each, asked of the fitted encoders once."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from evergreen.answering.array_steps import flat_steps
from evergreen.answering.off_list import OffListError, off_list
from evergreen.models.frequent_words import RARE, FrequentWords
from evergreen.models.outcome_means import OutcomeMeans
from evergreen.models.scaled_numbers import CutOff

Floats = NDArray[np.float64]

# Each makes of a column what it makes of it alone.
_BY_COLUMN = (OneHotEncoder, OrdinalEncoder, OutcomeMeans, StandardScaler, CutOff)


class WordTable:
    """What is made of the words of one column.

    Args:
        index: word -> its row in the table; None is a missing word.
        rare: the row of all other words.
        table: numbers, shape (words, q).
        places: which of all numbers they are, shape (q,).
    """

    def __init__(self, index: Mapping[str | None, int], rare: int, table: Floats, places: NDArray[np.intp]) -> None:
        self._index, self._rare, self._table, self.places = index, rare, table, places

    def look_up(self, words: Sequence[str | None]) -> Floats:
        """Give the numbers of words.

        Args:
            words: n of them; a missing one is None.

        Returns:
            Shape (n, q).
        """
        index, rare = self._index, self._rare
        return self._table[[index.get(word, rare) for word in words]]


def word_tables(pipeline: Pipeline, n_columns: int) -> list[WordTable]:
    """Ask an encoder about every word it knows, column by column.

    Args:
        pipeline: fitted; begins with ``FrequentWords``.
        n_columns: of its input.

    Returns:
        One table a column; their places together are all numbers that the encoder makes.

    Raises:
        OffListError: where a step may be no encoder of single columns.
    """
    frequent, *encoders = flat_steps(pipeline)
    for step, kinds in ((frequent, (FrequentWords,)), *((one, _BY_COLUMN) for one in encoders)):
        if type(step) not in kinds:
            raise off_list(step)
    asked = [[None, RARE, *map(str, words)] for words in frequent.words_]
    made = [_ask(pipeline, place, words, n_columns) for place, words in enumerate(asked)]
    changes = np.array([_varies(one) for one in made])
    if (changes.sum(axis=0) > 1).any():
        raise OffListError("an encoder that mixes columns")
    # What no word changes goes with the first column.
    changes[0] |= ~changes.any(axis=0)
    tables = []
    for words, numbers, own in zip(asked, made, changes, strict=True):
        index = {word: row for row, word in enumerate(words)}
        tables.append(WordTable(index, 1, np.ascontiguousarray(numbers[:, own]), np.flatnonzero(own)))
    return tables


def _ask(pipeline: Pipeline, place: int, words: list[str | None], n_columns: int) -> Floats:
    cells = np.full((len(words), n_columns), np.nan, dtype=object)
    cells[:, place] = [np.nan if word is None else word for word in words]
    made: Any = pipeline.transform(pd.DataFrame(cells, dtype=object))
    return np.asarray(made.toarray() if hasattr(made, "toarray") else made, dtype=float)


def _varies(made: Floats) -> NDArray[np.bool_]:
    is_same = (made == made[:1]) | (np.isnan(made) & np.isnan(made[:1]))
    varies: NDArray[np.bool_] = ~is_same.all(axis=0)
    return varies
