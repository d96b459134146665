"""The closed list of models that may compete."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.pipeline import Pipeline, make_pipeline

from evergreen.errors import CaseError
from evergreen.models.candidates.base import Candidate, Choose, Judged, TableSize, Watched
from evergreen.models.candidates.boosted import BOOSTED
from evergreen.models.candidates.catboost import CATBOOST
from evergreen.models.candidates.forest import FOREST
from evergreen.models.candidates.lightgbm import LIGHTGBM
from evergreen.models.candidates.linear import LINEAR
from evergreen.models.candidates.network import NETWORK
from evergreen.models.candidates.settings import CandidateName, Setting, Settings
from evergreen.problem import Problem

__all__ = [
    "CANDIDATES",
    "Candidate",
    "CandidateName",
    "Choose",
    "Judged",
    "Setting",
    "Settings",
    "TableSize",
    "Watched",
    "build_candidate",
    "build_estimator",
    "build_pipeline",
    "first_settings",
    "settings_of",
]

_ALL = (LINEAR, BOOSTED, LIGHTGBM, CATBOOST, FOREST, NETWORK)
CANDIDATES: dict[CandidateName, Candidate] = {one.name: one for one in _ALL}
# What a candidate starts from hardly depends on this; it is for where no table is at hand.
_USUAL_ROWS = 10_000


def first_settings(name: CandidateName, problem: Problem, n_rows: int = _USUAL_ROWS) -> Settings:
    """Take the settings that a candidate starts from.

    Args:
        name: which one.
        problem: the case.
        n_rows: rows to learn from.

    Returns:
        The cheapest of its first settings.
    """
    candidate = CANDIDATES[name]
    start = candidate.starts(TableSize(n_rows, len(problem.feature_columns), len(problem.target.classes)))[0]
    return settings_of(candidate, start)


def settings_of(candidate: Candidate, chosen: Mapping[str, Setting]) -> Settings:
    """Part what was chosen into what features and what the estimator are told.

    Args:
        candidate: which one.
        chosen: all its settings by name.

    Returns:
        Its settings.
    """
    features = {name: value for name, value in chosen.items() if name in candidate.feature_settings}
    estimator = {name: value for name, value in chosen.items() if name not in candidate.feature_settings}
    return Settings(candidate=candidate.name, features=features, estimator=estimator)


def build_pipeline(settings: Settings, problem: Problem, columns: Sequence[str], *, random_state: int) -> Pipeline:
    """Build one unfitted model: feature preparation and estimator in one pipeline.

    Args:
        settings: of the candidate.
        problem: the case.
        columns: the features that are used.
        random_state: seed of everything random in it.

    Returns:
        A scikit-learn pipeline that takes a ``feature_frame``.
    """
    prepare = CANDIDATES[settings.candidate].prepare(problem, columns, settings.features, random_state)
    return make_pipeline(prepare, build_estimator(settings, problem, columns, random_state=random_state))


def build_estimator(settings: Settings, problem: Problem, columns: Sequence[str], *, random_state: int) -> Any:
    """Build one unfitted estimator without its feature preparation.

    Args:
        settings: of the candidate.
        problem: the case.
        columns: the features that are used.
        random_state: seed of everything random in it.

    Returns:
        An estimator that takes prepared features.

    Raises:
        CaseError: where the candidate cannot learn the quantile that the settings name.
    """
    candidate = CANDIDATES[settings.candidate]
    told = dict(settings.estimator)
    if settings.rounds is not None and candidate.rounds_setting is not None:
        told[candidate.rounds_setting] = settings.rounds
    if settings.quantile is not None:
        if candidate.quantile_settings is None:
            raise CaseError(f"The candidate '{candidate.name}'", "learns no quantile", "Name another for it.")
        told.update(candidate.quantile_settings(settings.quantile))
    return candidate.build(problem, columns, told, random_state)


def build_candidate(name: CandidateName, problem: Problem, *, random_state: int) -> Pipeline:
    """Build one unfitted candidate as it starts, on all features.

    Args:
        name: which one.
        problem: the case.
        random_state: seed of everything random in it.

    Returns:
        A scikit-learn pipeline that takes a ``feature_frame``.
    """
    columns = list(problem.feature_columns)
    return build_pipeline(first_settings(name, problem), problem, columns, random_state=random_state)
