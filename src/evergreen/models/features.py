"""From repaired rows to what an estimator learns from; the same for training, batches and requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from evergreen.models.calendar_parts import CalendarParts
from evergreen.models.empty_columns import EmptyColumnsFiller, NewGapsFiller
from evergreen.models.frequent_words import FrequentWords
from evergreen.models.outcome_means import OutcomeMeans
from evergreen.models.prose_shape import ProseShape
from evergreen.models.scaled_numbers import BoundedNumbers, CutOff, PiecedNumbers, SquashedNumbers
from evergreen.models.wide_features import (
    PICTURE_WEIGHT,
    PROSE_WEIGHT,
    pictures,
    prose,
    reduced_pictures,
    reduced_prose,
)
from evergreen.problem import Problem

NumberForm = Literal["scaled", "squashed", "pieces"]
"""How numbers are written for a linear model or a network: by deviations, softly cut off, or piece by piece."""

_MAX_ONE_HOT = 50
# HistGradientBoosting keeps categories in 8-bit bins, one of them for missing.
_MAX_TREE_CATEGORIES = 254
# Beyond, a word is too rare to be told by its mean from all rare ones, in tables of this kind.
_MAX_MEANS = 5000
_LEAST_ROWS_OF_A_MEAN = 2


def feature_frame(rows: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Take the features out of repaired rows, in contract order and plain types.

    Args:
        rows: repaired rows; a column the model does not use may be absent.
        problem: the case.

    Returns:
        One row a row: numbers as float64 (missing is NaN), words as object (missing is NaN), prose and pictures as
        object (missing is the empty text), times as float64 days since 1970.
    """
    return pd.DataFrame(
        {name: _feature(rows[name], column.type) for name, column in problem.feature_columns.items()}, index=rows.index
    )


def _feature(cells: pd.Series, kind: str) -> pd.Series:
    if kind in ("integer", "number"):
        return cells.astype("float64")
    if kind == "timestamp":
        return days_since_1970(cells)
    words = cells.astype(object)
    return words.where(cells.notna(), "" if kind in ("text", "image") else np.nan)


def days_since_1970(times: pd.Series) -> pd.Series:
    """Write times as numbers.

    Args:
        times: dates and times without a zone, of any year.

    Returns:
        Days as float64; missing is NaN.
    """
    # Counted in nanoseconds, as pandas does by itself, the calendar begins in 1677 and ends in 2262.
    return (times - pd.Timestamp(0).as_unit("us")) / pd.Timedelta(days=1)


def columns_of(problem: Problem, *kinds: str, among: Sequence[str] | None = None) -> list[str]:
    """Name the features of some types.

    Args:
        problem: the case.
        kinds: column types.
        among: the features that are used; all where not said.

    Returns:
        Feature names in contract order.
    """
    used = problem.feature_columns if among is None else set(among)
    return [name for name, column in problem.feature_columns.items() if column.type in kinds and name in used]


def linear_features(
    problem: Problem,
    columns: Sequence[str] | None = None,
    *,
    random_state: int,
    numbers: NumberForm = "scaled",
    has_means: bool = False,
    is_reduced: bool = False,
) -> ColumnTransformer:
    """Prepare features for a linear model or a network: bounded numbers, one-hot words, weighted prose and pictures.

    Args:
        problem: the case.
        columns: the features that are used; all where not said.
        random_state: seed of what is random in it.
        numbers: how numbers are written.
        has_means: whether words are told by their mean outcome, too.
        is_reduced: whether prose is reduced to few numbers.

    Returns:
        An unfitted transformer.
    """
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10, max_categories=_MAX_ONE_HOT)
    told = _Steps(
        numbers=[BoundedNumbers(), imputer, *_scalers(numbers)],
        times=[CalendarParts("circle"), BoundedNumbers(), imputer, *_scalers("scaled")],
        words=make_pipeline(FrequentWords(_MAX_TREE_CATEGORIES), one_hot),
        means=[_means(problem, random_state), StandardScaler(), CutOff()] if has_means else [],
        prose=reduced_prose(random_state) if is_reduced else prose(),
        pictures=pictures(),
    )
    return _by_type(problem, columns, told)


