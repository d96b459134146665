"""Every engine makes the same tables, through the environments that are shipped."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tests.cases import Library
from tests.lifecycle.conftest import real_files
from tests.lifecycle.world import World

# Polars cannot check the order within keys, and says so although the rows are sorted.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Sortedness of columns cannot be checked")]
ENGINES = [
    "polars",
    "duckdb",
    pytest.param("spark", marks=pytest.mark.spark),
]
# The steps that run on an engine; those after them take pandas tables, which are compared here.
LAST = ["data_processing.balance_rows", "data_processing.check_plan"]
PROFILE = "data_processing.profile_decisions"
LAYERS = ("03_primary", "05_model_input")
# What engines may differ by where they add or interpolate fractions, each in its own order; see explanation/engines.md.
TOLERANCE = 1e-9
IN_ORDER = ("training.parquet", "holdout.parquet")


# The cases that are shipped hold no outliers in; here they do, so that fences are compared too.
FENCES: dict[str, dict[str, dict[str, Any]]] = {
    "demo": {
        "balance_eur": {"outlier_fences": 1.5},
        "days_since_last_contact": {"outlier_fences": 1.5, "when_outlier": "blank"},
    },
    "bank_marketing": {"age_years": {"outlier_fences": 1.5}, "euribor_3m_pct": {"outlier_fences": 0.1}},
}


def made_by(folder: Path, engine: Library, **case: Any) -> World:
    """Run the table steps on an engine, in a world of their own."""
    world = World.make(folder, **case)
    problem = world.parameter("problem")
    for name, fences in FENCES.get(world.case, {}).items():
        problem["columns"][name] |= fences
    world.set_parameter("problem", problem)
    # The profile takes Spark as long as all the rest; its own tests hold it there, on a small table.
    last = LAST if engine == "spark" else [*LAST, PROFILE]
    world.run("data_processing", env="test" if engine == "pandas" else f"test,{engine}", to_nodes=last)
    return world


@pytest.fixture(scope="module")
def demo_in_pandas(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tables of the demonstration as pandas makes them."""
    return made_by(tmp_path_factory.mktemp("pandas"), "pandas")


@pytest.fixture(scope="module")
def bank_in_pandas(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tables of the bank as pandas makes them."""
    raw_dir = real_files("bank_marketing")
    return made_by(tmp_path_factory.mktemp("pandas"), "pandas", case="bank_marketing", raw_dir=raw_dir)


def outputs(world: World) -> dict[str, Any]:
    """Every table and document, the tables in one order; Spark writes folders of Parquet files."""
    found: dict[str, Any] = {}
    for layer in LAYERS:
        for path in sorted((world.data / layer / world.case).iterdir()):
            found[path.name] = json.loads(path.read_text()) if path.suffix == ".json" else _read(path)
    return found


def _read(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path)
    return table if path.name in IN_ORDER else table.sort_values(list(table), ignore_index=True)


def assert_same(world: World, expected: World, engine: Library) -> None:
    """Hold every output against that of pandas: values, types, missing cells; the order of what is learnt from too."""
    found, wanted = outputs(world), outputs(expected)
    if engine == "spark":
        wanted.pop("table_profile.parquet", None)
    assert list(found) == list(wanted)
    for name, output in wanted.items():
        if isinstance(output, pd.DataFrame):
            assert_frame_equal(found[name], output, rtol=TOLERANCE, atol=0, obj=name)
        else:
            assert_alike(found[name], output)


def assert_alike(found: Any, expected: Any) -> None:
    """Hold the leaves of a document against each other, numbers within the tolerance."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, value in expected.items():
            assert_alike(found[key], value)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=TOLERANCE)
    else:
        assert found == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_the_demonstration_is_the_same_on_every_engine(engine: Library, demo_in_pandas: World, tmp_path: Path) -> None:
    assert_same(made_by(tmp_path, engine), demo_in_pandas, engine)


def test_what_is_compared_is_all_there_and_not_empty(demo_in_pandas: World) -> None:
    found = outputs(demo_in_pandas)
    names = {"repaired", "quarantine", "repairs", "row_ledger", "training", "holdout", "outlier_repairs"}
    assert {f"{name}.parquet" for name in names} | {"split_card.json", "outlier_limits.json"} <= set(found)
    assert all(len(output) > 0 for output in found.values())


@pytest.mark.real_data
@pytest.mark.parametrize("engine", ENGINES)
def test_the_real_bank_is_the_same_on_every_engine(engine: Library, bank_in_pandas: World, tmp_path: Path) -> None:
    made = made_by(tmp_path, engine, case="bank_marketing", raw_dir=bank_in_pandas.raw_dir)
    assert_same(made, bank_in_pandas, engine)


@pytest.fixture(scope="module", params=["bike", "sms_spam"])
def case_in_pandas(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The tables of a case in one file of text cells as pandas makes them."""
    case = request.param
    return made_by(tmp_path_factory.mktemp("pandas"), "pandas", case=case, raw_dir=real_files(case))


@pytest.mark.real_data
@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_of_text_cells_is_the_same_on_every_engine(
    engine: Library, case_in_pandas: World, tmp_path: Path
) -> None:
    made = made_by(tmp_path, engine, case=case_in_pandas.case, raw_dir=case_in_pandas.raw_dir)
    assert_same(made, case_in_pandas, engine)
