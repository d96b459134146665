"""Train the candidates, choose one, and learn what one knows without a model."""

import pandas as pd

from evergreen.errors import DataError, named
from evergreen.models.candidates import build_candidate
from evergreen.models.decide import Model
from evergreen.models.no_model import NoModel, learn_no_model
from evergreen.models.training import Trained, mean_scores, train_candidate
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Problem


def fit_candidates(
    problem: Problem, params: ModellingParams, training: pd.DataFrame
) -> tuple[dict[str, Trained], pd.DataFrame]:
    """Train every candidate on the same rows and folds.

    Args:
        problem: the case.
        params: which candidates.
        training: training rows.

    Returns:
        The trained candidates by name; their validation, columns ``candidate, correction, fold, metric, score,
        fit_rows``, lower is better.

    Raises:
        DataError: where a class is missing from the training rows.
    """
    if problem.is_classification:
        missing = [name for name in problem.target.classes if not (training[problem.target.column] == name).any()]
        if missing:
            finding = f"hold no row of class {named(missing)}"
            raise DataError("The training rows", finding, "Bring a longer history, or take the class out of the case.")
    trained: dict[str, Trained] = {}
    for name in params.candidates:
        pipeline = build_candidate(name, problem, random_state=params.random_state)
        trained[name] = train_candidate(name, pipeline, training, problem, random_state=params.random_state)
    columns = ["candidate", "correction", "fold", "metric", "score", "fit_rows"]
    return trained, pd.concat([one.scores for one in trained.values()], ignore_index=True)[columns]


def select_challenger(candidates: dict[str, Trained], candidate_scores: pd.DataFrame) -> Model:
    """Choose the candidate with the best proper score on later rows.

    Args:
        candidates: the trained candidates.
        candidate_scores: their validation.

    Returns:
        The challenger.
    """
    best = mean_scores(candidate_scores)["candidate"].iloc[0]
    return candidates[best].model


def learn_without_model(problem: Problem, training: pd.DataFrame) -> dict[str, object]:
    """Learn what the training rows tell without looking at any feature.

    Args:
        problem: the case.
        training: training rows.

    Returns:
        The fields of ``NoModel``, ready for JSON.
    """
    knowledge: NoModel = learn_no_model(training, problem)
    return knowledge.model_dump(mode="json")
