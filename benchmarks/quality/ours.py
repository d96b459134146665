"""The same seconds spent by evergreen's modelling, run by Kedro as a user runs it."""

import json
import sqlite3
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from benchmarks.quality.worlds import World, environment_of, kedro, problem_of, tables_of
from evergreen.models.decide import predict_rows
from evergreen.models.scores import score_columns
from evergreen.problem import Problem
from evergreen.releases import model_from_bytes

_N_TIMES = 30


def spend(root: Path, world: World, seconds: float) -> dict[str, float]:
    """Search, predict the holdout, and say what it cost.

    Args:
        root: the root of the world's copy of the project.
        world: which one.
        seconds: what the search may take.

    Returns:
        ``wall_seconds`` of modelling's steps by the ledger, ``latency_ms`` of one row; predictions are written to
        ``predictions_evergreen.npy``.
    """
    params = f"modelling.budget_seconds={seconds:g}"
    kedro(root, "run", "--pipelines", "modelling", *environment_of(world), "--params", params)
    problem = problem_of(root, world)
    model = model_from_bytes((root / "data" / "06_models" / problem.name / "challenger.skops").read_bytes())
    holdout = tables_of(root, problem)["holdout"]
    np.save(root / "predictions_evergreen.npy", _as_others_do(predict_rows(model, holdout, problem), problem))
    times = []
    for _ in range(_N_TIMES):
        begun = time.perf_counter()
        predict_rows(model, holdout.head(1), problem)
        times.append(time.perf_counter() - begun)
    return {"wall_seconds": _wall_seconds(root), "latency_ms": median(times) * 1000}


def _as_others_do(predictions: pd.DataFrame, problem: Problem) -> np.ndarray:
    scores = predictions[list(score_columns(problem))].to_numpy()
    if problem.kind == "binary":
        return np.column_stack([1 - scores[:, 0], scores[:, 0]])
    return scores if problem.kind == "multiclass" else scores[:, 0]


def _wall_seconds(root: Path) -> float:
    with sqlite3.connect(root / "data" / "ledger.db") as ledger:
        last = "SELECT run_id FROM runs ORDER BY started_at DESC LIMIT 1"
        (found,) = ledger.execute(f"SELECT SUM(wall_seconds) FROM steps WHERE run_id = ({last})").fetchone()  # noqa: S608
    return float(found)


def recipe_of(root: Path, problem: Problem) -> str:
    """Say what was chosen.

    Args:
        root: the root of the copy.
        problem: the case.

    Returns:
        The candidates of the recipe with their weights.
    """
    recipe = json.loads((root / "data" / "06_models" / problem.name / "recipe.json").read_text())
    members = [f"{m['weight']:.2f} {m['settings']['candidate']}" for m in recipe["members"]]
    left = f", without {len(recipe['left_out'])} columns" if recipe["left_out"] else ""
    return " + ".join(members) + left
