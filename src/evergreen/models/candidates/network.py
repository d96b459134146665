"""A small neural network: slow to learn, and often a good partner of boosted trees."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer

from evergreen.models.candidates.base import Candidate, Choose, TableSize
from evergreen.models.candidates.linear import FEATURE_SETTINGS, number_form
from evergreen.models.candidates.network_layers import NetworkClassifier, NetworkRegressor, watch_network
from evergreen.models.candidates.settings import Setting
from evergreen.models.features import linear_features
from evergreen.problem import Problem

_ROUNDS = "epochs"
_USUAL_EPOCHS = 20


def _starts(size: TableSize) -> Sequence[Mapping[str, Setting]]:
    del size
    usual: dict[str, Setting] = {"category_means": False, "n_hidden": 32, "alpha": 1.0, "learning_rate": 0.002}
    return ({"numbers": "pieces", **usual}, {"numbers": "squashed", **usual, "n_hidden": 64, "alpha": 0.01})


def _suggest(choose: Choose, size: TableSize) -> dict[str, Setting]:
    del size
    return {
        "numbers": choose.suggest_categorical("numbers", ["squashed", "pieces"]),
        "category_means": choose.suggest_categorical("category_means", [False, True]),
        "n_hidden": choose.suggest_categorical("n_hidden", [16, 32, 64, 128]),
        "alpha": choose.suggest_float("alpha", 1e-4, 30, log=True),
        "learning_rate": choose.suggest_float("learning_rate", 5e-4, 1e-2, log=True),
    }


def _prepare(
    problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int
) -> ColumnTransformer:
    form, has_means = number_form(settings, "squashed"), bool(settings.get("category_means"))
    prepare = linear_features(
        problem, columns, random_state=random_state, numbers=form, has_means=has_means, is_reduced=True
    )
    return prepare.set_params(sparse_threshold=0)


def _build(problem: Problem, columns: Sequence[str], settings: Mapping[str, Setting], random_state: int) -> Any:
    del columns
    estimator = NetworkClassifier if problem.is_classification else NetworkRegressor
    told: dict[str, Any] = {_ROUNDS: _USUAL_EPOCHS, **settings}
    return estimator(**told, random_state=random_state)


NETWORK = Candidate(
    "network",
    _starts,
    _suggest,
    _prepare,
    _build,
    feature_settings=FEATURE_SETTINGS,
    rounds_setting=_ROUNDS,
    watch=watch_network,
)
