"""What an answer to raw rows takes: by tables, as batches go, and compiled.

    python -m benchmarks.answering CASE DATA_FOLDER ...

reads the case of ``conf/`` and its training rows in a data folder that ``kedro run --pipelines data_processing`` has
filled, fits every candidate as it starts and the mean of a linear model and boosting, and refuses to compare answers
that differ. Processor milliseconds a row are taken on one thread: on a busy machine the clock tells more of others.
"""

import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import yaml
from threadpoolctl import threadpool_limits

from evergreen.answering import CompiledAnswerer, CompiledExplainer, PlainAnswerer, compile_answerer
from evergreen.models.candidates import CANDIDATES, Settings, first_settings
from evergreen.models.decide import Model
from evergreen.models.explain_row import choose_background, explain_row
from evergreen.models.fit_recipe import assemble_model, fit_settings
from evergreen.models.recipe import Member, Recipe
from evergreen.problem import Problem
from evergreen.tables.outliers import OutlierLimits

_ROOT = Path(__file__).resolve().parents[1]
_N_ROWS = 4_000
_ROUNDS = 150
_MANY = (1, 16, 100)
_N_REPEATS = 40


def main(arguments: Sequence[str]) -> None:
    """Print one line a model.

    Args:
        arguments: cases, each followed by its data folder.
    """
    asked = "".join(f"{f'{many} rows':>10}" for many in _MANY)
    print(f"{'case':16}{'model':12}{'compile s':>10}{'tables 1':>10}{asked}{'ratio':>8}{'explain':>9}{'compiled':>10}")
    for case, folder in list(pairwise(arguments))[::2]:
        told = yaml.safe_load((_ROOT / "conf" / case / "parameters_problem.yml").read_text(encoding="utf-8"))
        _measure(Problem.model_validate(told["problem"]), Path(folder) / "05_model_input" / case, case)


def _measure(problem: Problem, data: Path, case: str) -> None:
    every = pd.read_parquet(data / "training.parquet")
    limits = OutlierLimits.model_validate_json((data / "outlier_limits.json").read_bytes())
    rows = every.iloc[:: max(1, len(every) // _N_ROWS)].reset_index(drop=True)
    made = {name: [_started(name, problem)] for name in CANDIDATES}
    made["mean of two"] = [*made["linear"], *made["boosted"]]
    with threadpool_limits(1):
        for name, settings in made.items():
            print(f"{case:16}{name:12}{_line(_model(settings, rows, problem), problem, limits, rows)}", flush=True)


def _line(model: Model, problem: Problem, limits: OutlierLimits, rows: pd.DataFrame) -> str:
    raw = [_raw(row, problem) for row in rows.tail(400).to_dict("records")]
    start = time.process_time()
    answerer = compile_answerer(model, problem, limits, raw[:50])
    proof = time.process_time() - start
    if not isinstance(answerer, CompiledAnswerer):
        return f"{proof:10.1f}  {answerer.note}"
    slow = _ms(PlainAnswerer(model, problem, limits).answer, raw, 1, repeats=3)
    fast = [_ms(answerer.answer, raw, many) for many in _MANY]
    background = choose_background(model, rows.head(500), problem)
    explainer = CompiledExplainer(answerer, background)
    plain = _ms(lambda asked: explain_row(model, asked[0], background, problem), [rows.tail(1)], 1, repeats=5)
    compiled = _ms(lambda asked: explainer.explain(asked[0]), raw, 1)
    told = "".join(f"{one:10.3f}" for one in fast)
    return f"{proof:10.1f}{slow:10.1f}{told}{slow / fast[0]:8.0f}{plain:9.1f}{compiled:10.2f}"


def _started(name: Any, problem: Problem) -> Settings:
    settings = first_settings(name, problem)
    return settings.model_copy(update={"rounds": _ROUNDS}) if CANDIDATES[settings.candidate].watch else settings


def _model(made: Sequence[Settings], rows: pd.DataFrame, problem: Problem) -> Model:
    members = tuple(Member(settings=one, weight=1 / len(made)) for one in made)
    fitted = [fit_settings(one, rows, problem, (), random_state=1) for one in made]
    return assemble_model(Recipe(members=members), fitted, problem, training_id="")


def _raw(row: dict[Any, Any], problem: Problem) -> dict[str, Any]:
    known = [name for name in problem.columns if name not in problem.outcome_columns]
    return {name: None if pd.isna(row[name]) else _json(row[name]) for name in known}


def _json(cell: Any) -> Any:
    return str(cell) if isinstance(cell, pd.Timestamp) else cell


def _ms(work: Callable[[Any], object], rows: Sequence[Any], many: int, *, repeats: int = _N_REPEATS) -> float:
    """Processor milliseconds a row, the median of some calls with new rows each time."""
    places, taken = cycle(range(0, len(rows) - many + 1, many)), []
    work(rows[:many])
    for _ in range(repeats):
        asked = rows[(place := next(places)) : place + many]
        start = time.process_time()
        work(asked)
        taken.append(time.process_time() - start)
    return 1_000 * median(taken) / many


if __name__ == "__main__":
    main(sys.argv[1:])
