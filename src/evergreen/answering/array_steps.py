"""Steps of feature preparation on bare arrays, without the checks that cost more than the work."""

from collections.abc import Callable, Iterator
from functools import partial
from inspect import unwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from evergreen.answering.off_list import off_list
from evergreen.models.calendar_parts import CalendarParts
from evergreen.models.empty_columns import EmptyColumnsFiller, NewGapsFiller
from evergreen.models.images import ImageDescriptor
from evergreen.models.prose_shape import ProseShape
from evergreen.models.scaled_numbers import BoundedNumbers, CutOff, PiecedNumbers, SquashedNumbers
from evergreen.models.wide_features import Components

Floats = NDArray[np.float64]
Owners = NDArray[np.intp]
Step = Callable[[Any], Floats]

_SAME_COLUMNS = (BoundedNumbers, CutOff, SquashedNumbers, EmptyColumnsFiller, NewGapsFiller)


def flat_steps(step: Any) -> Iterator[Any]:
    """Go through the steps of a pipeline, and of those in it.

    Args:
        step: fitted; a pipeline or a single step.

    Yields:
        Steps that are no pipelines.
    """
    if isinstance(step, Pipeline):
        for _, inner in step.steps:
            yield from flat_steps(inner)
    else:
        yield step


def array_step(step: Any, owners: Owners) -> tuple[Step, Owners]:
    """Write a fitted step as a function.

    Args:
        step: of the list below; fitted.
        owners: from which feature each column of its input comes, shape (p,).

    Returns:
        From numbers (n, p) to numbers (n, q); and from which feature each of the q comes.

    Raises:
        OffListError: where it is another step.
    """
    kind = type(step)
    if kind in _SAME_COLUMNS:
        return bare(step), owners
    if kind is PiecedNumbers:
        return bare(step), np.repeat(owners, [len(edges) - 1 for edges in step.edges_])
    if kind is StandardScaler and step.with_mean and step.with_std:
        mean, scale = step.mean_, step.scale_
        return (lambda X: (X - mean) / scale), owners
    if kind is SimpleImputer:
        return _imputer(step, owners)
    return _of_one_column(step, owners)


def _of_one_column(step: Any, owners: Owners) -> tuple[Step, Owners]:
    if len(set(owners.tolist())) != 1:
        raise off_list(step)
    if type(step) is Components:
        weights = np.ascontiguousarray(step.components_.T)
        return (lambda X: np.asarray(X @ weights)), np.repeat(owners[:1], weights.shape[1])
    widths: dict[type, Any] = {CalendarParts: np.zeros((1, len(owners))), ImageDescriptor: [""], ProseShape: [""]}
    if type(step) not in widths:
        raise off_list(step)
    return bare(step), np.repeat(owners[:1], step.transform(widths[type(step)]).shape[1])


def bare(step: Any) -> Step:
    """Take the method of a step without what scikit-learn puts around it: a look at settings of the process.

    Args:
        step: fitted.

    Returns:
        Its ``transform``.
    """
    return partial(unwrap(type(step).transform), step)


def _imputer(step: SimpleImputer, owners: Owners) -> tuple[Step, Owners]:
    if not step.keep_empty_features or not np.isnan(step.missing_values):
        raise off_list(step)
    n_columns = len(owners)
    fill = step.transform(np.full((1, n_columns), np.nan))[0, :n_columns]
    marked = step.indicator_.features_ if step.add_indicator else np.empty(0, dtype=np.intp)

    def impute(X: Floats) -> Floats:
        is_missing = np.isnan(X)
        filled = np.where(is_missing, fill, X)
        return np.concatenate([filled, is_missing[:, marked]], axis=1) if len(marked) else filled

    return impute, np.concatenate([owners, owners[marked]])
