"""What has come of a window's rows, as sums: bias, loss, calibration, confusion and money, overall and by segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat

from evergreen.errors import DataError
from evergreen.measures.arrays import Floats, as_finite
from evergreen.problem import CaseModel
from evergreen.watching.bins import Columns, WatchBins, segments_of

N_SCORE_BINS = 20
ALL_ROWS = ""
_Count = Annotated[int, Field(ge=0)]
_Floats = tuple[FiniteFloat, ...]


@dataclass(frozen=True)
class Judged:
    """Rows whose outcome is known, n of them.

    Attributes:
        expected: what the model gave: the probability of the positive class, that of the predicted class where there
            are more than two, or the predicted value; shape (n,).
        happened: 0 or 1 whether that class it was, or the true value; shape (n,).
        is_probability: whether ``expected`` is one.
        decisions: the decision or predicted class of each row and its true class, as ``"call|yes"``, or None for a
            regression; shape (n,).
        money: what each decision paid, or None where nothing is priced; shape (n,).
    """

    expected: Floats
    happened: Floats
    is_probability: bool = True
    decisions: NDArray[np.object_] | None = None
    money: Floats | None = None


class FigureSums(CaseModel):
    """Sums of one figure by segment: rows, and the first three powers.

    Attributes:
        s: sum.
        q: sum of squares.
        c: sum of cubes.
    """

    s: _Floats
    q: _Floats
    c: _Floats


class SegmentSums(CaseModel):
    """What adds up of the outcomes of each segment of a column.

    Attributes:
        n: outcomes.
        bias: outcome minus what was expected.
        excess: loss beyond what the probabilities themselves expect (Spiegelhalter, 1986, Statistics in Medicine 5,
            421-433): squared error minus p (1 - p). It is zero on average if they are right, wherever the rows lie. For
            a regression the squared error.
        money: what decisions paid; None where nothing is priced.
    """

    n: tuple[_Count, ...]
    bias: FigureSums
    excess: FigureSums
    money: FigureSums | None = None


class OutcomeRecord(CaseModel):
    """What adds up of a window's outcomes.

    Attributes:
        n_outcomes: rows whose outcome is known.
        happened: sum of outcomes.
        expected: sum of what was expected.
        absolute_error: sum of absolute errors.
        loss: squared error of all rows.
        by_score: for probabilities, in 20 equal bins: rows, sum of probabilities, sum of outcomes.
        decisions: ``"decision|class"`` -> rows.
        segments: column -> its segments; the empty name stands for all rows as one segment.
    """

    n_outcomes: _Count
    happened: FiniteFloat
    expected: FiniteFloat
    absolute_error: FiniteFloat
    loss: FigureSums
    by_score: tuple[_Floats, _Floats, _Floats] | None = None
    decisions: dict[str, _Count] = {}
    segments: dict[str, SegmentSums]


def count_outcomes(bins: WatchBins, columns: Columns, judged: Judged) -> OutcomeRecord:
    """Count the outcomes of rows of one window.

    Args:
        bins: the bins of the release's reference.
        columns: the columns of exactly these rows that make segments; a part of those of the bins.
        judged: the rows' outcomes.

    Returns:
        The record of these outcomes.

    Raises:
        DataError: where lengths differ or a figure is not finite.
    """
    expected, happened = as_finite(judged.expected, "Expected"), as_finite(judged.happened, "Outcomes")
    n_rows = len(happened)
    if any(len(cells) != n_rows for cells, _ in columns.values()) or len(expected) != n_rows:
        raise DataError("Outcomes", "are not of the rows of the columns", "Give columns and outcomes of the same rows.")
    error = happened - expected
    excess = error**2 - expected * (1 - expected) if judged.is_probability else error**2
    whole = np.zeros(n_rows, dtype=np.int64)
    places = {ALL_ROWS: (whole, 1)} | {
        name: (segments_of(cells, bins.columns[name]), bins.columns[name].groups[-1] + 1)
        for name, (cells, _) in columns.items()
    }
    return OutcomeRecord(
        n_outcomes=n_rows,
        happened=float(happened.sum()),
        expected=float(expected.sum()),
        absolute_error=float(np.abs(error).sum()),
        loss=_sums(error**2, whole, 1),
        by_score=_by_score(expected, happened) if judged.is_probability else None,
        decisions=_decisions(judged.decisions),
        segments={name: _segment(place, n, error, excess, judged.money) for name, (place, n) in places.items()},
    )


def _segment(
    place: NDArray[np.int64], n_segments: int, error: Floats, excess: Floats, money: Floats | None
) -> SegmentSums:
    return SegmentSums(
        n=tuple(np.bincount(place, minlength=n_segments).tolist()),
        bias=_sums(error, place, n_segments),
        excess=_sums(excess, place, n_segments),
        money=None if money is None else _sums(as_finite(money, "Money"), place, n_segments),
    )


def _sums(figure: Floats, place: NDArray[np.int64], n_segments: int) -> FigureSums:
    squares = figure * figure
    parts = (np.bincount(place, weights=one, minlength=n_segments) for one in (figure, squares, squares * figure))
    s, q, c = (tuple(part.tolist()) for part in parts)
    return FigureSums(s=s, q=q, c=c)


def _by_score(expected: Floats, happened: Floats) -> tuple[_Floats, _Floats, _Floats]:
    place = np.clip((expected * N_SCORE_BINS).astype(np.int64), 0, N_SCORE_BINS - 1)
    parts = [
        np.bincount(place, weights=one, minlength=N_SCORE_BINS) for one in (np.ones(len(place)), expected, happened)
    ]
    return tuple(parts[0].tolist()), tuple(parts[1].tolist()), tuple(parts[2].tolist())


def _decisions(decisions: NDArray[np.object_] | None) -> dict[str, int]:
    if decisions is None:
        return {}
    names, counts = np.unique(decisions.astype(str), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def add_outcomes(one: OutcomeRecord, other: OutcomeRecord) -> OutcomeRecord:
    """Add outcomes of other rows.

    Args:
        one: a record.
        other: another, in the same bins and with the same segments.

    Returns:
        The record of both together.

    Raises:
        DataError: where they do not hold the same figures.
    """
    if set(one.segments) != set(other.segments) or (one.by_score is None) != (other.by_score is None):
        raise DataError("Outcomes", "do not hold the same figures", "Count the outcomes of one release alike.")
    scores = None
    if one.by_score is not None and other.by_score is not None:
        pairs = [_add(a, b) for a, b in zip(one.by_score, other.by_score, strict=True)]
        scores = (pairs[0], pairs[1], pairs[2])
    names = sorted({*one.decisions, *other.decisions})
    return OutcomeRecord(
        n_outcomes=one.n_outcomes + other.n_outcomes,
        happened=one.happened + other.happened,
        expected=one.expected + other.expected,
        absolute_error=one.absolute_error + other.absolute_error,
        loss=_add_figures(one.loss, other.loss),
        by_score=scores,
        decisions={name: one.decisions.get(name, 0) + other.decisions.get(name, 0) for name in names},
        segments=_add_segments(one.segments, other.segments),
    )


def _add_segments(one: Mapping[str, SegmentSums], other: Mapping[str, SegmentSums]) -> dict[str, SegmentSums]:
    return {
        name: SegmentSums(
            n=tuple(a + b for a, b in zip(mine.n, other[name].n, strict=True)),
            bias=_add_figures(mine.bias, other[name].bias),
            excess=_add_figures(mine.excess, other[name].excess),
            money=_add_money(mine.money, other[name].money),
        )
        for name, mine in one.items()
    }


def _add_money(one: FigureSums | None, other: FigureSums | None) -> FigureSums | None:
    if (one is None) != (other is None):
        raise DataError("Outcomes", "are priced on one side only", "Count the outcomes of one release alike.")
    return None if one is None or other is None else _add_figures(one, other)


def _add_figures(one: FigureSums, other: FigureSums) -> FigureSums:
    return FigureSums(s=_add(one.s, other.s), q=_add(one.q, other.q), c=_add(one.c, other.c))


def _add(one: _Floats, other: _Floats) -> _Floats:
    return tuple(a + b for a, b in zip(one, other, strict=True))
