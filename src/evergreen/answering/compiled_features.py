"""A fitted ``ColumnTransformer`` as lookups and small arrays, written into one matrix."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import HashingVectorizer

from evergreen.answering.array_steps import Owners, Step, array_step, flat_steps
from evergreen.answering.feature_cells import FeatureCells
from evergreen.answering.off_list import OffListError
from evergreen.answering.prose_steps import SparseRows, prose_counter
from evergreen.answering.word_tables import word_tables
from evergreen.models.frequent_words import FrequentWords
from evergreen.problem import Problem

Floats = NDArray[np.float64]
# Counts of prose are sparse, all else is not.
Write = Callable[[FeatureCells], Any]
Part = tuple[Any, Write]

_PROSE_STEPS = 2


class CompiledFeatures:
    """Prepares cells as a fitted ``ColumnTransformer`` prepares frames.

    Args:
        fitted: of ``models.features``.
        problem: the case.

    Attributes:
        owners: the place among the features of the case from which each number comes, shape (q,).
        is_wide: whether thousands of these numbers are counts of prose, most of them 0.

    Raises:
        OffListError: where it holds a step that nothing faster is known for.
    """

    def __init__(self, fitted: ColumnTransformer, problem: Problem) -> None:
        if type(fitted) is not ColumnTransformer:
            raise OffListError(f"a preparation of type {type(fitted).__name__}")
        self._parts: list[Part] = []
        self.is_wide = False
        self._n_numbers = max((one.stop for one in fitted.output_indices_.values()), default=0)
        self.owners: Owners = np.zeros(self._n_numbers, dtype=np.intp)
        features = {name: place for place, name in enumerate(problem.feature_columns)}
        weights = fitted.transformer_weights or {}
        for name, step, columns in fitted.transformers_:
            out = fitted.output_indices_[name]
            if step == "drop" or out.start == out.stop:
                continue
            names = [columns] if isinstance(columns, str) else list(columns)
            places = np.array([features[one] for one in names], dtype=np.intp)
            self._add(step, names, places, out, float(weights.get(name, 1.0)), problem)

    def transform(self, cells: FeatureCells) -> Floats:
        """Prepare cells.

        Args:
            cells: n rows.

        Returns:
            Numbers, shape (n, q).
        """
        made = np.empty((len(cells), self._n_numbers))
        for (places, _), part in zip(self._parts, self._written(cells), strict=True):
            made[:, places] = part.toarray() if isinstance(part, SparseRows) else part
        return made

    def weigh(self, cells: FeatureCells, weights: Floats) -> Floats:
        """Prepare cells, weigh them and sum them up, part by part: counts of prose are never written out.

        Args:
            cells: n rows.
            weights: shape (k, q).

        Returns:
            Sums, shape (n, k).
        """
        sums = np.zeros((len(cells), len(weights)))
        for (places, _), part in zip(self._parts, self._written(cells), strict=True):
            own = weights[:, places]
            sums += part @ own.T if isinstance(part, SparseRows) else np.einsum("nq,kq->nk", part, own)
        return sums

    def _written(self, cells: FeatureCells) -> list[Any]:
        # Models that share a preparation share its parts.
        parts: list[Any] = cells.once(("parts", id(self)), lambda: [write(cells) for _, write in self._parts])
        return parts

    def _add(
        self, step: Any, names: Sequence[str], places: Owners, out: slice, weight: float, problem: Problem
    ) -> None:
        steps = list(flat_steps(step))
        if type(steps[0]) is FrequentWords:
            if weight != 1:
                raise OffListError("words with a weight")
            for name, place, table in zip(names, places, word_tables(step, len(names)), strict=True):
                self.owners[out.start + table.places] = place
                if len(table.places):
                    self._parts.append((out.start + table.places, _words_of(name, table.look_up)))
            return
        kind = problem.columns[names[0]].type
        write, owners = _written(steps, names, places, kind)
        self.is_wide |= kind == "text" and hasattr(steps[-1], "idf_")
        if len(owners) != out.stop - out.start:
            raise OffListError(f"the preparation of '{names[0]}', which has another width")
        self.owners[out] = owners
        self._parts.append((out, write if weight == 1 else lambda cells: weight * write(cells)))


def _words_of(name: str, look_up: Callable[[list[str | None]], Floats]) -> Write:
    return lambda cells: look_up(cells[name])


def _written(steps: list[Any], names: Sequence[str], places: Owners, kind: str) -> tuple[Write, Owners]:
    """Write the steps of numbers, of a time, of prose or of pictures."""
    (name, *_), owners = names, places
    head: Callable[[FeatureCells], Any]
    if type(steps[0]) is HashingVectorizer:
        count, width = prose_counter(*steps[:_PROSE_STEPS])
        steps, owners = steps[_PROSE_STEPS:], np.repeat(places, width)
        head = lambda cells: count(cells, name)  # noqa: E731 - one of three
    elif kind in ("text", "image"):
        head = lambda cells: cells[name]  # noqa: E731 - one of three
    else:
        head = lambda cells: np.stack([cells[one] for one in names], axis=1)  # noqa: E731 - one of three
    done: list[Step] = []
    for step in steps:
        run, owners = array_step(step, owners)
        done.append(run)

    def write(cells: FeatureCells) -> Any:
        told = head(cells)
        for run in done:
            told = run(told)
        return told

    return write, owners