def tree_features(
    problem: Problem,
    columns: Sequence[str] | None = None,
    *,
    random_state: int,
    max_words: int = _MAX_TREE_CATEGORIES,
    has_means: bool = False,
    fills_new_gaps: bool = False,
) -> ColumnTransformer:
    """Prepare features for trees: numbers as they are, words as ordinals, prose and its shape, pictures reduced.

    Args:
        problem: the case.
        columns: the features that are used; all where not said.
        random_state: seed of what is random in it.
        max_words: ordinals of one column at most; rarer words share one.
        has_means: whether words are told by their mean outcome, too.
        fills_new_gaps: whether a gap in a column that had none is its median, for trees that misread it.

    Returns:
        An unfitted transformer; categories come first, see ``n_tree_categories``.
    """
    ordinals = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=max_words,
    )
    # Single precision, in which some trees keep numbers, ends at 3e38.
    filler: list[object] = [EmptyColumnsFiller()]
    if fills_new_gaps:
        filler = [BoundedNumbers(is_robust=False), NewGapsFiller()]
    told = _Steps(
        numbers=filler,
        times=[CalendarParts("steps"), *filler],
        words=make_pipeline(FrequentWords(max_words), ordinals),
        means=[_means(problem, random_state)] if has_means else [],
        prose=reduced_prose(random_state),
        pictures=reduced_pictures(random_state),
        shape=ProseShape(),
    )
    return _by_type(problem, columns, told)


def n_tree_categories(problem: Problem, columns: Sequence[str] | None = None) -> int:
    """Count the leading columns of ``tree_features`` that are categories.

    Args:
        problem: the case.
        columns: the features that are used; all where not said.

    Returns:
        Their number.
    """
    return len(columns_of(problem, "category", "boolean", among=columns))


def _scalers(form: NumberForm) -> list[object]:
    if form == "pieces":
        return [PiecedNumbers()]
    return [SquashedNumbers()] if form == "squashed" else [StandardScaler(), CutOff()]


def _means(problem: Problem, random_state: int) -> Pipeline:
    words = FrequentWords(_MAX_MEANS, min_rows=_LEAST_ROWS_OF_A_MEAN)
    return make_pipeline(words, OutcomeMeans(len(problem.target.classes), random_state))


@dataclass(frozen=True)
class _Steps:
    """How the types of columns are prepared; no means, and no shape of prose, where there are no steps for them."""

    numbers: list[object]
    times: list[object]
    words: Pipeline
    means: list[object]
    prose: Pipeline
    pictures: Pipeline
    shape: ProseShape | None = None


def _by_type(problem: Problem, columns: Sequence[str] | None, told: _Steps) -> ColumnTransformer:
    steps: list[tuple[str, object, object]] = []
    categories = columns_of(problem, "category", "boolean", among=columns)
    numeric = columns_of(problem, "integer", "number", among=columns)
    if categories:
        steps.append(("words", told.words, categories))
    if numeric:
        steps.append(("numbers", make_pipeline(*told.numbers), numeric))
    moments = columns_of(problem, "timestamp", among=columns)
    steps.extend((f"time_{name}", make_pipeline(*told.times), name) for name in moments)
    texts, images = columns_of(problem, "text", among=columns), columns_of(problem, "image", among=columns)
    steps.extend((f"prose_{name}", told.prose, name) for name in texts)
    if told.shape is not None:
        steps.extend((f"shape_{name}", told.shape, name) for name in texts)
    steps.extend((f"picture_{name}", told.pictures, name) for name in images)
    if categories and told.means:
        steps.append(("means", make_pipeline(*told.means), categories))
    weights = {f"prose_{name}": PROSE_WEIGHT for name in texts}
    weights |= {f"picture_{name}": PICTURE_WEIGHT for name in images}
    return ColumnTransformer(steps, transformer_weights=weights or None, verbose_feature_names_out=False)
