"""Suspects of leakage: columns and rows that may know the outcome before it is known."""

import numpy as np
import pandas as pd

from evergreen.models.suspect import Suspect, Suspicion
from evergreen.models.suspect_copies import find_copies
from evergreen.models.suspect_groups import find_straddling_groups
from evergreen.models.suspect_presence import find_telling_presence
from evergreen.models.suspect_sums import find_sums
from evergreen.models.suspect_values import find_telling_values
from evergreen.problem import Problem

_MAX_ROWS = 50_000
_MAX_ANSWER = 200
_COLUMN_CURE = "Ask when it is written: set known_at: outcome, or say in not_a_leak why it is known at the decision."
# To keep a model from a name or a key cures nothing here: the rows' other columns are as alike.
_ROW_CURES: dict[Suspicion, str] = {
    "group straddles the split": "Split by it (split.by: group), or say in not_a_leak why it may be on both sides.",
    "duplicate across splits": "Find out why rows come twice, and keep one of each.",
}


def find_suspects(
    training: pd.DataFrame, holdout: pd.DataFrame, problem: Problem, *, random_state: int
) -> pd.DataFrame:
    """Name what may give the outcome away, for the owner of the case to decide on.

    All columns of the contract are looked at except the target and the key, those that are kept from the model too: a
    block that would be missed is worth knowing. Columns are judged on at most 50,000 training rows. The outcomes of the
    holdout are not looked at.

    Args:
        training: training rows.
        holdout: holdout rows.
        problem: the case.
        random_state: seed of samples and folds.

    Returns:
        Columns ``subject, suspicion, strength, is_blocked, is_answered, finding``, the strongest first. ``strength`` is
        0 to 1; ``is_blocked`` says that no model learns from the column (never so where rows are suspected),
        ``is_answered`` that the case says in ``not_a_leak`` why it is none.
    """
    labelled = training[training[problem.target.column].notna()].reset_index(drop=True)
    sample = _sample(labelled, random_state)
    straddling = find_straddling_groups(labelled, holdout, problem)
    presence = find_telling_presence(sample, problem)
    # A name tells the outcome because its rows are on both sides of a fold, and a value by being there: one suspicion
    # is enough for each.
    told = {suspect.subject for suspect in [*straddling, *presence]}
    values = find_telling_values(sample, problem, random_state=random_state)
    found = [
        *(suspect for suspect in values if suspect.subject not in told),
        *presence,
        *find_sums(labelled, problem, random_state=random_state),
        *straddling,
        *find_copies(labelled, holdout, problem),
    ]
    return _tabulate(found, problem)


def _sample(rows: pd.DataFrame, random_state: int) -> pd.DataFrame:
    if len(rows) <= _MAX_ROWS:
        return rows
    drawn = np.random.default_rng(random_state).choice(len(rows), _MAX_ROWS, replace=False)
    return rows.iloc[np.sort(drawn)].reset_index(drop=True)


def _tabulate(found: list[Suspect], problem: Problem) -> pd.DataFrame:
    ordered = sorted(found, key=lambda one: (-round(one.strength, 9), one.suspicion, one.subject))
    return pd.DataFrame(
        {
            "subject": pd.Series([one.subject for one in ordered], dtype="str"),
            "suspicion": pd.Series([one.suspicion for one in ordered], dtype="str"),
            "strength": pd.Series([one.strength for one in ordered], dtype="float64"),
            "is_blocked": pd.Series([_is_blocked(one, problem) for one in ordered], dtype="bool"),
            "is_answered": pd.Series([_answer(one, problem) is not None for one in ordered], dtype="bool"),
            "finding": pd.Series([_tell(one, problem) for one in ordered], dtype="str"),
        }
    )


def _is_blocked(suspect: Suspect, problem: Problem) -> bool:
    return suspect.suspicion not in _ROW_CURES and suspect.subject not in problem.feature_columns


def _answer(suspect: Suspect, problem: Problem) -> str | None:
    return problem.columns[suspect.subject].not_a_leak if suspect.subject in problem.columns else None


def _tell(suspect: Suspect, problem: Problem) -> str:
    answer = _answer(suspect, problem)
    if answer is not None:
        return f"{suspect.finding} The case says: {answer[:_MAX_ANSWER]}"
    if not _is_blocked(suspect, problem):
        return f"{suspect.finding} {_ROW_CURES.get(suspect.suspicion, _COLUMN_CURE)}"
    is_late = suspect.subject in problem.outcome_columns
    reason = "It is known only at the outcome, and no model learns from it." if is_late else "No model learns from it."
    return f"{suspect.finding} {reason}"
