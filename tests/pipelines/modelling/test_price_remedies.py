import pandas as pd

from evergreen.models.fair_remedies import COLUMNS, tabulate_remedies
from evergreen.models.recipe import Recipe
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.pipelines.modelling.remedies import price_remedies
from evergreen.tables.schemas import Remedies
from tests.models.fair import fair_case, fair_rows
from tests.models.small import SEED, small_case, small_rows
from tests.models.test_fair_remedies import RECIPE

PARAMS = ModellingParams.model_validate({"random_state": SEED, "candidates": ["linear"], "budget_trials": 1})


def test_the_node_prices_the_recipe_of_the_challenger() -> None:
    rows, told = fair_rows(300), RECIPE.model_dump(mode="json")
    found = price_remedies(fair_case(), PARAMS, rows, told)
    pd.testing.assert_frame_equal(
        found, tabulate_remedies(Recipe.model_validate(told), rows, fair_case(), random_state=SEED)
    )
    assert found["remedy"].tolist() == ["none", "thresholds"]


def test_the_table_survives_parquet_also_without_rows(tmp_path) -> None:
    tables = [
        price_remedies(fair_case(), PARAMS, fair_rows(300), RECIPE.model_dump(mode="json")),
        price_remedies(small_case("regression"), PARAMS, small_rows("regression", 50), RECIPE.model_dump(mode="json")),
    ]
    for table in tables:
        table.to_parquet(tmp_path / "remedies.parquet")
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "remedies.parquet"), table)
        Remedies.validate(table)
    assert list(tables[1]) == list(COLUMNS)
    assert tables[1].empty
