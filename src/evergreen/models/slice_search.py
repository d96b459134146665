"""The slices on which a model does worst: a shallow search, corrected for how many were looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from evergreen.measures.clustered import MIN_CLUSTERS, clustered_shares
from evergreen.models.clusters import row_clusters
from evergreen.models.scores import probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import Problem, in_digits
from evergreen.tables.groupings import find_levels
from evergreen.tables.slice_table import SLICE_COLUMNS

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
# More rows cost time and hide no slice that is large enough to matter.
_MAX_ROWS = 20_000
_MAX_PAIRS = 2_000
_MAX_LEVELS = 12
_MAX_SHOWN = 5
_N_FLIPS = 400
_BLOCK = 250
_ALIKE = 0.5
_BUNDLE = 2


@dataclass(frozen=True)
class Search:
    """What a search may do.

    Attributes:
        min_rows: the smallest slice, and the smallest rest.
        alpha: the chance that a slice is named although the model does everywhere alike.
        random_state: the seed.
    """

    min_rows: int
    alpha: float
    random_state: int


@dataclass(frozen=True, eq=False)
class _Level:
    column: str
    name: str
    rows: Bools


def find_worst_slices(problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame, search: Search) -> pd.DataFrame:
    """Find the slices of one or two conditions whose rows have a higher loss than the rest, beyond chance.

    Conditions are the words of categories and the quarters of numbers and times, of features and of sensitive columns;
    a missing cell is a condition too. The statistic of a slice is the difference of the mean losses by its score,
    divided by its error over independent rows, days or groups. How large the largest of all statistics gets by chance
    is told by flipping the signs of whole rows, days or groups (the wild bootstrap of Cameron, Gelbach and Miller,
    2008, Review of Economics and Statistics 90, 414-427; the maximum as in Westfall and Young, 1993, Resampling-Based
    Multiple Testing), so a p-value is corrected for all slices that were looked at.

    Args:
        problem: the case.
        rows: labelled rows, n of them; of more than 20,000 as many are taken at equal steps.
        predictions: what ``predict_rows`` gave for them, in the same order.
        search: what it may do.

    Returns:
        Columns ``SLICE_COLUMNS``, the worst first, at most five that are not mostly the same rows. ``value`` is the
        mean loss, with an interval that holds for all slices looked at together (Bonferroni); none where the slice
        has rows of fewer than 10 days or groups. No rows where nothing was found, or where there are fewer than 10.
    """
    step = -(-len(rows) // _MAX_ROWS)
    rows, predictions = rows.iloc[::step].reset_index(drop=True), predictions.iloc[::step].reset_index(drop=True)
    labels = row_clusters(rows, problem)
    clusters = np.arange(len(rows)) if labels is None else pd.factorize(labels)[0]
    losses = _losses(problem, rows, predictions)
    levels = [one for one in _levels(problem, rows) if search.min_rows <= one.rows.sum() <= len(rows) - search.min_rows]
    bundles = _bundles(levels, search.min_rows)
    n_clusters = int(clusters.max(initial=-1)) + 1
    if not bundles or n_clusters < max(MIN_CLUSTERS, _BUNDLE) or np.ptp(losses) == 0:
        return _table([])
    p_values, surely = _test(bundles, levels, losses, clusters, search)
    kept = _worst(bundles, levels, np.where(p_values <= search.alpha, surely, -np.inf))
    each = 1 - search.alpha / len(bundles)
    metric = "log_loss" if problem.is_classification else "mean_squared_error"
    records = [
        _record(bundles[place], levels, losses, clusters, each)
        | {"metric": metric, "p_value": p_values[place], "n_looked_at": len(bundles)}
        for place in kept
    ]
    return _table(records)


def _losses(problem: Problem, rows: pd.DataFrame, predictions: pd.DataFrame) -> Floats:
    """Log loss, or the squared error, of each row."""
    y_true = target_values(rows, problem)
    if not problem.is_classification:
        return np.asarray((predictions["score"].to_numpy(dtype=float) - y_true) ** 2)
    eps = np.finfo(np.float64).eps
    shares = probabilities_of(predictions, problem)[np.arange(len(y_true)), y_true]
    return np.asarray(-np.log(np.clip(shares, eps, 1 - eps)))


def _levels(problem: Problem, rows: pd.DataFrame) -> Iterator[_Level]:
    names = [
        name
        for name in dict.fromkeys([*problem.feature_columns, *problem.group_columns])
        if problem.columns[name].type not in ("text", "image") and problem.columns[name].known_at == "decision"
    ]
    frame = nw.from_native(rows, eager_only=True)
    for name, levels in find_levels(names, table=rows, training=rows, problem=problem).items():
        keys = frame.select(key=levels.key()).to_native()["key"]
        groups = levels.name_keys(keys)
        for group in groups.value_counts(sort=True).index[:_MAX_LEVELS]:
            yield _Level(name, str(group), (groups == group).to_numpy(dtype=bool))


def _bundles(levels: Sequence[_Level], min_rows: int) -> list[tuple[int, ...]]:
    """All conditions and the largest pairs of them; which pairs there are must not depend on losses."""
    if not levels:
        return []
    table = np.stack([one.rows for one in levels], axis=1).astype(np.float32)
    sizes = table.T @ table
    n_rows, alone = len(table), sizes.diagonal()
    pairs = [
        (one, other)
        for one, other in combinations(range(len(levels)), _BUNDLE)
        if levels[one].column != levels[other].column
        and min_rows <= sizes[one, other] <= n_rows - min_rows
        and sizes[one, other] < min(alone[one], alone[other])
    ]
    pairs.sort(key=lambda pair: (-sizes[pair], pair))
    return [*((place,) for place in range(len(levels))), *pairs[:_MAX_PAIRS]]


def _rows_of(bundle: tuple[int, ...], levels: Sequence[_Level]) -> Bools:
    together: Bools = np.logical_and.reduce([levels[place].rows for place in bundle])
    return together


def _test(
    bundles: Sequence[tuple[int, ...]],
    levels: Sequence[_Level],
    losses: Floats,
    clusters: NDArray[Any],
    search: Search,
) -> tuple[Floats, Floats]:
    """Give each slice the share of flips whose largest statistic is as large, and by how much it is surely worse."""
    n_rows, n_clusters = len(losses), int(clusters.max()) + 1
    together = csr_array((np.ones(n_rows), (clusters, np.arange(n_rows))), shape=(n_clusters, n_rows))
    signs = np.random.default_rng(search.random_state).choice([-1.0, 1.0], (_N_FLIPS, n_clusters))
    errors, largest = losses - losses.mean(), np.full(_N_FLIPS, -np.inf)
    statistics, leads = [], []
    for start in range(0, len(bundles), _BLOCK):
        inside = np.stack([_rows_of(one, levels) for one in bundles[start : start + _BLOCK]], axis=1)
        scores = together @ ((inside - inside.mean(axis=0)) * errors[:, None])
        size = np.sqrt((scores**2).sum(axis=0))
        size[size == 0] = np.inf
        statistics.append(scores.sum(axis=0) / size)
        leads.append((inside * errors[:, None]).sum(axis=0) / inside.sum(axis=0) / (1 - inside.mean(axis=0)))
        largest = np.maximum(largest, (signs @ (scores / size)).max(axis=1))
    found, lead = np.concatenate(statistics), np.concatenate(leads)
    p_values = (1 + (largest[:, None] >= found).sum(axis=0)) / (1 + _N_FLIPS)
    margin = np.divide(np.quantile(largest, 1 - search.alpha), found, out=np.full(len(found), np.inf), where=found > 0)
    return p_values, np.where(found > 0, lead * (1 - margin), -np.inf)


def _worst(bundles: Sequence[tuple[int, ...]], levels: Sequence[_Level], surely: Floats) -> list[int]:
    """Keep the slices that are surely worse, by most first, and of those with mostly the same rows one."""
    kept: list[int] = []
    for place in np.argsort(-surely, kind="stable"):
        if surely[place] == -np.inf or len(kept) == _MAX_SHOWN:
            break
        own = _rows_of(bundles[place], levels)
        if not any(_is_alike(own, _rows_of(bundles[other], levels)) for other in kept):
            kept.append(int(place))
    return kept


def _is_alike(one: Bools, other: Bools) -> bool:
    shared = (one & other).sum()
    return bool(shared == min(one.sum(), other.sum()) or shared > _ALIKE * (one | other).sum())


def _record(
    bundle: tuple[int, ...], levels: Sequence[_Level], losses: Floats, clusters: NDArray[Any], confidence: float
) -> dict[str, Any]:
    inside = _rows_of(bundle, levels)
    told, labels = losses[inside], clusters[inside]
    own = clustered_shares(told[:, None], np.ones(len(told)), labels, confidence=confidence).at(0)
    rest = float(losses[~inside].mean())
    return {
        "source": "found",
        "slice": " and ".join(f"{levels[place].column}: {levels[place].name}" for place in bundle),
        "n_rows": int(inside.sum()),
        **own.to_dict(),
        "difference": own.value - rest,
        "is_judged": True,
    }


def _table(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    told = [one | {"word": _word(one)} for one in records]
    return pd.DataFrame(told, columns=list(SLICE_COLUMNS)).astype(SLICE_COLUMNS)


def _word(one: dict[str, Any]) -> str:
    return (
        f"worse than the rest: mean loss {in_digits(one['value'])} against "
        f"{in_digits(one['value'] - one['difference'])}, of {one['n_looked_at']:,} slices looked at"
    )
