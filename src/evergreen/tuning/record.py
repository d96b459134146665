"""One line of the book of trials, and how it is written down."""

import math
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from evergreen.tuning.budget import Cost
from evergreen.tuning.race import Outcome
from evergreen.tuning.space import CANDIDATE

OUTCOME, SURPLUS = "outcome", "surplus"
STATES = {"done": TrialState.COMPLETE, "stopped": TrialState.PRUNED, "failed": TrialState.FAIL}
_DIED = "Its process ended before it did."
_NOTHING = Cost()


@dataclass(frozen=True)
class Record:
    """One line of the book.

    Attributes:
        number: of the trial.
        state: "done", "stopped", "failed" or "running".
        candidate: its name; empty where the trial died before it had chosen.
        settings: what was tried, as JSON.
        fold_losses: mean loss of each fold.
        word: why it ended as it did.
        cost: what it took.
        final: what one fit on all rows would take.
        pace: rows that were learnt from, and what that took.
        first_loss: on the first rung; None before it was passed.
        worker: who did it.
        has_died: whether its process ended before it did.
    """

    number: int
    state: str
    candidate: str = ""
    settings: str = "{}"
    fold_losses: tuple[float, ...] = ()
    word: str = ""
    cost: Cost = _NOTHING
    final: Cost = _NOTHING
    pace: tuple[int, Cost] = (0, _NOTHING)
    first_loss: float | None = None
    worker: str = ""
    has_died: bool = False

    @property
    def loss(self) -> float:
        """The mean over its folds; NaN where there is none."""
        return math.fsum(self.fold_losses) / len(self.fold_losses) if self.fold_losses else math.nan


def written(outcome: Outcome, worker: str) -> dict[str, Any]:
    """Write an outcome down for a study.

    Args:
        outcome: how a trial ended.
        worker: who did it.

    Returns:
        What ``user_attrs`` hold under ``OUTCOME``, ready for JSON.
    """
    n_learnt, pace = outcome.pace
    return {
        "state": outcome.state,
        "settings": outcome.settings.model_dump_json(),
        "candidate": outcome.settings.candidate,
        "fold_losses": list(outcome.fold_losses),
        "word": outcome.word,
        "cost": _pair(outcome.cost),
        "final": _pair(outcome.final),
        "n_learnt": n_learnt,
        "pace": _pair(pace),
        "worker": worker,
    }


def _pair(cost: Cost) -> list[float]:
    return [cost.wall_seconds, cost.cpu_seconds]


def record_of(trial: FrozenTrial, *, is_over: bool = False) -> Record | None:
    """Read what a study knows of a trial.

    Args:
        trial: begun or ended.
        is_over: whether the process of one that is said to run is known to have ended.

    Returns:
        The record; None where it was begun beyond the budget.
    """
    told = trial.user_attrs.get(OUTCOME)
    is_running = trial.state is TrialState.RUNNING and not is_over
    if told is None or is_running or (trial.state is TrialState.FAIL and told.get("state") not in (None, "failed")):
        candidate, first_loss = str(trial.params.get(CANDIDATE, "")), trial.intermediate_values.get(0)
        if is_running:
            return Record(trial.number, "running", candidate, first_loss=first_loss)
        return Record(trial.number, "failed", candidate, word=_DIED, first_loss=first_loss, has_died=True)
    return None if told.get(SURPLUS) else _ended(trial, told)


def _ended(trial: FrozenTrial, told: dict[str, Any]) -> Record:
    return Record(
        number=trial.number,
        state=told["state"],
        candidate=told["candidate"],
        settings=told["settings"],
        fold_losses=tuple(told["fold_losses"]),
        word=told["word"],
        cost=Cost(*told["cost"]),
        final=Cost(*told["final"]),
        pace=(told["n_learnt"], Cost(*told["pace"])),
        first_loss=trial.intermediate_values.get(0),
        worker=told["worker"],
    )
