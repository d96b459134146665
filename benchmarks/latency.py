"""How well the latency of one row is told from settings: measured against estimated, each as times one boosting.

    python -m benchmarks.latency CASE DATA_FOLDER ...

reads the case of ``conf/`` and its training rows in a data folder that ``kedro run --pipelines data_processing`` has
filled; where there is a recipe, it is measured too. Processor seconds are taken: on a busy machine the clock tells more
of others.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import pandas as pd
import yaml

from evergreen.models.candidates import CANDIDATES, Settings, first_settings
from evergreen.models.decide import Model, predict_rows
from evergreen.models.fit_recipe import assemble_model, fit_settings
from evergreen.models.recipe import Member, Recipe
from evergreen.models.threads import threads_for
from evergreen.problem import Problem
from evergreen.tuning.latency import latency_ratio

_ROOT = Path(__file__).resolve().parents[1]
_N_REPEATS = 31
_N_ROWS = 4_000
_ROUNDS = 150


def main(arguments: Sequence[str]) -> None:
    """Print one line a candidate and recipe.

    Args:
        arguments: cases, each followed by its data folder.
    """
    print(f"{'case':16}{'what':12}{'ms':>8}{'measured':>10}{'estimated':>10}{'off by':>8}")
    for case, folder in list(pairwise(arguments))[::2]:
        told = yaml.safe_load((_ROOT / "conf" / case / "parameters_problem.yml").read_text(encoding="utf-8"))
        _measure(Problem.model_validate(told["problem"]), Path(folder), case)


def _measure(problem: Problem, data: Path, case: str) -> None:
    every = pd.read_parquet(data / "05_model_input" / case / "training.parquet")
    rows = every.iloc[:: max(1, len(every) // _N_ROWS)].reset_index(drop=True)
    made: dict[str, list[Settings]] = {name: [_started(name, problem)] for name in ("boosted", *sorted(CANDIDATES))}
    recipe = data / "06_models" / case / "recipe.json"
    if recipe.exists():
        members = json.loads(recipe.read_text(encoding="utf-8"))["members"]
        made["recipe"] = [Settings.model_validate(one["settings"]) for one in members]
    unit = 0.0
    for name, settings in made.items():
        taken = _latency(_model(settings, rows, problem), rows, problem)
        unit = unit or taken
        measured, estimated = taken / unit, latency_ratio(settings, problem) / latency_ratio(made["boosted"], problem)
        off = f"{100 * (estimated / measured - 1):+.0f} %"
        print(f"{case:16}{name:12}{taken:8.2f}{measured:10.2f}{estimated:10.2f}{off:>8}", flush=True)


def _started(name: str, problem: Problem) -> Settings:
    settings = first_settings(next(one for one in CANDIDATES if one == name), problem)
    return settings.model_copy(update={"rounds": _ROUNDS}) if CANDIDATES[settings.candidate].watch else settings


def _model(made: Sequence[Settings], rows: pd.DataFrame, problem: Problem) -> Model:
    members = tuple(Member(settings=one, weight=1 / len(made)) for one in made)
    left_out = tuple(problem.feature_columns)[: max(one.n_dropped for one in made)]
    fitted = [fit_settings(one, rows, problem, left_out, random_state=1) for one in made]
    return assemble_model(Recipe(members=members, left_out=left_out), fitted, problem, training_id="")


def _latency(model: Model, rows: pd.DataFrame, problem: Problem) -> float:
    one = rows.head(1)
    with threads_for(1):
        return _median_ms(lambda: predict_rows(model, one, problem))


def _median_ms(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(_N_REPEATS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return 1_000 * median(taken)


if __name__ == "__main__":
    main(sys.argv[1:])
