"""The fire drills of a small release: what is written down, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from evergreen.errors import DataError
from evergreen.pipelines.drills.nodes import draw_drilled, drill_monitors, tell_drills
from evergreen.pipelines.drills.params import DrillsParams
from evergreen.problem import AsOf
from evergreen.releases import NoChampion
from tests.models.small import small_rows
from tests.pipelines.evaluation.line import champion

CONF = Path(__file__).resolve().parents[3] / "conf" / "base"
AS_OF = AsOf.model_validate("2020-12-31")
TOLD: dict[str, Any] = yaml.safe_load((CONF / "parameters_drills.yml").read_text())["drills"] | {
    "window": "month",
    "max_columns": 1,
    "shifts": [1.0],
    "n_worlds": 3,
    "n_before": 2,
    "n_after": 4,
    "n_quiet": 6,
    "random_state": 1,
}
PARAMS = DrillsParams.model_validate(TOLD)


@pytest.fixture(scope="module")
def drilled() -> tuple[dict[str, Any], pd.DataFrame]:
    return drill_monitors(PARAMS, AS_OF, champion("binary"), small_rows("binary", 1000, seed=5))


def test_the_document_is_plain_json_and_agrees_with_the_table(drilled: Any) -> None:
    told, runs = drilled
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert (told["case"], told["window"], told["n_after"]) == ("small", "month", 4)
    assert told["release_id"] == champion("binary").release_id
    seen = runs.groupby(["drill", "monitor"])[["n_seen", "n_runs"]].sum()
    for drill, one in told["drills"].items():
        for monitor, found in one["monitors"].items():
            n_seen, n_runs = seen.loc[(drill, monitor)]
            assert found["seen"]["value"] == pytest.approx(n_seen / n_runs)


def test_what_is_seen_and_what_is_not_is_told(drilled: Any) -> None:
    told = drilled[0]["drills"]
    assert told["every row comes twice"]["monitors"]["volume"]["seen"]["value"] == 1
    late = told["outcomes do not come"]["monitors"]
    assert late["outcomes"]["seen"]["value"] == late["money"]["seen"]["value"] == 0
    assert not told["column lost"]["is_blind"]


def test_the_same_rows_in_another_order_give_the_same_drills(drilled: Any) -> None:
    rows = small_rows("binary", 1000, seed=5).sample(frac=1, random_state=2)
    assert drill_monitors(PARAMS, AS_OF, champion("binary"), rows)[0] == drilled[0]


def test_figure_and_page_show_every_drill(drilled: Any) -> None:
    told, runs = drilled
    figure = draw_drilled(told)
    assert len(figure.data[0].y) == len(told["drills"])
    page = tell_drills(told, runs, figure)
    assert all(drill in page for drill in told["drills"])
    assert all(word in page for word in ("Seen", "False alarms", "Column by column"))
    assert len(page.encode()) < 3_000_000


def test_without_a_live_release_nothing_is_drilled() -> None:
    with pytest.raises(DataError, match="find no live release"):
        drill_monitors(PARAMS, AS_OF, NoChampion(), small_rows("binary", 10))


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"missing": 0}, "greater than 0"), ({"n_world": 3}, "Did you mean 'n_worlds'"), ({"shifts": [-1]}, "greater")],
)
def test_parameters_that_cannot_be_are_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        DrillsParams.model_validate(TOLD | changes)


def test_the_budget_is_that_of_monitoring() -> None:
    monitoring = yaml.safe_load((CONF / "parameters_monitoring.yml").read_text())["monitoring"]
    assert monitoring["budget"] == TOLD["budget"]
