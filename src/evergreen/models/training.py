"""Fit a candidate, judge it on later rows, and learn from its errors how to correct it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from evergreen.measures import score_classes, score_values
from evergreen.models.calibrated import (
    CalibratedClassifier,
    CalibrationMethod,
    OffsetRegressor,
    calibrate,
    fit_calibration,
)
from evergreen.models.decide import Model
from evergreen.models.features import feature_frame
from evergreen.models.folds import Fold, make_folds
from evergreen.models.remedies import Weights, training_weights
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.tables.split_card import rows_id

_METHODS: tuple[CalibrationMethod, ...] = ("none", "temperature", "sigmoid")
Predictions = list[NDArray[Any]]


@dataclass(frozen=True)
class Trained:
    """A trained candidate.

    Attributes:
        model: fitted on all training rows and corrected.
        scores: its validation, columns ``candidate, correction, fold, metric, score, fit_rows``; lower is better.
        correction: the correction that validated best.
    """

    model: Model
    scores: pd.DataFrame
    correction: str


def train_candidate(
    name: str, pipeline: Pipeline, rows: pd.DataFrame, problem: Problem, *, random_state: int
) -> Trained:
    """Validate a candidate fold by fold, choose its correction, and fit it on all rows.

    Where the plan for biases balances outcome and group, a model learns from weighted rows: those of each fold, and in
    the end all of them, are balanced by themselves. Its correction is learnt from weighted rows too, for the balanced
    world is the one that its probabilities are about. Validation scores are unweighted: they say how it does on rows as
    they come.

    Args:
        name: the candidate.
        pipeline: its unfitted pipeline.
        rows: training rows.
        problem: the case.
        random_state: seed of the folds.

    Returns:
        The trained candidate.
    """
    X, y = feature_frame(rows, problem), target_values(rows, problem)
    folds = make_folds(rows, problem, random_state=random_state)
    with threads_for(len(rows)):
        unseen = [
            _predict_fold(pipeline, X, y, fold, problem, training_weights(rows.iloc[fold[0]], problem))
            for fold in folds
        ]
        fitted = _fit(pipeline, X, y, training_weights(rows, problem))
    truths = [y[judged] for _, judged in folds]
    weights = _weigh_judged(rows, folds, problem)
    scores = _validate(unseen, truths, weights, problem).assign(candidate=name)
    scores["fit_rows"] = scores["fold"].map({k: len(learnt) for k, (learnt, _) in enumerate(folds, start=1)})
    correction = str(mean_scores(scores)["correction"].iloc[0])
    judged = np.concatenate(unseen), np.concatenate(truths), weights[-1]
    model = _correct(fitted, judged, correction, problem)
    model.training_id = rows_id(rows, problem)
    return Trained(model, scores, correction)


def mean_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Average validation scores over the folds in which every correction could be tried.

    Args:
        scores: ``Trained.scores`` of one or more candidates.

    Returns:
        Columns ``candidate, correction, score``, best first; ties keep the simpler correction and the order given.
    """
    shared = scores[scores["fold"] > 1] if scores["fold"].max() > 1 else scores
    means = shared.groupby(["candidate", "correction"], sort=False)["score"].mean().reset_index()
    return means.sort_values("score", kind="stable", ignore_index=True)


def _fit(pipeline: Pipeline, X: pd.DataFrame, y: NDArray[Any], weights: Weights | None) -> Pipeline:
    told = {} if weights is None else {f"{pipeline.steps[-1][0]}__sample_weight": weights}
    # Prose that is the same in all rows makes the reduction of prose divide zero by zero, for a figure nobody reads.
    with np.errstate(invalid="ignore"):
        return clone(pipeline).fit(X, y, **told)


def _predict_fold(
    pipeline: Pipeline, X: pd.DataFrame, y: NDArray[Any], fold: Fold, problem: Problem, weights: Weights | None
) -> NDArray[Any]:
    learnt, judged = fold
    fitted = _fit(pipeline, X.iloc[learnt], y[learnt], weights)
    if not problem.is_classification:
        values: NDArray[Any] = fitted.predict(X.iloc[judged])
        return values
    full = np.zeros((len(judged), len(problem.target.classes)))
    full[:, fitted.classes_.astype(int)] = fitted.predict_proba(X.iloc[judged])
    return full


def _weigh_judged(rows: pd.DataFrame, folds: list[Fold], problem: Problem) -> list[Weights | None]:
    """Balance the judged rows of the first fold, of the first two and so on: what a correction is learnt from."""
    judged = [positions for _, positions in folds]
    return [training_weights(rows.iloc[np.concatenate(judged[:n])], problem) for n in range(1, len(judged) + 1)]


def _validate(
    unseen: Predictions, truths: Predictions, weights: list[Weights | None], problem: Problem
) -> pd.DataFrame:
    """Score every fold; a correction is learnt on earlier folds only, so the first fold has none."""
    records = []
    for fold, (predicted, truth) in enumerate(zip(unseen, truths, strict=True), start=1):
        methods = _METHODS if problem.is_classification and fold > 1 else _METHODS[:1]
        for method in methods:
            corrected = predicted
            if method != "none":
                earlier = np.concatenate(unseen[: fold - 1]), np.concatenate(truths[: fold - 1])
                learnt = fit_calibration(*earlier, method, sample_weight=weights[fold - 2])
                corrected = calibrate(predicted, *learnt)
            records.append({"correction": method, "fold": fold, **_proper_score(corrected, truth, problem)})
    return pd.DataFrame(records)


def _proper_score(predicted: NDArray[Any], truth: NDArray[Any], problem: Problem) -> dict[str, object]:
    if problem.is_classification:
        return {"metric": "log_loss", "score": float(score_classes(truth, predicted)["log_loss"][0])}
    return {"metric": "rmse", "score": float(score_values(truth, predicted)["rmse"][0])}


def _correct(
    fitted: Pipeline, judged: tuple[NDArray[Any], NDArray[Any], Weights | None], correction: str, problem: Problem
) -> Model:
    unseen, truth, weights = judged
    if problem.is_classification:
        method = next(m for m in _METHODS if m == correction)
        slope, shifts = fit_calibration(unseen, truth, method, sample_weight=weights)
        return CalibratedClassifier(fitted, problem.target.classes, method, slope, shifts)
    quantile = None if problem.payoff is None else problem.payoff.cost_quantile
    return OffsetRegressor(fitted, 0.0 if quantile is None else float(np.quantile(truth - unseen, quantile)))
