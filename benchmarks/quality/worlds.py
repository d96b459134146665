"""The tables of the comparison: each one is a case, prepared by evergreen's own steps and handed to everybody alike."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from evergreen.models.features import columns_of
from evergreen.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
_KEDRO = Path(sys.executable).parent / "kedro"
_SEED = 20240229
# CatBoost is an extra, and slow on two threads.
CANDIDATES = ("linear", "lightgbm", "network", "forest")
_PERIODS = 36
_FABRICATED = ("moving", "returning")


@dataclass(frozen=True)
class World:
    """One table to compare on.

    Attributes:
        name: how the printed table calls it.
        case: the environment it is made from; empty for the demonstration.
        change: what is changed in its business case.
        raw: the folder of its raw files under the folder of data sets; None where they are fabricated.
    """

    name: str
    case: str
    change: Callable[[dict[str, Any]], None] | None = None
    raw: str | None = None


def _at_random(problem: dict[str, Any]) -> None:
    n_folds = problem["split"].get("n_folds", 4)
    problem["split"] = {"by": "random", "holdout_share": 0.25, "new_rows_share": 0.01, "n_folds": n_folds}
    problem["target"]["delay_days"] = 0


def _last_quarter(problem: dict[str, Any]) -> None:
    problem["split"] |= {"holdout_share": 0.25, "new_rows_days": 1}
    problem["target"]["delay_days"] = 0


def _as_it_is(problem: dict[str, Any]) -> None:
    """No other way prices and repairs a bias, so that is not asked for."""
    del problem["fairness"]


WORLDS = {
    world.name: world
    for world in (
        World("adult", "adult", _as_it_is, "adult"),
        World("bank_random", "bank_marketing", _at_random, "bank_marketing"),
        World("bank_in_time", "bank_marketing", _last_quarter, "bank_marketing"),
        World("bike_in_time", "bike", raw="bike"),
        World("dry_bean", "dry_bean", raw="dry_bean"),
        World("sms_spam", "sms_spam", raw="sms_spam"),
        World("demo_in_time", "", raw=None),
        World("moving_in_time", "moving"),
        World("returning_in_time", "returning"),
    )
}


def make_world(world: World, folder: Path, data_sets: Path) -> Path:
    """Copy the project, prepare the table, and write down what the others need to know of it.

    Args:
        world: which one.
        folder: an empty folder.
        data_sets: where the public data sets lie, one folder each.

    Returns:
        The root of the copy, with ``data/05_model_input/<case>/{training,holdout}.parquet`` and ``task.json``.
    """
    root = folder / world.name
    root.mkdir(parents=True)
    for name in ("src", "conf"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("local", "__pycache__"))
    (root / "conf" / "local").mkdir()
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, root / name)
    _let_compete(root, world)
    if world.case in _FABRICATED:
        _fabricate(root, world.case, returns=world.case == "returning")
    if world.change is not None:
        _change_case(root / "conf" / world.case / "parameters_problem.yml", world.change)
    if not world.case:
        (root / "data" / "01_raw" / "demo").mkdir(parents=True)
        kedro(root, "run", "--pipelines", "demo", "--params", "demo.n_contacts_per_month=1500,demo.n_clients=20000")
    params = [f"raw_dir={data_sets / world.raw}"] if world.raw else []
    kedro(
        root,
        "run",
        "--pipelines",
        "data_processing",
        *environment_of(world),
        *(["--params", *params] if params else []),
    )
    _write_task(root, world)
    return root


def _let_compete(root: Path, world: World) -> None:
    """Let every candidate of the core compete, whatever the case names by itself."""
    path = root / "conf" / "base" / "parameters_modelling.yml"
    (root / "conf" / (world.case or "base") / path.name).unlink(missing_ok=True)
    told = {"candidates": list(CANDIDATES), "random_state": _SEED, "budget_trials": 1, "max_latency_ratio": 2.0}
    path.write_text(yaml.safe_dump({"modelling": told}))


def environment_of(world: World) -> list[str]:
    """Say which environment a world lives in.

    Args:
        world: which one.

    Returns:
        Arguments of ``kedro run``.
    """
    return ["--env", world.case] if world.case else []


def problem_of(root: Path, world: World) -> Problem:
    """Read the business case of a world.

    Args:
        root: the root of its copy.
        world: which one.

    Returns:
        The case.
    """
    text = (root / "conf" / (world.case or "base") / "parameters_problem.yml").read_text()
    return Problem.model_validate(yaml.safe_load(text)["problem"])


def tables_of(root: Path, problem: Problem) -> dict[str, pd.DataFrame]:
    """Read what is learnt from and what is judged on.

    Args:
        root: the root of the copy.
        problem: the case.

    Returns:
        ``training`` and ``holdout``.
    """
    folder = root / "data" / "05_model_input" / problem.name
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("training", "holdout")}


def _write_task(root: Path, world: World) -> None:
    """Write features and target for ways that know nothing of cases."""
    problem = problem_of(root, world)
    target, features = problem.target.column, list(problem.feature_columns)
    for name, rows in tables_of(root, problem).items():
        rows[[*features, target]].to_parquet(root / f"{name}.parquet")
    time = None if problem.event_time is None or problem.split.by != "time" else problem.event_time
    if time is not None:
        training = tables_of(root, problem)["training"]
        assert training[time].is_monotonic_increasing
    task = {
        "kind": problem.kind,
        "target": target,
        "classes": list(problem.target.classes),
        "categories": columns_of(problem, "category", "boolean"),
        "texts": columns_of(problem, "text"),
        "is_in_time": time is not None,
    }
    (root / "task.json").write_text(json.dumps(task))


def _change_case(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = yaml.safe_load(path.read_text())
    change(content["problem"])
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _fabricate(root: Path, name: str, *, returns: bool) -> None:
    """A table whose strongest columns follow the calendar.

    A level that climbs never comes back to where it was, and each period has a season of its own: what the columns told
    in the past is not true later. A level that returns has seasons that return with it: folds of the past, which had
    not seen it there yet, speak against columns that are worth keeping by now.
    """
    draw = np.random.default_rng(_SEED)
    n_rows = 24_000
    period = np.sort(draw.integers(0, _PERIODS, n_rows))
    steady = draw.normal(size=(n_rows, 4))
    steps = draw.normal(0.0, 0.5, _PERIODS)
    level = np.cumsum(steps if returns else np.abs(steps))
    index = level[period] + draw.normal(0, 0.05, n_rows)
    season = np.sin(2 * np.pi * level)[period]
    logit = -1.2 + steady @ np.array([0.8, -0.6, 0.4, 0.0]) + 1.5 * season + 0.4 * steady[:, 0] * steady[:, 1]
    day = pd.Timestamp("2019-01-01") + pd.to_timedelta(period * 30 + draw.integers(0, 30, n_rows), unit="D")
    rows = pd.DataFrame(steady, columns=["income", "debt", "tenure", "noise"]).assign(
        row_id=np.arange(n_rows),
        seen_on=day,
        index_level=index,
        index_lagged=level[np.maximum(period - 1, 0)] + draw.normal(0, 0.05, n_rows),
        bought=np.where(draw.random(n_rows) < 1 / (1 + np.exp(-logit)), "yes", "no"),
    )
    raw = root / "data" / "01_raw" / name
    raw.mkdir(parents=True)
    rows.to_csv(raw / "rows.csv", index=False)
    kedro(root, "case", "new", name, "--from", str(raw / "rows.csv"), "--target", "bought")


def kedro(root: Path, *arguments: str) -> None:
    """Call kedro in a copy of the project.

    Args:
        root: the root of the copy.
        arguments: of the command.

    Raises:
        SystemExit: where it fails, with what it said.
    """
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [str(_KEDRO), *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"kedro {' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
