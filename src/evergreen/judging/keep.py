"""Keep a few rows of the holdout, and counts of all of them, for the release."""

from typing import Any

import pandas as pd

from evergreen.models.decide import Model
from evergreen.problem import Problem
from evergreen.releases.check_rows import BACKGROUND, CHECK_ROWS, background_rows, choose_check_rows
from evergreen.tables.outliers import OutlierLimits
from evergreen.watching import REFERENCE_WINDOWS, make_reference_windows


def keep_rows(
    problem: Problem,
    challenger: Model,
    outlier_limits: dict[str, Any],
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
    unseen_predictions: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Choose rows that a release is asked again, those that explanations compare with, and count the holdout.

    Windows of the release's life are held against these counts.

    Args:
        problem: the case.
        challenger: the model.
        outlier_limits: the fences of outliers.
        holdout: holdout rows.
        holdout_predictions: their predictions.
        unseen_predictions: where the model has learnt from these rows, predictions of one like it that has not: what
            came of those is what is to be expected.

    Returns:
        ``check_rows``, ``background`` and ``reference_windows``, ready for JSON.
    """
    limits = OutlierLimits.model_validate(outlier_limits)
    windows = make_reference_windows(holdout, holdout_predictions, problem, unseen_predictions)
    told = choose_check_rows(challenger, holdout, holdout_predictions, problem, limits)
    return {
        CHECK_ROWS: told.model_dump(mode="json"),
        BACKGROUND: background_rows(challenger, holdout, problem),
        REFERENCE_WINDOWS: windows.model_dump(mode="json"),
    }
