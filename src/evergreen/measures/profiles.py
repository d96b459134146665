"""Binned profiles of columns, which add up: the profile of a month is the sum of its days."""

from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, FiniteFloat, model_validator

from evergreen.errors import CaseError, DataError
from evergreen.measures.arrays import Floats
from evergreen.measures.bins import bins_of, equal_mass_edges
from evergreen.problem import CaseModel

ProfileKind = Literal["number", "category"]
_Count = Annotated[int, Field(ge=0)]


class ColumnProfile(CaseModel):
    """How many rows of a column lie in each bin.

    Attributes:
        kind: whether cells are numbers or words.
        edges: for numbers, the inner edges of the bins, increasing; an edge belongs to the bin on its left.
        labels: for categories, the words that have a bin of their own.
        counts: rows per bin. Numbers have one more than edges; categories one per label and a last one for all others.
        n_missing: rows without a value.
    """

    kind: ProfileKind
    edges: tuple[FiniteFloat, ...] = ()
    labels: tuple[str, ...] = ()
    counts: tuple[_Count, ...]
    n_missing: _Count

    @property
    def n_rows(self) -> int:
        """All rows, with and without a value."""
        return sum(self.counts) + self.n_missing

    def plus(self, other: "ColumnProfile") -> "ColumnProfile":
        """Add the rows of another profile.

        Args:
            other: a profile with the same bins.

        Returns:
            The profile of all rows together.

        Raises:
            DataError: where the bins differ.
        """
        check_same_bins(self, other, "Profiles")
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return self.model_copy(update={"counts": counts, "n_missing": self.n_missing + other.n_missing})

    @model_validator(mode="after")
    def _check_bins(self) -> Self:
        own, foreign = (self.edges, self.labels) if self.kind == "number" else (self.labels, self.edges)
        if foreign:
            raise ValueError(f"A profile of kind {self.kind} has edges and labels. Numbers have edges, words labels.")
        if len(self.counts) != len(own) + 1:
            raise ValueError(f"A profile has {len(self.counts)} counts for {len(own) + 1} bins. Give one for each.")
        is_ordered = all(a < b for a, b in zip(self.edges, self.edges[1:], strict=False))
        if not is_ordered or len(set(self.labels)) < len(self.labels):
            raise ValueError("A profile has bins that overlap. Give increasing edges, or each label once.")
        return self


def reference_profile(values: pd.Series, *, kind: ProfileKind, n_bins: int = 10, max_labels: int = 20) -> ColumnProfile:
    """Choose bins by the reference rows and count them.

    Numbers get bins of about equal mass. Where the smallest value alone fills the lowest bin (a constant, many
    zeros), what lies below it gets a bin of its own. Categories get a bin for each of the commonest words.

    Args:
        values: the column's reference rows.
        kind: "number" (cells that convert to float), or "category" (cells are compared by their text).
        n_bins: how many bins numbers shall have, >= 1. Ties give fewer.
        max_labels: how many words have a bin of their own, >= 1; ordered by frequency, then by name.

    Returns:
        The profile of these rows.

    Raises:
        DataError: where a number is none.
        CaseError: where ``n_bins`` or ``max_labels`` is below 1.
    """
    if max_labels < 1:
        raise CaseError("max_labels", f"is {max_labels}", "Give one or more.")
    if kind == "number":
        edges = tuple(float(edge) for edge in _number_edges(_numbers(values), n_bins))
        return profile_like(ColumnProfile(kind=kind, edges=edges, counts=(0,) * (len(edges) + 1), n_missing=0), values)
    commonest = sorted(_count_labels(values).items(), key=lambda item: (-item[1], item[0]))
    labels = tuple(label for label, _ in commonest[:max_labels])
    return profile_like(ColumnProfile(kind=kind, labels=labels, counts=(0,) * (len(labels) + 1), n_missing=0), values)


def profile_like(reference: ColumnProfile, values: pd.Series) -> ColumnProfile:
    """Count new rows in the bins of the reference.

    Args:
        reference: the profile whose bins are used.
        values: the column's new rows; infinities count in the outer bins.

    Returns:
        The profile of the new rows; profiles of parts add up to the profile of the whole.

    Raises:
        DataError: where a number is none.
    """
    if reference.kind == "number":
        numbers = _numbers(values)
        bins = bins_of(numbers[~np.isnan(numbers)], np.array(reference.edges))
        found = np.bincount(bins, minlength=len(reference.counts)).tolist()
    else:
        by_label = _count_labels(values)
        found = [by_label.pop(label, 0) for label in reference.labels]
        found.append(sum(by_label.values()))
    return reference.model_copy(update={"counts": tuple(found), "n_missing": len(values) - sum(found)})


def check_same_bins(one: ColumnProfile, other: ColumnProfile, thing: str) -> None:
    """Refuse two profiles that cannot be added or compared.

    Args:
        one: a profile.
        other: another.
        thing: how the error calls them.

    Raises:
        DataError: where the bins differ.
    """
    if (one.kind, one.edges, one.labels) != (other.kind, other.edges, other.labels):
        found = f"have other bins ({one.kind} with {len(one.counts)}, {other.kind} with {len(other.counts)})"
        raise DataError(thing, found, "Count both in the bins of the same reference.")


def _numbers(values: pd.Series) -> Floats:
    try:
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as fault:
        raise DataError(f"Column '{values.name}'", "holds cells that are no numbers", "Repair them first.") from fault


def _number_edges(numbers: Floats, n_bins: int) -> Floats:
    finite = numbers[np.isfinite(numbers)]
    edges = equal_mass_edges(finite, n_bins=n_bins)
    if len(edges) and edges[0] == finite.min():
        return np.insert(edges, 0, np.nextafter(edges[0], -np.inf))
    return edges


def _count_labels(values: pd.Series) -> dict[str, int]:
    by_label: dict[str, int] = {}
    for value, count in values.value_counts(dropna=True).items():
        if count:
            by_label[str(value)] = by_label.get(str(value), 0) + int(count)
    return by_label
