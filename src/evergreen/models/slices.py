"""How well a model does on the slices that the case names, beside the rest of the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from evergreen.measures import Estimate, adjust_p_values, estimate
from evergreen.measures.bounds import spread_of
from evergreen.measures.clustered import MIN_CLUSTERS
from evergreen.models.clusters import row_clusters
from evergreen.models.figures import make_statistic
from evergreen.models.no_model import NoModel
from evergreen.models.performance import Performance, Resampling, payoffs_of_ways, sort_figures
from evergreen.problem import Problem, find_metric
from evergreen.tables.conditions import rows_of_slice
from evergreen.tables.slice_table import SLICE_COLUMNS

_IN, _OUT = "in:", "out:"
_MIN_UNITS = 2


@dataclass(frozen=True)
class SliceFigures:
    """The figures of one slice and of the rest, from the same resamples.

    Attributes:
        n_rows: rows of the slice.
        inside: how the model and the ways without it do on them.
        rest: how they do on all other rows.
    """

    n_rows: int
    inside: Performance
    rest: Performance


def measure_named_slices(
    problem: Problem, knowledge: NoModel, rows: pd.DataFrame, predictions: pd.DataFrame, resampling: Resampling
) -> dict[str, SliceFigures]:
    """Measure every slice of the case and what is not in it.

    Decisions are those that were made about all rows together, since a limited number of actions is.

    Args:
        problem: the case.
        knowledge: what the training target alone tells.
        rows: labelled rows, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        resampling: how intervals are made.

    Returns:
        Slice -> its figures; without bounds where it, or the rest, has fewer than 10 days or groups.
    """
    if not problem.slices:
        return {}
    payoffs = payoffs_of_ways(problem, knowledge, rows, predictions)
    statistic, clusters = make_statistic(problem, knowledge, rows, predictions, payoffs), row_clusters(rows, problem)
    found = {}
    for name, conditions in problem.slices.items():
        inside = rows_of_slice(rows, conditions)

        def both(weights: NDArray[Any], inside: NDArray[np.bool_] = inside) -> dict[str, NDArray[Any]]:
            parts = {_IN: statistic(weights * inside), _OUT: statistic(weights * ~inside)}
            return {f"{part}{key}": values for part, figures in parts.items() for key, values in figures.items()}

        drawn = estimate(
            both,
            len(rows),
            n_resamples=resampling.n_resamples,
            random_state=resampling.random_state,
            clusters=clusters,
        )
        sides = [_side(problem, drawn, part, rows[mask], clusters) for part, mask in ((_IN, inside), (_OUT, ~inside))]
        found[name] = SliceFigures(int(inside.sum()), *sides)
    return found


def tabulate_named_slices(found: Mapping[str, SliceFigures], *, confidence: float, min_rows: int) -> pd.DataFrame:
    """Lay the figures of the slices out.

    Intervals hold for all slices together (Bonferroni), p-values are of the two-sided test that slice and rest have the
    same figure, adjusted for the number of judged slices (Holm).

    Args:
        found: slice -> its figures.
        confidence: of the intervals.
        min_rows: slices with fewer rows are reported and not judged.

    Returns:
        Columns ``SLICE_COLUMNS``; the difference is that of the slice to the rest.
    """
    judged = {name for name, one in found.items() if one.n_rows >= min_rows}
    each = 1 - (1 - confidence) / max(1, len(found))
    told = [_record(name, metric, one, each, min_rows) for name, one in found.items() for metric in one.inside.model]
    table = pd.DataFrame(told, columns=list(SLICE_COLUMNS)).astype(SLICE_COLUMNS)
    for _, part in table[table["slice"].isin(judged)].groupby("metric"):
        table.loc[part.index, "p_value"] = adjust_p_values(part["p_value"])
    words = [_word(row, 1 - confidence, min_rows) for row in table.to_dict("records")]
    return table.assign(word=pd.Series(words, index=table.index, dtype="str"))


def _side(
    problem: Problem, drawn: dict[str, Estimate], part: str, rows: pd.DataFrame, clusters: NDArray[Any] | None
) -> Performance:
    """Sort the figures of one side, which has its own number of independent units."""
    labels = row_clusters(rows, problem)
    n_units = len(rows) if labels is None else len(pd.unique(labels))
    is_known = n_units >= (_MIN_UNITS if clusters is None else MIN_CLUSTERS)
    own = {
        key.removeprefix(part): replace(
            one, n_units=max(n_units, _MIN_UNITS), draws=one.draws if is_known else np.full_like(one.draws, np.nan)
        )
        for key, one in drawn.items()
        if key.startswith(part)
    }
    return sort_figures(problem, own, rows)


def _record(name: str, metric: str, one: SliceFigures, confidence: float, min_rows: int) -> dict[str, Any]:
    own = one.inside.model[metric]
    interval, lead = own.interval(confidence), own.minus(one.rest.model[metric])
    is_judged = one.n_rows >= min_rows
    return {
        "source": "named",
        "slice": name,
        "metric": metric,
        "n_rows": one.n_rows,
        **interval.to_dict(),
        "difference": lead.value,
        "p_value": _p_value(lead, one) if is_judged else np.nan,
        "is_judged": is_judged,
        "word": "",
    }


def _p_value(lead: Estimate, one: SliceFigures) -> float:
    """Two-sided, by t with as many degrees of freedom as the side with fewer units has but one."""
    interval = lead.interval()
    if np.isnan(interval.low):
        return float("nan")
    spread = spread_of(lead.draws[~np.isnan(lead.draws)])
    units = [figure.n_units or 0 for side in (one.inside, one.rest) for figure in list(side.model.values())[:1]]
    if spread == 0:
        return float("nan")
    return float(2 * stdtr(max(1, min(units) - 1), -abs(lead.value) / spread))


def _word(row: Mapping[Any, Any], alpha: float, min_rows: int) -> str:
    if not row["is_judged"]:
        return f"not judged: {row['n_rows']} rows, fewer than {min_rows}"
    if np.isnan(row["p_value"]):
        return "not defined here or in the rest"
    if row["p_value"] > alpha:
        return "no difference to the rest beyond chance"
    is_better = (row["difference"] > 0) == find_metric(row["metric"]).higher_is_better
    return "better than the rest" if is_better else "worse than the rest"
