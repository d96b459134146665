"""From repaired rows to what an estimator learns from; the same for training, batches and requests."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from evergreen.models.empty_columns import EmptyColumnsFiller
from evergreen.problem import Problem

_N_TEXT_HASHES = 1024
_N_TEXT_COMPONENTS = 16
_MAX_ONE_HOT = 50
# HistGradientBoosting keeps categories in 8-bit bins, one of them for missing.
_MAX_TREE_CATEGORIES = 254


def feature_frame(rows: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Take the features out of repaired rows, in contract order and plain types.

    Args:
        rows: repaired rows; a column the model does not use may be absent.
        problem: the case.

    Returns:
        One row a row: numbers as float64 (missing is NaN), words as object (missing is NaN), prose as object
        (missing is the empty text), times as float64 days since 1970.
    """
    return pd.DataFrame(
        {name: _feature(rows[name], column.type) for name, column in problem.feature_columns.items()}, index=rows.index
    )


def _feature(cells: pd.Series, kind: str) -> pd.Series:
    if kind in ("integer", "number"):
        return cells.astype("float64")
    if kind == "timestamp":
        return (cells - pd.Timestamp(0)) / pd.Timedelta(days=1)
    words = cells.astype(object)
    return words.where(cells.notna(), "" if kind == "text" else np.nan)


def columns_of(problem: Problem, *kinds: str) -> list[str]:
    """Name the features of some types.

    Args:
        problem: the case.
        kinds: column types.

    Returns:
        Feature names in contract order.
    """
    return [name for name, column in problem.feature_columns.items() if column.type in kinds]


def linear_features(problem: Problem, *, random_state: int) -> ColumnTransformer:
    """Prepare features for a linear model: imputed and scaled numbers, one-hot words, hashed prose.

    Args:
        problem: the case.
        random_state: unused by these steps; kept so that all preparers are called alike.

    Returns:
        An unfitted transformer.
    """
    del random_state
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    words = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10, max_categories=_MAX_ONE_HOT)
    return _by_type(problem, numbers, words, _hashing())


def tree_features(problem: Problem, *, random_state: int) -> ColumnTransformer:
    """Prepare features for trees: numbers as they are, words as ordinals, prose hashed and reduced.

    Args:
        problem: the case.
        random_state: seed of the reduction.

    Returns:
        An unfitted transformer; categories come first, see ``n_tree_categories``.
    """
    words = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=_MAX_TREE_CATEGORIES,
    )
    reduced = make_pipeline(_hashing(), TruncatedSVD(_N_TEXT_COMPONENTS, random_state=random_state))
    return _by_type(problem, EmptyColumnsFiller(), words, reduced)


def n_tree_categories(problem: Problem) -> int:
    """Count the leading columns of ``tree_features`` that are categories.

    Args:
        problem: the case.

    Returns:
        Their number.
    """
    return len(columns_of(problem, "category", "boolean"))


def _hashing() -> HashingVectorizer:
    return HashingVectorizer(n_features=_N_TEXT_HASHES, alternate_sign=False, ngram_range=(1, 2))


def _by_type(
    problem: Problem, numbers: object, words: object, prose: Pipeline | HashingVectorizer
) -> ColumnTransformer:
    steps: list[tuple[str, object, object]] = []
    categories = columns_of(problem, "category", "boolean")
    numeric = columns_of(problem, "integer", "number", "timestamp")
    if categories:
        steps.append(("words", words, categories))
    if numeric:
        steps.append(("numbers", numbers, numeric))
    steps.extend((f"prose_{name}", prose, name) for name in columns_of(problem, "text"))
    return ColumnTransformer(steps, verbose_feature_names_out=False)
