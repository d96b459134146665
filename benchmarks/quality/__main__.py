"""Compare ways to spend the same seconds: ``python -m benchmarks.quality --data ../shared/data --seconds 60``.

``--others`` names a Python that has what ``benchmarks/requirements-quality.txt`` lists; FLAML and AutoGluon are
left out without it. Everybody gets the same rows of the same split, two threads, and runs alone.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

from benchmarks.quality.ours import recipe_of, spend
from benchmarks.quality.worlds import WORLDS, World, make_world, problem_of, tables_of
from evergreen.models.target import target_values
from evergreen.problem import Problem

_PLAIN, _SEARCHES = ("hgb", "linear"), ("flaml", "autogluon")
_SCRIPT = Path(__file__).with_name("others.py")
Figures = dict[str, float | str]


def main(arguments: list[str] | None = None) -> None:
    """Run everything and print a line as soon as it is known.

    Args:
        arguments: of the command line.
    """
    asked = _parse(arguments)
    ways = (*_PLAIN, *(_SEARCHES if asked.others else ()), "evergreen")
    ways = tuple(way for way in ways if not asked.ways or way in asked.ways)
    print(f"{asked.seconds:g} s of search, 2 threads\n")
    print("| table | way | ROC-AUC | log-loss or RMSE | wall s | ms for one row | chosen |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |", flush=True)
    for name in asked.worlds:
        with TemporaryDirectory(dir=asked.folder) as folder:
            root = make_world(WORLDS[name], Path(folder), asked.data.resolve())
            for way in ways:
                print(_line(name, way, _figures(way, root, WORLDS[name], asked)), flush=True)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the public data sets")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--others", type=Path, default=None, help="a Python that has FLAML and AutoGluon")
    parser.add_argument("--worlds", nargs="+", choices=tuple(WORLDS), default=list(WORLDS))
    parser.add_argument("--ways", nargs="+", choices=(*_PLAIN, *_SEARCHES, "evergreen"), default=None)
    parser.add_argument("--folder", type=Path, default=None, help="where copies of the project lie meanwhile")
    return parser.parse_args(arguments)


def _figures(way: str, root: Path, world: World, asked: argparse.Namespace) -> Figures:
    problem = problem_of(root, world)
    chosen = ""
    if way == "evergreen":
        costs = spend(root, world, asked.seconds)
        chosen = recipe_of(root, problem)
    else:
        python = str(asked.others) if way in _SEARCHES else sys.executable
        costs = _ask(python, way, root, asked.seconds)
    truth = target_values(tables_of(root, problem)["holdout"], problem)
    scores = _scores(problem, truth, np.load(root / f"predictions_{way}.npy"))
    return {**scores, **costs, "chosen": chosen}


def _ask(python: str, way: str, root: Path, seconds: float) -> dict[str, float]:
    command = [python, str(_SCRIPT), way, str(root), str(seconds)]
    threads = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command, env={**os.environ, **threads}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{way} failed:\n{done.stderr[-3000:]}")
    costs: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return costs


def _scores(problem: Problem, truth: np.ndarray, predicted: np.ndarray) -> Figures:
    if problem.kind == "regression":
        return {"loss": float(root_mean_squared_error(truth, predicted))}
    labels = list(range(len(problem.target.classes)))
    loss = float(log_loss(truth, predicted, labels=labels))
    ranked = predicted[:, 1] if problem.kind == "binary" else predicted
    more = {} if problem.kind == "binary" else {"multi_class": "ovr", "average": "macro"}
    return {"roc_auc": float(roc_auc_score(truth, ranked, **more)), "loss": loss}


def _line(name: str, way: str, found: Figures) -> str:
    area = f"{found['roc_auc']:.4f}" if "roc_auc" in found else ""
    cells = (name, way, area, f"{found['loss']:.4f}", f"{found['wall_seconds']:.1f}", f"{found['latency_ms']:.1f}")
    return f"| {' | '.join(cells)} | {found['chosen']} |"


if __name__ == "__main__":
    main()
