"""Small cases of every kind with repaired rows whose truth is known, and models fitted on them once."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from evergreen.models.averaged import all_probabilities
from evergreen.models.candidates import CandidateName, Settings, build_candidate, first_settings
from evergreen.models.corrections import COMBINATION, choose_scored
from evergreen.models.decide import Model
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_recipe, fit_settings
from evergreen.models.folds import make_folds
from evergreen.models.target import target_values
from evergreen.problem import Kind, Problem
from evergreen.tuning.arena import row_losses
from evergreen.tuning.bench import CombineLimits
from evergreen.tuning.combine import combine_tuned
from evergreen.tuning.ground import Ground
from evergreen.tuning.tuned import Tuned

KINDS: tuple[Kind, ...] = ("binary", "multiclass", "regression")
CANDIDATES: tuple[CandidateName, ...] = ("linear", "boosted")
CLASSES = {"binary": ["no", "yes"], "multiclass": ["bad", "fair", "good"], "regression": []}
SEED = 7
_DAYS = pd.Timestamp("2020-01-01")

_PAYOFFS: dict[str, dict[str, Any]] = {
    "binary": {"unit": "EUR", "actions": {"call": {"no": -2, "yes": 5}, "skip": {"no": 0, "yes": 0}}},
    "multiclass": {
        "unit": "EUR",
        "actions": {
            "sell": {"bad": -4, "fair": 1, "good": 6},
            "hold": {"bad": -1, "fair": 2, "good": 1},
            "drop": {"bad": 0, "fair": 0, "good": 0},
        },
    },
    "regression": {"unit": "EUR", "under_per_unit": 3, "over_per_unit": 1},
}
_CRITERIA: dict[str, list[dict[str, Any]]] = {
    "binary": [{"metric": "payoff_per_decision", "versus": "no_model", "at_least": 0}],
    "multiclass": [{"metric": "log_loss", "versus": "no_model", "at_most": 0}],
    "regression": [{"metric": "rmse", "versus": "no_model", "at_most": 0}],
}
_SPLITS: dict[str, dict[str, Any]] = {
    "time": {"by": "time", "new_rows_days": 30, "n_folds": 3},
    "random": {"by": "random", "new_rows_share": 0.2, "n_folds": 3},
    "group": {"by": "group", "group": "shop", "new_rows_share": 0.2, "n_folds": 3},
}


def small_case(kind: Kind, *, split: str | dict[str, Any] = "time", **changes: Any) -> Problem:
    """A case with a feature of every type; ``changes`` replace whole keys."""
    told = {
        "name": "small",
        "goal": "Earn more.",
        "decision": "Choose an action.",
        "entity": "one row",
        "kind": kind,
        "key": ["row_id"],
        "event_time": "decided_at",
        "target": {"column": "outcome", "classes": CLASSES[kind], "delay_days": 10},
        "sources": {"rows": {"is_spine": True}},
        "columns": _columns(kind),
        "payoff": _PAYOFFS[kind],
        "criteria": _CRITERIA[kind],
        "limits": {"min_training_rows": 20, "min_holdout_rows": 20},
        "split": _SPLITS[split] if isinstance(split, str) else split,
    }
    return Problem.model_validate(told | changes)


def _columns(kind: Kind) -> dict[str, dict[str, Any]]:
    target: dict[str, Any] = {"type": "number", "unit": "pieces"}
    if kind != "regression":
        target = {"type": "category", "values": CLASSES[kind]}
    why = {"why": "For the test."}
    return {
        "row_id": {"type": "integer", **why},
        "decided_at": {"type": "timestamp", **why},
        "strength": {"type": "number", **why},
        "noise": {"type": "number", "when_invalid": "blank", **why},
        "colour": {"type": "category", "values": ["blue", "green", "red"], **why},
        "is_known": {"type": "boolean", **why},
        "since": {"type": "timestamp", **why},
        "note": {"type": "text", **why},
        "shop": {"type": "category", "is_feature": False, **why},
        "outcome": {"known_at": "outcome", **target, **why},
    }


def small_rows(kind: Kind, n_rows: int, *, seed: int = SEED, first_id: int = 1) -> pd.DataFrame:
    """Repaired rows, one a quarter of a day: ``strength`` and ``colour`` tell the outcome, the rest tells nothing."""
    rng = np.random.default_rng(seed)
    colour = rng.choice(["blue", "green", "red"], n_rows)
    strength = rng.normal(size=n_rows)
    number = np.arange(n_rows) + first_id
    signal = 2 * strength + (colour == "red")
    rows = pd.DataFrame(
        {
            "row_id": number,
            "decided_at": (_DAYS + pd.to_timedelta(number * 6, unit="h")).as_unit("us"),
            "strength": strength,
            "noise": np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(size=n_rows)),
            "colour": pd.Series(np.where(rng.random(n_rows) < 0.1, None, colour), dtype="str"),
            "is_known": pd.Series(rng.choice(["true", "false"], n_rows), dtype="str"),
            "since": (_DAYS - pd.to_timedelta(rng.integers(1, 900, n_rows), unit="D")).as_unit("us"),
            "note": pd.Series(rng.choice(["asked twice", "no answer", None], n_rows), dtype="str"),
            "shop": pd.Series([f"shop {one}" for one in number % 12], dtype="str"),
        }
    )
    return rows.assign(outcome=_outcomes(kind, signal, rng))


def _outcomes(kind: Kind, signal: np.ndarray, rng: np.random.Generator) -> pd.Series:
    noisy = signal + rng.logistic(size=len(signal))
    if kind == "regression":
        return pd.Series(10 + noisy)
    edges = [0.5] if kind == "binary" else [-0.5, 1.5]
    return pd.Series(np.array(CLASSES[kind])[np.searchsorted(edges, noisy)], dtype="str")


def small_pipeline(candidate: CandidateName, problem: Problem) -> Pipeline:
    """A candidate of the closed list; boosting takes a tenth of its rounds, which shows all it can go through."""
    pipeline = build_candidate(candidate, problem, random_state=SEED)
    return pipeline if candidate == "linear" else pipeline.set_params(**{f"{pipeline.steps[-1][0]}__max_iter": 15})


@dataclass(frozen=True)
class Trained:
    """A candidate that competed alone.

    Attributes:
        model: fitted on all rows and corrected.
        scores: its validation before and after every correction.
        correction: the one that was chosen.
    """

    model: Model
    scores: pd.DataFrame
    correction: str


def train(candidate: CandidateName, rows: pd.DataFrame, problem: Problem, *, rounds: int | None = 15) -> Trained:
    """Take a candidate as it starts through validation, correction and fit; boosting takes few rounds."""
    settings = first_settings(candidate, problem)
    if candidate != "linear":
        settings = settings.model_copy(update={"rounds": rounds})
    found = combine_tuned([_tried(settings, rows, problem)], Ground(rows, problem, (), SEED), CombineLimits())
    model = fit_recipe(found.recipe, rows, problem, random_state=SEED)
    own = found.scores[found.scores["candidate"] != COMBINATION]
    return Trained(model, own, choose_scored(found.scores)[1])


def _tried(settings: Settings, rows: pd.DataFrame, problem: Problem) -> Tuned:
    X, y, unseen, losses = feature_frame(rows, problem), target_values(rows, problem), [], []
    for learnt, judged in make_folds(rows, problem, random_state=SEED):
        fitted = fit_settings(settings, rows.iloc[learnt], problem, (), random_state=SEED)
        asked = X.iloc[judged]
        n_classes = len(problem.target.classes)
        unseen.append(all_probabilities(fitted, asked, n_classes) if n_classes else fitted.predict(asked))
        losses.append(row_losses(unseen[-1], y[judged]).mean())
    return Tuned(0, settings, tuple(unseen), np.array(losses))


@cache
def trained(kind: Kind, candidate: CandidateName = "linear", *, split: str = "time") -> Trained:
    """A candidate trained on 240 small rows; nobody may change it."""
    return train(candidate, small_rows(kind, 240), small_case(kind, split=split))
