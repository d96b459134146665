"""Keep a few rows of the holdout for the release."""

from typing import Any

import pandas as pd

from evergreen.models.decide import Model
from evergreen.problem import Problem
from evergreen.releases.check_rows import BACKGROUND, CHECK_ROWS, background_rows, choose_check_rows
from evergreen.tables.outliers import OutlierLimits


def keep_rows(
    problem: Problem,
    challenger: Model,
    outlier_limits: dict[str, Any],
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
) -> dict[str, Any]:
    """Choose the rows that a release is asked again before it goes live, and those that explanations compare with.

    Args:
        problem: the case.
        challenger: the model.
        outlier_limits: the fences of outliers.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        ``check_rows`` and ``background``, ready for JSON.
    """
    limits = OutlierLimits.model_validate(outlier_limits)
    told = choose_check_rows(challenger, holdout, holdout_predictions, problem, limits)
    return {
        CHECK_ROWS: told.model_dump(mode="json"),
        BACKGROUND: background_rows(challenger, holdout, problem),
    }
