"""Policies of retraining on streams whose truth is known: what the default of the rehearsal was chosen by.

    python -m benchmarks.rehearsal --repeats 3

Four worlds of 40 batches, the first 8 to begin with, outcomes 2 batches late. What makes a client buy stays as it is
("quiet"), turns round bit by bit ("gradual"), turns at once at batch 20 ("sudden"), or goes to and fro every 10 batches
("recurring"). Printed is what each policy earns a decision beyond never retraining, and how many models it fits.
"""

import argparse
import time

import benchmarks  # noqa: F401 - finds the project

# isort: split
import numpy as np
import pandas as pd

from evergreen.problem import Problem
from evergreen.replaying.policies import Policy
from evergreen.replaying.replay import best_schedule, replay
from evergreen.replaying.stream import make_stream
from evergreen.replaying.workshop import Workshop, quick_recipe

_WORLDS = ("quiet", "gradual", "sudden", "recurring")
_N_BATCHES, _N_FIRST, _N_FEATURES = 40, 8, 5
_PERIOD = 10
_TURN_AT = 20
_WHY = {"why": "For the benchmark."}


def main() -> None:
    """Print one line a policy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", type=int, default=300, help="of one batch")
    told = parser.parse_args()
    print(f"{'policy':28}" + "".join(f"{world:>12}{'fits':>6}" for world in (*_WORLDS, "all")), flush=True)
    found = [_earned(world, seed, told.rows) for world in _WORLDS for seed in range(told.repeats)]
    for name in found[0]:
        cells = np.array([one[name] for one in found]).reshape(len(_WORLDS), told.repeats, 2).mean(axis=1)
        line = [*cells, cells.mean(axis=0)]
        print(f"{name:28}" + "".join(f"{gain:12.4f}{fits:6.1f}" for gain, fits in line), flush=True)


def _earned(world: str, seed: int, n_batch: int) -> dict[str, tuple[float, int]]:
    problem, rows = _case(), _rows(world, seed, n_batch)
    stream = make_stream(rows, problem, n_batches=_N_BATCHES, n_first=_N_FIRST, batches_late=2)
    recipe = quick_recipe("linear", problem, _N_FIRST * n_batch)
    workshop = Workshop(stream, problem, recipe, read_cpu=time.process_time, random_state=seed)
    ways = {name: replay(policy, workshop) for name, policy in _policies().items()}
    ways["hindsight"] = best_schedule(workshop)
    n_served, idle = n_batch * (_N_BATCHES - _N_FIRST), ways["never"].totals.sum()
    return {name: (float(one.totals.sum() - idle) / n_served, one.n_fits) for name, one in ways.items()}


def _policies() -> dict[str, Policy]:
    every = {f"every {n}": Policy(kind="every", every=n) for n in (1, 2, 4)}
    gated = {f"gated {n}": Policy(kind="gated", every=n) for n in (1, 2)}
    guarded = {
        f"guarded {n}, newest {newest}, {trials}": Policy(kind="guarded", every=n, newest=newest, trials=trials)
        for n in (1, 2, 4)
        for newest in (4, 8, 16)
        for trials in ((1,), (1, 5), (1, 5, 9))
    }
    plain = {f"guarded {n}, all the past": Policy(kind="guarded", every=n, trials=()) for n in (1, 2, 4)}
    return {"never": Policy(kind="never"), **every, "alarm": Policy(kind="alarm"), **gated, **plain, **guarded}


def _rows(world: str, seed: int, n_batch: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n_rows = _N_BATCHES * n_batch
    X = rng.normal(size=(n_rows, _N_FEATURES))
    batch = np.arange(n_rows) / n_batch
    angle = {
        "quiet": np.zeros(n_rows),
        "gradual": np.pi * np.clip((batch - _N_FIRST) / (_N_BATCHES - _N_FIRST), 0, 1),
        "sudden": np.pi / 2 * (batch >= _TURN_AT),
        "recurring": np.pi / 2 * ((batch // _PERIOD) % 2),
    }[world]
    score = 1.5 * (np.cos(angle) * X[:, 0] + np.sin(angle) * X[:, 1]) + 0.5 * X[:, 2] - 1
    is_bought = rng.random(n_rows) < 1 / (1 + np.exp(-score))
    columns = {f"x{i}": X[:, i] for i in range(_N_FEATURES)}
    times = (pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(n_rows), unit="h")).as_unit("us")
    bought = pd.Series(np.where(is_bought, "yes", "no"), dtype="str")
    return pd.DataFrame({"row_id": np.arange(n_rows), "decided_at": times, **columns, "bought": bought})


def _case() -> Problem:
    features = {f"x{i}": {"type": "number", **_WHY} for i in range(_N_FEATURES)}
    return Problem.model_validate(
        {
            "name": "stream",
            "goal": "Sell.",
            "decision": "Call or skip.",
            "entity": "one client",
            "kind": "binary",
            "key": ["row_id"],
            "event_time": "decided_at",
            "target": {"column": "bought", "classes": ["no", "yes"]},
            "sources": {"rows": {"is_spine": True}},
            "columns": {
                "row_id": {"type": "integer", **_WHY},
                "decided_at": {"type": "timestamp", **_WHY},
                **features,
                "bought": {"type": "category", "values": ["no", "yes"], "known_at": "outcome", **_WHY},
            },
            "payoff": {"unit": "EUR", "actions": {"call": {"no": -2, "yes": 4}, "skip": {"no": 0, "yes": 0}}},
            "criteria": [{"metric": "payoff_per_decision", "versus": "no_model", "at_least": 0}],
            "split": {"by": "time", "new_rows_days": 7},
        }
    )


if __name__ == "__main__":
    main()
