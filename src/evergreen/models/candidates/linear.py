"""Regularised linear models: the surest on small tables, and the yardstick on all others."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, QuantileRegressor, Ridge

from evergreen.models.candidates.base import Candidate, Choose, TableSize
from evergreen.models.candidates.settings import Setting
from evergreen.models.features import NumberForm, linear_features
from evergreen.problem import Problem

FEATURE_SETTINGS: Final = frozenset({"numbers", "category_means"})
_FORMS: tuple[NumberForm, ...] = ("scaled", "squashed", "pieces")
_MAX_ITER = 2000
# A quantile is the end of a linear program whose time grows with the square of the rows: with 40 columns 2,000 rows
# take 0.6 s, 5,000 take 3.3 s, 20,000 take 41 s.
_MOST_QUANTILE_ROWS = 5_000


def number_form(settings: Mapping[str, Setting], usual: NumberForm) -> NumberForm:
    """Read how numbers are to be written.

    Args:
        settings: of features.
        usual: what is done where nothing is said.

    Returns:
        The form.
    """
    return next(form for form in _FORMS if form == settings.get("numbers", usual))


def _starts(size: TableSize) -> Sequence[Mapping[str, Setting]]:
    usual: dict[str, Setting] = {"numbers": "scaled", "category_means": False}
    bent: dict[str, Setting] = {"numbers": "pieces", "category_means": False}
    if size.n_classes:
        return ({**usual, "C": 0.1}, {**bent, "C": 0.1}, {**usual, "C": 0.003})
    return ({**usual, "alpha": 1.0}, {**bent, "alpha": 1.0}, {**usual, "alpha": 100.0})


def _suggest(choose: Choose, size: TableSize) -> dict[str, Setting]:
    chosen: dict[str, Setting] = {
        "numbers": choose.suggest_categorical("numbers", _FORMS),
        "category_means": choose.suggest_categorical("category_means", [False, True]),
    }
    if size.n_classes:
        return {**chosen, "C": choose.suggest_float("C", 1e-4, 1e2, log=True)}
    return {**chosen, "alpha": choose.suggest_float("alpha", 1e-3, 1e4, log=True)}


def _prepare(
    problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int
) -> ColumnTransformer:
    form, has_means = number_form(settings, "scaled"), bool(settings.get("category_means"))
    return linear_features(problem, columns, random_state=random_state, numbers=form, has_means=has_means)


def _build(problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int) -> Any:
    del columns, random_state
    if problem.is_classification:
        return LogisticRegression(**settings, max_iter=_MAX_ITER)
    if "quantile" in settings:
        return QuantileRegressor(**{**settings, "alpha": 0.0})
    return Ridge(**settings)


LINEAR = Candidate(
    "linear",
    _starts,
    _suggest,
    _prepare,
    _build,
    feature_settings=FEATURE_SETTINGS,
    quantile_settings=lambda quantile: {"quantile": quantile},
    most_quantile_rows=_MOST_QUANTILE_ROWS,
)
