"""From repaired rows to what an estimator learns from; the same for training, batches and requests."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from evergreen.models.empty_columns import EmptyColumnsFiller
from evergreen.models.images import ImageDescriptor
from evergreen.problem import Problem

# Prose as weighted counts of the pieces of its words, two to four letters long: no list of words, no language, and a
# misspelt word keeps most of its pieces. On 5,574 text messages (UCI SMS Spam, four random folds) against plain counts
# of words and pairs of words in 1,024 hashes: log-loss of the linear model 0.275 to 0.065 (area under the curve 0.972
# to 0.995), of boosted trees 0.138 to 0.047 (0.962 to 0.992).
_N_TEXT_HASHES = 2**13
_LETTERS = (2, 4)
_N_TEXT_COMPONENTS = 16
# A row of prose has length 1 over all its pieces together, a scaled number by itself. Five times as long, prose is
# shrunk less by the linear model: 0.234 to 0.065 there, against 0.018 lost where the same prose tells nothing. Trees do
# not mind.
_PROSE_WEIGHT = 5.0
# A picture is 395 numbers at once: in full they drown all others. With three tenths a linear model of 600 digits,
# asked whether one is below five, is worse in log-loss by 0.05 (0.16 to 0.21) where the pictures tell it, and better by
# 0.16 (0.90 to 0.74, 0.69 by chance) where they tell nothing.
_PICTURE_WEIGHT = 0.3
# Of the 395 numbers of a picture. On scikit-learn's digits (below five or not) trees did no better with 32 or 64.
_N_IMAGE_COMPONENTS = 16
_MAX_ONE_HOT = 50
# HistGradientBoosting keeps categories in 8-bit bins, one of them for missing.
_MAX_TREE_CATEGORIES = 254


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
    """Prepare features for a linear model: scaled numbers, one-hot words, weighted prose, described pictures.

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
    return _by_type(problem, numbers=numbers, words=words, prose=_prose(), pictures=_pictures())


def tree_features(problem: Problem, *, random_state: int) -> ColumnTransformer:
    """Prepare features for trees: numbers as they are, words as ordinals, prose and pictures reduced.

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
    prose = make_pipeline(_prose(), TruncatedSVD(_N_TEXT_COMPONENTS, random_state=random_state))
    pictures = make_pipeline(_pictures(), TruncatedSVD(_N_IMAGE_COMPONENTS, random_state=random_state))
    return _by_type(problem, numbers=EmptyColumnsFiller(), words=words, prose=prose, pictures=pictures)


def n_tree_categories(problem: Problem) -> int:
    """Count the leading columns of ``tree_features`` that are categories.

    Args:
        problem: the case.

    Returns:
        Their number.
    """
    return len(columns_of(problem, "category", "boolean"))


def _prose() -> Pipeline:
    hashing = HashingVectorizer(
        n_features=_N_TEXT_HASHES, analyzer="char_wb", ngram_range=_LETTERS, alternate_sign=False, norm=None
    )
    return make_pipeline(hashing, TfidfTransformer(sublinear_tf=True))


def _pictures() -> Pipeline:
    """Describe pictures, each number scaled alike; one that is missing is as all others on average, and marked."""
    return make_pipeline(ImageDescriptor(), SimpleImputer(keep_empty_features=True), StandardScaler())


def _by_type(
    problem: Problem, *, numbers: object, words: object, prose: Pipeline, pictures: Pipeline
) -> ColumnTransformer:
    steps: list[tuple[str, object, object]] = []
    categories = columns_of(problem, "category", "boolean")
    numeric = columns_of(problem, "integer", "number", "timestamp")
    if categories:
        steps.append(("words", words, categories))
    if numeric:
        steps.append(("numbers", numbers, numeric))
    texts, images = columns_of(problem, "text"), columns_of(problem, "image")
    steps.extend((f"prose_{name}", prose, name) for name in texts)
    steps.extend((f"picture_{name}", pictures, name) for name in images)
    weights = {f"prose_{name}": _PROSE_WEIGHT for name in texts}
    weights |= {f"picture_{name}": _PICTURE_WEIGHT for name in images}
    return ColumnTransformer(steps, transformer_weights=weights or None, verbose_feature_names_out=False)
