import pandas as pd
import pytest

from evergreen.problem import Compute, Problem
from evergreen.reporting import CostFacts, write_cost_page
from evergreen.reporting.cost_page import tally_stages
from tests.reporting import demo
from tests.reporting.outline import read_outline


def steps() -> pd.DataFrame:
    rows = [
        ("data_processing", "gather", 1.0, 0.5, 0.5, 1.5, 300.0, 10, 10, 100),
        ("data_processing", "repair", 2.0, 0.0, 0.0, 2.5, 310.0, 10, 9, None),
        ("modelling", "fit", 30.0, 1.0, 1.0, 56.0, 450.0, 9, None, 4_000),
    ]
    columns = ["stage", "step", "wall_seconds", "load_seconds", "save_seconds", "cpu_seconds", "peak_memory_mb"]
    return pd.DataFrame(rows, columns=[*columns, "rows_in", "rows_out", "bytes_out"])


def candidate_costs() -> pd.DataFrame:
    row = {
        "candidate": "linear", "trial": 2, "trials": 3, "wall_seconds": 0.9, "cpu_seconds": 0.8,
        "fit_wall_seconds": 0.2, "fit_cpu_seconds": 0.2, "peak_memory_mb": 20.0, "model_mb": 0.5,
        "latency_ms": 14.5, "latency_1000_ms": 24.5,
        "metric": "log_loss", "score": 0.31, "score_low": 0.3, "score_high": 0.33, "excluded": "",
    }  # fmt: skip
    return pd.DataFrame([row])


def priced() -> Problem:
    return demo.bank_problem().model_copy(update={"compute": Compute(unit="EUR", per_cpu_hour=36.0)})


def cost_facts(**changes: object) -> CostFacts:
    told = {"problem": priced(), "as_of": "2010-06-30", "steps": steps(), "candidates": candidate_costs()}
    return CostFacts(**{**told, **changes})  # type: ignore[arg-type]


def test_stages_add_up_with_reading_and_writing() -> None:
    found = tally_stages(steps(), None)
    assert list(found["stage"]) == ["data_processing", "modelling", "all"]
    assert list(found["n_steps"]) == [2, 1, 3]
    assert list(found["wall_seconds"]) == [4.0, 32.0, 36.0]
    assert list(found["cpu_seconds"]) == [4.0, 56.0, 60.0]
    assert list(found["peak_memory_mb"]) == [310.0, 450.0, 450.0]
    assert "money" not in found


def test_a_price_turns_processor_seconds_into_money() -> None:
    found = tally_stages(steps(), Compute(unit="EUR", per_cpu_hour=36.0))
    assert list(found["money"]) == pytest.approx([0.04, 0.56, 0.6])


def test_the_page_tells_stages_candidates_and_the_slowest_step_first() -> None:
    page = read_outline(write_cost_page(cost_facts()))
    assert page.texts("h1") == ["Bank marketing: costs of the verdict of 2010-06-30"]
    assert page.texts("h2") == ["Stages", "Candidates", "Slowest steps"]
    assert {"36.0", "60.0", "450 MB", "0.6000 EUR", "36 EUR an hour of one processor"} <= set(page.texts("dd"))
    rows = page.texts("tr")
    assert "all 3 36 60 450 0.600" in rows
    assert "linear 3 0.900 0.800 0.200 0.200 20 0.500 14.50 24.50" in rows
    assert [row.split()[0] for row in rows[-3:]] == ["fit", "gather", "repair"]
    assert not page.all("script")


def test_without_a_price_nothing_is_said_of_money() -> None:
    assert "EUR" not in write_cost_page(cost_facts(problem=demo.bank_problem()))


def test_without_a_ledger_the_page_says_so() -> None:
    page = read_outline(write_cost_page(cost_facts(steps=steps().head(0))))
    assert "No ledger of runs is kept, so nothing is known of what the stages took." in page.texts("p")
