"""The page of what a verdict took: seconds, processor time, memory, and money where it has a price."""

from dataclasses import dataclass

import pandas as pd

from evergreen.problem import Compute, Problem
from evergreen.reporting.cells import heading
from evergreen.reporting.page import render_page
from evergreen.reporting.sections import Fact, Section, Table

_SLOWEST = 15
_SECONDS_PER_HOUR = 3600
_TAKEN = [
    "candidate",
    "trials",
    "wall_seconds",
    "cpu_seconds",
    "fit_wall_seconds",
    "fit_cpu_seconds",
    "peak_memory_mb",
    "model_mb",
    "latency_ms",
    "latency_1000_ms",
]
_WORTH = ["candidate", "metric", "score", "score_low", "score_high", "excluded"]
_TIMES = ["wall_seconds", "load_seconds", "save_seconds"]


@dataclass(frozen=True)
class CostFacts:
    """All that the page tells.

    Attributes:
        problem: the case, for the price of computing.
        as_of: the logical date of the verdict.
        steps: one row a step of the way to the verdict: ``stage``, ``step``, ``wall_seconds`` (of its function),
            ``load_seconds``, ``save_seconds``, ``cpu_seconds``, ``peak_memory_mb``, ``rows_in``, ``bytes_out``.
        candidates: what each candidate and the challenger took: ``candidate``, ``trials``, ``wall_seconds``, ...
    """

    problem: Problem
    as_of: str
    steps: pd.DataFrame
    candidates: pd.DataFrame


def write_cost_page(facts: CostFacts) -> str:
    """Write what the way to a verdict took.

    Args:
        facts: all that it tells.

    Returns:
        One self-contained HTML page.
    """
    title = f"{heading(facts.problem.name)}: costs of the verdict of {facts.as_of}"
    sections = [_stages_section(facts), _candidates_section(facts), _steps_section(facts.steps)]
    return render_page(title, sections, subtitle="What the way from the sources to the verdict took on this machine.")


def tally_stages(steps: pd.DataFrame, compute: Compute | None) -> pd.DataFrame:
    """Add up what each stage took.

    Args:
        steps: as in ``CostFacts``.
        compute: the price of computing; None for none.

    Returns:
        ``stage``, ``n_steps``, ``wall_seconds`` (functions, reading and writing), ``cpu_seconds``, ``peak_memory_mb``
        and, with a price, ``money``; a last row "all" where there is any.
    """
    told = steps.assign(wall_seconds=steps[_TIMES].sum(axis=1))
    rules = {
        "n_steps": ("step", "size"),
        "wall_seconds": ("wall_seconds", "sum"),
        "cpu_seconds": ("cpu_seconds", "sum"),
        "peak_memory_mb": ("peak_memory_mb", "max"),
    }
    parts = [told, told.assign(stage="all")]
    tally = pd.concat([part.groupby("stage", sort=False).agg(**rules) for part in parts]).reset_index()
    if compute is None:
        return tally
    return tally.assign(money=tally["cpu_seconds"] / _SECONDS_PER_HOUR * compute.per_cpu_hour)


def _stages_section(facts: CostFacts) -> Section:
    if facts.steps.empty:
        return Section("Stages", lead="No ledger of runs is kept, so nothing is known of what the stages took.")
    compute = facts.problem.compute
    tally = tally_stages(facts.steps, compute)
    whole = tally.iloc[-1]
    shown = tally if compute is None else tally.rename(columns={"money": f"money ({compute.unit})"})
    money = () if compute is None else (Fact("Money", f"{whole['money']:.4f} {compute.unit}", compute.word),)
    return Section(
        "Stages",
        lead="Each step as it last ran. Seconds are of its function and of reading and writing; start-up is not "
        "counted.",
        facts=(
            Fact("Seconds", f"{whole['wall_seconds']:,.1f}"),
            Fact("Processor seconds", f"{whole['cpu_seconds']:,.1f}"),
            Fact("Highest memory", f"{whole['peak_memory_mb']:,.0f} MB", "of the whole process"),
            *money,
        ),
        tables=(Table("What each stage took", shown),),
        notes=("The last steps, which write pages such as this one, may be missing.",),
    )


def _candidates_section(facts: CostFacts) -> Section:
    return Section(
        "Candidates",
        lead="What each candidate took: its trials together, and one fit on all training rows.",
        tables=(
            Table("What each candidate took", facts.candidates[_TAKEN]),
            Table("What each candidate is worth", _worth(facts.candidates)),
        ),
        notes=(
            "Memory is what the fit took beyond what was held before. Latency is the time from a repaired row to an "
            "action, of one row and of 1,000. What is not defined was not measured.",
            "The score is that on the rows of the folds, which the models had not seen, with its interval.",
        ),
    )


def _worth(candidates: pd.DataFrame) -> pd.DataFrame:
    worth = candidates[_WORTH].assign(metric=[heading(name) for name in candidates["metric"]])
    return worth if (worth["excluded"] != "").any() else worth.drop(columns="excluded")


def _steps_section(steps: pd.DataFrame) -> Section:
    columns = ["step", "stage", *_TIMES, "cpu_seconds", "peak_memory_mb", "rows_in"]
    order = steps[_TIMES].sum(axis=1).sort_values(ascending=False, kind="stable").index
    slowest = steps.loc[order].head(_SLOWEST)
    return Section("Slowest steps", tables=(Table("The steps that took longest", slowest[columns], undefined="-"),))
