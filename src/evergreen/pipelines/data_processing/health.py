"""The health of the table: who may give the outcome away, what is useful, what each column holds, on one page."""

from typing import Any, Final

import pandas as pd

from evergreen.models.suspects import find_suspects
from evergreen.models.usefulness import measure_usefulness
from evergreen.preparing.params import DataProcessingParams
from evergreen.problem import Problem
from evergreen.reporting import ProfileFacts, render_profile_page
from evergreen.tables.engines import as_frame
from evergreen.tables.profile import profile_table
from evergreen.tables.quarantine import count_reasons

PROFILE_TABLES: Final = (
    "row_ledger",
    "repairs",
    "outlier_repairs",
    "table_profile",
    "group_ledger",
    "bias_plan_check",
    "suspects",
    "usefulness",
)
"""The tables that ``write_profile_page`` is given after the quarantine, in this order."""


def find_suspects_in_splits(
    problem: Problem, params: DataProcessingParams, training: pd.DataFrame, holdout: pd.DataFrame
) -> pd.DataFrame:
    """Name what may give the outcome away before it is known.

    Args:
        problem: the case.
        params: the seed of samples and folds.
        training: training rows.
        holdout: holdout rows; their outcomes are not looked at.

    Returns:
        The suspects, see ``models.suspects.find_suspects``.
    """
    return find_suspects(training, holdout, problem, random_state=params.random_state)


def measure_usefulness_of_columns(
    problem: Problem, params: DataProcessingParams, training: pd.DataFrame
) -> pd.DataFrame:
    """Measure what each column and each source tells of the outcome, and whether sources pay.

    Args:
        problem: the case.
        params: the seed of samples, folds and models.
        training: training rows.

    Returns:
        The usefulness, see ``models.usefulness.measure_usefulness``.
    """
    return measure_usefulness(training, problem, random_state=params.random_state)


def profile_decisions(problem: Problem, repaired: Any) -> pd.DataFrame:
    """Tell what each column of the usable rows holds.

    Args:
        problem: the case.
        repaired: usable rows.

    Returns:
        The profile, see ``tables.profile.profile_table``.
    """
    return profile_table(repaired, problem)


def write_profile_page(problem: Problem, quarantine: Any, *tables: pd.DataFrame) -> str:
    """Write the page that tells the health of the table at a glance.

    Args:
        problem: the case.
        quarantine: rows that cannot be used, with their ``reasons``.
        tables: those of ``PROFILE_TABLES``, in that order.

    Returns:
        One self-contained HTML page.
    """
    named = dict(zip(PROFILE_TABLES, tables, strict=True))
    repairs = pd.concat([named.pop("repairs"), named.pop("outlier_repairs")], ignore_index=True)
    counted = sorted(count_reasons(as_frame(quarantine)).items())
    reasons = pd.DataFrame(counted, columns=["reason", "n_rows"]).astype({"reason": "str", "n_rows": "int64"})
    return render_profile_page(ProfileFacts(problem=problem, repairs=repairs, reasons=reasons, **named))
