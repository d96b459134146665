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
from evergreen.models.fair_reductions import fit_decider
from evergreen.models.features import feature_frame
from evergreen.models.learnt_rows import learnt_rows, used_columns
from evergreen.models.quantile_decider import refuse_other_quantile, with_quantile
from evergreen.models.recipe import Recipe
from evergreen.models.reduced_classifier import refuse_other_reduction, with_decider
from evergreen.models.target import target_values
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.tables.split_card import rows_id


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
        CaseError: where the recipe decides by other groups, or otherwise, than the case, or by other costs.
        DataError: where it decides by reductions and fewer than two groups have rows enough.
    """
    refuse_other_decision(recipe.group_cuts, problem)
    refuse_other_reduction(is_reduced=recipe.reduced is not None, problem=problem)
    refuse_other_quantile(recipe.quantile, problem)
    known = fitted or {}

    def fit(settings: Settings) -> Pipeline:
        kept = known.get(settings_key(settings))
        return kept or fit_settings(settings, rows, problem, recipe.left_out, random_state=random_state)

    pipelines = [fit(member.settings) for member in recipe.members]
    model = assemble_model(recipe, pipelines, problem, training_id=rows_id(rows, problem))
    if recipe.quantile is not None and isinstance(model, OffsetRegressor):
        return with_quantile(model, fit(recipe.quantile.settings), recipe.quantile)
    if recipe.reduced is None or not isinstance(model, CalibratedClassifier):
        return model
    return with_decider(model, fit_decider(recipe.reduced, rows, problem, recipe.left_out, random_state=random_state))


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
        lines = tuple(member.line for member in recipe.members)
        pipeline = AveragedModel(list(pipelines), weights, len(problem.target.classes), lines)
    if not problem.is_classification:
        return OffsetRegressor(pipeline, recipe.offset, training_id, recipe.scale)
    how = recipe.calibration
    model = CalibratedClassifier(
        pipeline, problem.target.classes, how.method, how.slope, how.shifts, training_id, how.points
    )
    return model if recipe.group_cuts is None else with_cuts(model, recipe.group_cuts)
