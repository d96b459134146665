"""Explain the challenger: what its columns are worth, how predictions move with them, and what looks wrong."""

import pandas as pd

from evergreen.errors import DataError
from evergreen.judging.params import EvaluationParams
from evergreen.models.decide import Model
from evergreen.models.explain_effects import has_effects, measure_effects
from evergreen.models.explain_importance import measure_importances, sample_rows, shuffle_columns
from evergreen.models.explain_suspicions import find_model_suspicions
from evergreen.problem import Problem
from evergreen.reporting.figures import Figure, draw_effects, draw_importances


def explain_challenger(
    problem: Problem,
    params: EvaluationParams,
    challenger: Model,
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Explain a model on rows it has never seen.

    Args:
        problem: the case.
        params: how many rows and repeats it may take, and how intervals are made.
        challenger: the model.
        holdout: holdout rows.
        holdout_predictions: their predictions, by which the challenger is judged.

    Returns:
        Importances of all features, effects of the strongest that have an order or levels, and suspicions.

    Raises:
        DataError: where the rows are others than the scored ones.
    """
    keys = list(problem.key)
    if not holdout[keys].reset_index(drop=True).equals(holdout_predictions[keys].reset_index(drop=True)):
        raise DataError("The holdout", "holds other rows than were scored", "Run the whole of evaluation again.")
    told, seed = params.explain, params.random_state
    rows = sample_rows(holdout, max_rows=told.max_rows, random_state=seed)
    shuffled = shuffle_columns(challenger, rows, problem, n_repeats=told.n_repeats, random_state=seed)
    importances = measure_importances(shuffled, problem, params.resampling, confidence=params.confidence)
    used = importances.loc[importances["loss_increase"] > 0, "column"]
    strongest = [name for name in used if has_effects(problem.columns[name])][: told.n_effects]
    effects = measure_effects(challenger, rows, problem, strongest)
    return importances, effects, find_model_suspicions(shuffled, problem)


def draw_explanations(problem: Problem, importances: pd.DataFrame, effects: pd.DataFrame) -> tuple[Figure, Figure]:
    """Draw importances and effects.

    Args:
        problem: the case.
        importances: of ``explain_challenger``.
        effects: of ``explain_challenger``.

    Returns:
        The figure of importances and that of effects.
    """
    unit = problem.columns[problem.target.column].unit or "target"
    loss, effect = "Log loss, nats", "Probability"
    if not problem.is_classification:
        loss, effect = f"Squared error, {unit} squared", unit
    return draw_importances(importances, unit=loss), draw_effects(effects, unit=effect)
