"""What can be chosen: a candidate, its settings, and how much of the past it learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evergreen.models.candidates import CANDIDATES, Candidate, CandidateName, Choose, Setting, Settings, settings_of
from evergreen.models.candidates.base import TableSize
from evergreen.models.recipe import Recipe

CANDIDATE, WINDOW, HALF_LIFE = "candidate", "window", "half_life"
# As for columns that have turned, see ``movement``.
_N_ERRORS = 3.0
_WINDOWS = (1.0, 0.5, 0.25)
_HALF_LIVES = (None, 0.5, 0.2)
# By what a first trial takes on a table of some ten thousand rows.
_CHEAPEST_FIRST: tuple[CandidateName, ...] = ("linear", "lightgbm", "boosted", "forest", "network", "catboost")


@dataclass(frozen=True)
class Space:
    """What may be chosen from.

    Attributes:
        candidates: which of the closed list, at least one.
        size: of the table.
        is_by_time: whether windows and half-lives are tried.
        n_dropped: how many of the columns that move most are left out.
    """

    candidates: tuple[CandidateName, ...]
    size: TableSize
    is_by_time: bool
    n_dropped: int = 0


def movable_columns(movement: pd.DataFrame) -> tuple[str, ...]:
    """List the columns that may be left out.

    Args:
        movement: columns ``column, order`` (from 1, the column that moves most first; missing where it may not be
            left out) and, where known, ``is_movable``.

    Returns:
        Their names, the one that moves most first.
    """
    marked = movement[movement["is_movable"].astype(bool)] if "is_movable" in movement else movement
    ordered = marked[marked["order"].notna()].sort_values("order", kind="stable")
    return tuple(str(name) for name in ordered["column"])


def number_dropped(movement: pd.DataFrame) -> int:
    """Say how many of the columns that move most are left out, whatever the candidate.

    This is not one more setting: on the folds that settings are chosen on, a model that has learnt little from columns
    that move loses little by them, and folds with a short past speak against every column whose values come round. What
    tells is a model that does learn from them, on the newest period: see ``movement.find_movement``. On UCI Bank
    Marketing, last quarter held out, it gains 0.228 nats (error 0.038) without the six macro and calendar columns, and
    the ranking of later rows rises from 0.41 to 0.71 (ROC-AUC of models of three rounds). On hours of rented bicycles
    it loses without month and season, which three of four folds speak against or for by luck.

    Args:
        movement: of ``movement.find_movement``; columns ``order, nested_gain, nested_gain_se``.

    Returns:
        The number with the largest gain on later rows, if that is beyond three standard errors; else 0.
    """
    is_clear = movement["nested_gain"] > _N_ERRORS * movement["nested_gain_se"]
    clear = movement[is_clear].sort_values("nested_gain", ascending=False, kind="stable")
    return 0 if clear.empty else int(clear["order"].iloc[0])


def choose_settings(choose: Choose, space: Space) -> Settings:
    """Choose everything that makes a trial.

    Args:
        choose: where choices come from.
        space: what may be chosen from.

    Returns:
        The settings; rounds are open.
    """
    candidate = CANDIDATES[choose.suggest_categorical(CANDIDATE, space.candidates)]
    chosen = candidate.suggest(_Named(choose, candidate), space.size)
    told: dict[str, Any] = {"n_dropped": space.n_dropped}
    if space.is_by_time:
        told[WINDOW] = choose.suggest_categorical(WINDOW, _WINDOWS)
        told[HALF_LIFE] = choose.suggest_categorical(HALF_LIFE, _HALF_LIVES)
    return settings_of(candidate, chosen).model_copy(update=told)


def first_trials(space: Space, champion: Recipe | None = None) -> tuple[Settings, ...]:
    """List what is tried before anything is learnt from trials.

    Args:
        space: what may be chosen from.
        champion: how the champion is made; its settings are a warm start.

    Returns:
        The champion's members first, then where each candidate starts, cheapest first.
    """
    members = () if champion is None else champion.members
    warm = [_fitting(member.settings, space) for member in members if member.settings.candidate in space.candidates]
    names = sorted(space.candidates, key=_CHEAPEST_FIRST.index)
    starts = {name: list(CANDIDATES[name].starts(space.size)) for name in names}
    cold = [
        settings_of(CANDIDATES[name], starts[name][turn]).model_copy(update={"n_dropped": space.n_dropped})
        for turn in range(max(len(own) for own in starts.values()))
        for name in names
        if turn < len(starts[name])
    ]
    unique = {one.model_dump_json(): one for one in [*warm, *cold]}
    return tuple(unique.values())


def parameters_of(settings: Settings) -> dict[str, Setting]:
    """Name settings as trials name them.

    Args:
        settings: of one candidate.

    Returns:
        Parameter -> value.
    """
    own = {**settings.features, **settings.estimator}
    named = {f"{settings.candidate}.{name}": value for name, value in own.items()}
    past = {WINDOW: settings.window, HALF_LIFE: settings.half_life}
    return {CANDIDATE: settings.candidate, **named, **past}


def _fitting(settings: Settings, space: Space) -> Settings:
    """Bring settings of an earlier table to what this one has; rounds are counted anew."""
    past: dict[str, Any] = {} if space.is_by_time else {WINDOW: 1.0, HALF_LIFE: None}
    return settings.model_copy(update={**past, "n_dropped": space.n_dropped, "rounds": None})


class _Named:
    """Chooses a candidate's settings under names that no other candidate has."""

    def __init__(self, choose: Choose, candidate: Candidate) -> None:
        self._choose = choose
        self._prefix = f"{candidate.name}."

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return self._choose.suggest_float(self._prefix + name, low, high, log=log)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        return self._choose.suggest_int(self._prefix + name, low, high, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Setting]) -> Any:
        return self._choose.suggest_categorical(self._prefix + name, choices)
