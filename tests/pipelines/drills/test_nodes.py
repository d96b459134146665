"""The fire drills of a small release: what is written down, and what is refused."""

import json
from typing import Any

import pandas as pd
import pytest

from evergreen.models.decide import Model
from evergreen.pipelines.drills.nodes import draw_drilled, drill_monitors, tell_drills
from evergreen.problem import AsOf, Problem
from evergreen.releases import Champion, NoChampion
from evergreen.tables.outliers import NO_LIMITS
from tests.models.small import small_case, small_rows, trained
from tests.pipelines.evaluation.line import champion
from tests.watching.drilling import drills, monitoring

AS_OF = AsOf.model_validate("2020-12-31")
LIMITS = NO_LIMITS.model_dump(mode="json")
ROWS = small_rows("binary", 1000, seed=5)
Drilled = tuple[dict[str, Any], pd.DataFrame]


def drill(live: Champion, *, case: Problem | None = None, rows: pd.DataFrame = ROWS, **changes: Any) -> Drilled:
    problem = case or small_case("binary")
    model: Model = trained(problem.kind).model
    return drill_monitors(problem, drills(**changes), monitoring(), AS_OF, live, model, LIMITS, rows)


@pytest.fixture(scope="module")
def drilled() -> Drilled:
    return drill(champion("binary"))


def test_the_document_is_plain_json_and_agrees_with_the_table(drilled: Any) -> None:
    told, runs = drilled
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert (told["case"], told["window"], told["n_after"]) == ("small", "month", 4)
    assert (told["of"], told["release_id"]) == ("champion", champion("binary").release_id)
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
    assert drill(champion("binary"), rows=ROWS.sample(frac=1, random_state=2))[0] == drilled[0]


def test_figure_and_page_show_every_drill(drilled: Any) -> None:
    told, runs = drilled
    figure = draw_drilled(told)
    assert len(figure.data[0].y) == len(told["drills"])
    page = tell_drills(told, runs, figure)
    assert all(drill in page for drill in told["drills"])
    assert all(word in page for word in ("Seen", "False alarms", "Column by column"))
    assert len(page.encode()) < 3_000_000


def test_without_a_live_release_the_challenger_is_drilled_and_the_page_says_so(drilled: Any) -> None:
    told, runs = drill(NoChampion())
    assert (told["of"], told["release_id"]) == ("challenger", None)
    # The live release is the same model here, so it is the same drill.
    assert told["drills"] == drilled[0]["drills"]
    assert "by the challenger, which is not live" in tell_drills(told, runs, draw_drilled(told))
    assert f"by the live release {champion('binary').release_id}" in tell_drills(*drilled, draw_drilled(drilled[0]))


def test_the_challenger_is_drilled_where_that_is_asked_for() -> None:
    assert drill(champion("binary"), of="challenger", n_worlds=1)[0]["of"] == "challenger"


def test_what_cannot_be_drilled_is_said() -> None:
    case = small_case("binary", split="random", payoff=None, criteria=[{"metric": "accuracy", "at_least": 0.1}])
    told, runs = drill(NoChampion(), case=case, rows=ROWS.assign(strength=1.0, noise=1.0), n_worlds=1)
    said = " ".join(told["not_drilled"])
    assert told["window"] == "batch"
    for word in ("A changed unit is not drilled", "A shift is not drilled", "number of rows", "Money is not watched"):
        assert word in said
    assert "A renamed word" not in said
    assert "What drills cannot tell here" in tell_drills(told, runs, draw_drilled(told))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"missing": 0}, "greater than 0"),
        ({"n_world": 3}, "Did you mean 'n_worlds'"),
        ({"shifts": [-1]}, "greater"),
        ({"of": "nobody"}, "'champion' or 'challenger'"),
        ({"window": "week"}, "Unknown key 'window'"),
        ({"budget": {}}, "Unknown key 'budget'"),
    ],
)
def test_parameters_that_cannot_be_are_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        drills(**changes)
