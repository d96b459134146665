"""What the search has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.averaged import sharpened
from evergreen.models.candidates import CandidateName, Settings
from evergreen.models.recipe import Member, Recipe


@dataclass(frozen=True, eq=False)
class Tuned:
    """One trial that was judged on all rows of all folds.

    Attributes:
        number: of the trial.
        settings: what was tried; rounds are chosen.
        unseen: predictions of the judged rows, one array a fold: shape (m, k), or (m,) for values.
        losses: log-loss in nats or mean squared error, one a fold.
    """

    number: int
    settings: Settings
    unseen: tuple[NDArray[Any], ...]
    losses: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tuning:
    """The end of a search.

    Attributes:
        tuned: trials that went all the way, best first; at least one.
        history: one row a trial, in order: ``trial, candidate, state`` ("done", "stopped", "failed"), ``fold`` (how
            many it was judged on), ``loss`` (their mean), ``best_loss`` (of those done so far), ``settings`` (JSON) and
            ``word`` (why it ended as it did); with a budget in trials nothing in it depends on a clock.
        costs: one row a trial: ``trial, wall_seconds, cpu_seconds``.
    """

    tuned: tuple[Tuned, ...]
    history: pd.DataFrame
    costs: pd.DataFrame


def best_of_each(tuned: Sequence[Tuned]) -> dict[CandidateName, Tuned]:
    """Take the best trial of each candidate.

    Args:
        tuned: trials, best first.

    Returns:
        Candidate -> its best trial, the best candidate first.
    """
    firsts: dict[CandidateName, Tuned] = {}
    for one in tuned:
        firsts.setdefault(one.settings.candidate, one)
    return firsts


def first_of_each(tuned: Sequence[Tuned]) -> list[Tuned]:
    """Take the first trial of each candidate: the settings that it starts from, before any were chosen by folds.

    Args:
        tuned: trials, best first.

    Returns:
        One trial a candidate, best first.
    """
    firsts = {name: min(one.number for one in tuned if one.settings.candidate == name) for name in best_of_each(tuned)}
    return [one for one in tuned if one.number == firsts[one.settings.candidate]]


def members_of(recipe: Recipe, tuned: Sequence[Tuned]) -> list[tuple[Tuned, Member]]:
    """Find the trials that the members of a recipe come from.

    Args:
        recipe: of some of these trials.
        tuned: trials that went all the way.

    Returns:
        Trial and place in the recipe of each member.
    """
    return [(next(one for one in tuned if one.settings == member.settings), member) for member in recipe.members]


def average_unseen(members: Sequence[tuple[Tuned, Member]]) -> list[NDArray[Any]]:
    """Average what trials said of rows they had not seen.

    Args:
        members: trials and how they count.

    Returns:
        One array a fold: shape (m, k), or (m,) for values.
    """
    folds = range(len(members[0][0].unseen))
    return [
        np.asarray(sum(member.weight * sharpened(one.unseen[fold], member.line) for one, member in members))
        for fold in folds
    ]
