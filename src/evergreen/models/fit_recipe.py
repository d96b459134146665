"""From a recipe and rows to a model."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from evergreen.models.averaged import AveragedModel
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.candidates import Settings, build_pipeline
from evergreen.models.decide import Model
from evergreen.models.fair_classifier import refuse_other_decision, with_cuts
from evergreen.models.features import feature_frame
from evergreen.models.recency import Positions, latest_rows, recency_weights
from evergreen.models.recipe import Recipe
from evergreen.models.remedies import Weights, training_weights
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.tables.split_card import rows_id


def used_columns(settings: Settings, problem: Problem, movable: Sequence[str]) -> list[str]:
    """Name the features that a model with some settings uses.

    Args:
        settings: of a candidate.
        problem: the case.
        movable: columns in the order in which they are left out.

    Returns:
        Features in contract order; never none: the last one that would be left out stays.
    """
    dropped = set(movable[: settings.n_dropped])
    return [name for name in problem.feature_columns if name not in dropped] or list(movable[-1:])


def learnt_rows(rows: pd.DataFrame, settings: Settings, problem: Problem) -> tuple[Positions, Weights | None]:
    """Say which rows a model with some settings learns from, and how much each counts.

    Where the latest rows lack a class, all are taken: a model must know every class.

    Args:
        rows: labelled rows that it may learn from.
        settings: its window and half-life; they say nothing where the split is not by time.
        problem: the case.

    Returns:
        Positions, shape (m,), and weights, shape (m,): those of the plan for biases, for these rows by themselves,
        times those of recency; None where all count alike.
    """
    everything = np.arange(len(rows), dtype=np.intp)
    if problem.split.by != "time":
        return everything, training_weights(rows, problem)
    times, target = rows[str(problem.event_time)], rows[problem.target.column]
    taken = latest_rows(times, settings.window)
    if problem.is_classification and target.iloc[taken].nunique() < target.nunique():
        taken = everything
    balance = training_weights(rows.iloc[taken], problem)
    recency = recency_weights(times.iloc[taken], settings.half_life)
    if balance is None or recency is None:
        return taken, recency if balance is None else balance
    return taken, balance * recency


def fit_settings(
    settings: Settings, rows: pd.DataFrame, problem: Problem, movable: Sequence[str], *, random_state: int
) -> Pipeline:
    """Fit one model on rows.

    Args:
        settings: of its candidate.
        rows: labelled rows.
        problem: the case.
        movable: columns in the order in which they are left out.
        random_state: seed of everything random in it.

    Returns:
        A fitted pipeline that takes a ``feature_frame``.
    """
    taken, weights = learnt_rows(rows, settings, problem)
    used = rows.iloc[taken]
    pipeline = build_pipeline(settings, problem, used_columns(settings, problem, movable), random_state=random_state)
    told = {} if weights is None else {f"{pipeline.steps[-1][0]}__sample_weight": weights}
    # A solver that ends before it has converged was judged as it is; prose that is the same in all rows makes its
    # reduction divide zero by zero, for a figure nobody reads.
    with warnings.catch_warnings(), np.errstate(invalid="ignore"), threads_for(len(used)):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return pipeline.fit(feature_frame(used, problem), target_values(used, problem), **told)


def settings_key(settings: Settings) -> str:
    """Write settings as a key under which a fitted pipeline is kept.

    Args:
        settings: of a candidate.

    Returns:
        JSON; equal settings have equal keys.
    """
    return settings.model_dump_json()


def fit_recipe(
    recipe: Recipe,
    rows: pd.DataFrame,
    problem: Problem,
    *,
    random_state: int,
    fitted: Mapping[str, Pipeline] | None = None,
) -> Model:
    """Fit a challenger as its recipe says.

    Where the plan for biases balances outcome and group, models learn from weighted rows.

    Args:
        recipe: members, correction, and what is left out.
        rows: all training rows.
        problem: the case.
        random_state: seed of everything random in the members.
        fitted: pipelines of these very rows by ``settings_key``, so that none is fitted twice.

    Returns:
        The model.

    Raises:
        CaseError: where the recipe decides by other groups than the case.
    """
    refuse_other_decision(recipe.group_cuts, problem)
    known = fitted or {}
    pipelines = [
        known.get(settings_key(member.settings))
        or fit_settings(member.settings, rows, problem, recipe.left_out, random_state=random_state)
        for member in recipe.members
    ]
    return assemble_model(recipe, pipelines, problem, training_id=rows_id(rows, problem))


def assemble_model(recipe: Recipe, pipelines: Sequence[Any], problem: Problem, *, training_id: str) -> Model:
    """Put fitted members and the correction together.

    Args:
        recipe: as it says.
        pipelines: one a member, in order.
        problem: the case.
        training_id: the rows they have learnt from.

    Returns:
        The model; a single member stands by itself, without an average around it.
    """
    pipeline = pipelines[0]
    if len(pipelines) > 1:
        weights = tuple(member.weight for member in recipe.members)
        pipeline = AveragedModel(list(pipelines), weights, len(problem.target.classes))
    if not problem.is_classification:
        return OffsetRegressor(pipeline, recipe.offset, training_id, recipe.scale)
    how = recipe.calibration
    model = CalibratedClassifier(
        pipeline, problem.target.classes, how.method, how.slope, how.shifts, training_id, how.points
    )
    return model if recipe.group_cuts is None else with_cuts(model, recipe.group_cuts)
