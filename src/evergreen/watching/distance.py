"""How far each column of each window lies from the reference: one figure a column, for people who look at a map."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

from evergreen.measures.arrays import Floats
from evergreen.measures.shifts import Sums
from evergreen.watching.panel import Panel, Watch
from evergreen.watching.profile import WindowRecord
from evergreen.watching.reference import MIN_ROWS
from evergreen.watching.signals import OUTCOMES, Signal, cause_of, input_sums, outcome_sums
from evergreen.watching.tell import name_signal

VALUES, MISSING, OUT_OF_RANGE, QUARANTINED = "values", "missing", "out of range", "quarantined"
ROWS = "rows"
DISTANCE_COLUMNS = {
    "window": "str",
    "column": "str",
    "aspect": "str",
    "score": "float64",
    "share": "float64",
    "usual_share": "float64",
    "what": "str",
}
_ASPECTS: dict[str, str] = {
    "missing": MISSING,
    "out_of_range": OUT_OF_RANGE,
    "quarantined": QUARANTINED,
    **dict.fromkeys(("bias", "excess", "loss", "payoff"), OUTCOMES),
}
# Cells that were repaired are not counted by window.
_UNTOLD = "repaired"
_LOG_TWO = float(np.log(2))
Subject = tuple[str, str]


def measure_distances(watch: Watch, records: Sequence[WindowRecord]) -> pd.DataFrame:
    """Say by how many standard errors each column of each window lies from the reference.

    A column has many figures (its level, its spread, the share of each bin), and the largest of many is far off by
    chance alone. So the smallest p-value is taken times the number of figures, each by its weight (weighted Bonferroni:
    Genovese, Roeder and Wasserman, 2006, Biometrika 93, 509-524), and put on the normal scale: in a quiet life the
    distance of a column is beyond 2 in at most one window of twenty.

    Args:
        watch: what is normal.
        records: windows, in the bins of the reference.

    Returns:
        ``DISTANCE_COLUMNS``: one row a window, column and aspect. Aspects are "values", "missing", "out of range",
        "quarantined" (of the column "rows") and "outcomes" (of the column "outcomes": bias, loss and money of all
        rows). ``score`` is signed as the figure that lies farthest off, and NaN where there are too few rows;
        ``what`` names that figure; ``share`` and ``usual_share`` are told where it is a share.
    """
    kept = list(records)
    if not kept:
        return pd.DataFrame(columns=list(DISTANCE_COLUMNS)).astype(DISTANCE_COLUMNS)
    parts = [_fold(watch.inputs, input_sums(watch.bins, watch.reference, kept), kept, _subject_of_input)]
    if watch.outcomes is not None:
        came = outcome_sums(watch.outcomes.signals, [one.outcomes for one in kept])
        parts.append(_fold(watch.outcomes, came, kept, _subject_of_outcome))
    return pd.concat(parts, ignore_index=True).astype(DISTANCE_COLUMNS)


def tell_shares(records: Sequence[WindowRecord]) -> pd.DataFrame:
    """Tell what is known of windows whose reference is not at hand.

    Args:
        records: windows.

    Returns:
        As ``measure_distances``, without scores: shares of cells that are missing and beyond what was known, and of
        rows in quarantine.
    """
    rows = []
    for one in records:
        n_all = one.n_rows + one.n_quarantined
        found = {(ROWS, QUARANTINED): (one.n_quarantined, n_all)}
        for name, column in one.columns.items():
            found[cause_of(name), MISSING] = (column.n_missing, one.n_rows)
            found[cause_of(name), OUT_OF_RANGE] = (column.n_out_of_range, column.n_known)
        rows += [
            {"window": one.window, "column": name, "aspect": aspect, "share": n / n_of if n_of else np.nan, "what": ""}
            for (name, aspect), (n, n_of) in found.items()
        ]
    return pd.DataFrame(rows, columns=list(DISTANCE_COLUMNS)).astype(DISTANCE_COLUMNS)


def subject_of(cause: str, kind: str) -> Subject:
    """Say where on the map an alarm belongs.

    Args:
        cause: of the alarm.
        kind: of its signal.

    Returns:
        Column and aspect.
    """
    aspect = _ASPECTS.get(kind, VALUES)
    return (ROWS, aspect) if aspect == QUARANTINED else (cause, aspect)


def _subject_of_input(signal: Signal) -> Subject | None:
    if signal.kind == _UNTOLD:
        return None
    return subject_of(signal.cause, signal.kind)


def _subject_of_outcome(signal: Signal) -> Subject | None:
    return None if signal.column else (OUTCOMES, OUTCOMES)


def _fold(
    panel: Panel, sums: Sums, records: Sequence[WindowRecord], place_of: Callable[[Signal], Subject | None]
) -> pd.DataFrame:
    scores, subjects = _scores(panel, sums), [place_of(signal) for signal in panel.signals]
    parts = []
    for subject in dict.fromkeys(one for one in subjects if one is not None):
        places = np.array([place for place, one in enumerate(subjects) if one == subject])
        score, lead = farthest(scores[:, places], np.array([panel.signals[place].weight for place in places]))
        at = places[lead]
        is_share = np.array([panel.signals[place].is_share for place in at], dtype=bool)
        parts.append(
            pd.DataFrame(
                {
                    "window": [one.window for one in records],
                    "column": subject[0],
                    "aspect": subject[1],
                    "score": score,
                    "share": np.where(is_share, sums.mean[np.arange(len(at)), at], np.nan),
                    "usual_share": np.where(is_share, panel.reference.mean[at], np.nan),
                    "what": [name_signal(panel.signals[place]) for place in at],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _scores(panel: Panel, sums: Sums) -> Floats:
    """Score figures; one that is the same constant on both sides, such as no missing cell, lies at no distance."""
    has_rows = (sums.n >= MIN_ROWS) & (panel.reference.n >= MIN_ROWS)
    scores = panel.scores(sums)
    return np.where(np.isnan(scores) & has_rows & (sums.mean == panel.reference.mean), 0.0, scores)


def farthest(scores: Floats, weights: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Fold the normal scores of several figures into one.

    Args:
        scores: shape (windows, figures); NaN where a figure cannot be told.
        weights: how much each figure counts beside the others, > 0, shape (figures,).

    Returns:
        The signed score whose two-sided p-value is the weighted Bonferroni one, NaN where no figure can be told; and
        the place of the figure that gives it; each of shape (windows,).
    """
    known = ~np.isnan(scores)
    # Logarithms, since tails beyond 38 standard errors are nought in float64.
    tails = _LOG_TWO + log_ndtr(-np.abs(np.where(known, scores, 0.0))) - np.log(weights / weights.sum())
    tails = np.where(known, tails, np.inf)
    lead = np.asarray(tails.argmin(axis=1), dtype=np.int64)
    rows = np.arange(len(scores))
    size = -ndtri_exp(np.minimum(tails[rows, lead], 0.0) - _LOG_TWO)
    signed = np.copysign(np.maximum(size, 0.0), np.where(known, scores, 0.0)[rows, lead])
    return np.where(known.any(axis=1), signed, np.nan), lead
