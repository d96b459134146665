"""Evaluation, batch scoring and requests say the same of the same raw rows."""

from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession

from evergreen.answering import Answer, PlainAnswerer, repair_cells
from evergreen.models.scores import score_columns
from evergreen.pipelines.scoring import nodes
from evergreen.pipelines.scoring.nodes import (
    gather_new_rows,
    mark_new_rows,
    name_new_row_repairs,
    settle_new_rows,
)
from evergreen.pipelines.scoring.params import ScoringParams
from evergreen.pipelines.scoring.score import score_new_rows
from evergreen.problem import AsOf, Problem
from evergreen.releases import LoadedRelease, ReleaseStore
from evergreen.serving.served import make_answerer
from evergreen.tables.outliers import OutlierLimits
from evergreen.tables.repair import mark_rows
from tests.lifecycle.three_ways import ThreeWays, ask_three_ways, assert_all_say_the_same, batch
from tests.lifecycle.three_ways import raw_rows as raw_rows_as_they_come
from tests.lifecycle.world import ROOT, World

# Far enough back for all of the holdout.
_DAYS = 240
_N_ASKED = 150


def _champion(world: World) -> LoadedRelease:
    live = ReleaseStore(str(world.path("06_models", ""))).champion()
    assert isinstance(live, LoadedRelease)
    return live


def _sources(world: World, problem: Problem) -> list[Any]:
    configure_project("evergreen")
    conf, params = str(world.folder / "conf"), {"raw_dir": str(world.raw_dir)}
    with KedroSession.create(ROOT, env="test", conf_source=conf, runtime_params=params) as session:
        catalog = session.load_context().catalog
        return [catalog.load(name) for name in problem.sources]


@pytest.fixture(scope="module")
def raw_rows(demo_line: World) -> pd.DataFrame:
    """The rows of the last months as the sources have them, joined and not repaired."""
    problem = _with_long_window(_champion(demo_line)).problem
    found = gather_new_rows(problem, _as_of(demo_line), *_sources(demo_line, problem))
    assert isinstance(found, pd.DataFrame)
    return found


def _as_of(world: World) -> AsOf:
    return AsOf.model_validate(world.verdict["as_of"])


def _with_long_window(live: LoadedRelease) -> LoadedRelease:
    """The release, as if it could be asked about rows that it was judged on."""
    split = live.problem.split.model_copy(update={"new_rows_days": _DAYS})
    card = {**live.documents["split_card"], "judged_until": None}
    problem = Problem.model_validate(live.problem.model_dump(exclude_none=True) | {"split": split.model_dump()})
    return replace(live, problem=problem, documents={**live.documents, "split_card": card})


def _batch(world: World, raw_rows: pd.DataFrame) -> pd.DataFrame:
    live, as_of, params = (
        _with_long_window(_champion(world)),
        _as_of(world),
        ScoringParams(random_state=0, chunk_rows=999),
    )
    marked = mark_new_rows(live.problem, as_of, live, raw_rows)
    rows, aside = settle_new_rows(live.problem, as_of, params, live, marked)
    repairs = name_new_row_repairs(live.problem, live, marked)
    return score_new_rows(live.problem, params, live, rows, aside, None, repairs)[0]


def _answers(world: World, raw_rows: pd.DataFrame) -> list[Answer]:
    live = _champion(world)
    limits = OutlierLimits.model_validate(live.documents["outlier_limits"])
    return PlainAnswerer(live.model, live.problem, limits).answer(_as_requests(raw_rows))


def _as_requests(raw_rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): _as_json(cell) for name, cell in row.items() if not _is_missing(cell)}
        for row in raw_rows.to_dict("records")
    ]


def _as_json(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else cell


def _is_missing(cell: Any) -> bool:
    return bool(pd.isna(cell))


def _by_key(predictions: pd.DataFrame) -> pd.DataFrame:
    return predictions.drop(columns="release_id", errors="ignore").set_index("contact_id").sort_index()


def test_a_batch_says_of_holdout_rows_what_evaluation_said(demo_line: World, raw_rows: pd.DataFrame) -> None:
    judged = _by_key(demo_line.table("07_model_output", "holdout_predictions.parquet"))
    found = _by_key(_batch(demo_line, raw_rows)).drop(columns="repairs")
    assert len(judged) > 500
    pd.testing.assert_frame_equal(found.loc[judged.index], judged, rtol=1e-9, check_dtype=False)


@pytest.mark.parametrize("file", ["holdout_predictions.parquet", "predictions.parquet"])
def test_requests_are_answered_as_evaluation_and_batches_were(
    demo_line: World, raw_rows: pd.DataFrame, file: str
) -> None:
    problem = _champion(demo_line).problem
    told = _by_key(demo_line.table("07_model_output", file))
    asked = raw_rows[raw_rows["contact_id"].isin(told.index)].drop_duplicates("contact_id").tail(_N_ASKED)
    answers = _answers(demo_line, asked)
    assert len(answers) == _N_ASKED
    expected = told.loc[asked["contact_id"]]
    scores = expected[list(score_columns(problem))].to_numpy()
    assert [one.scores for one in answers] == [pytest.approx(tuple(row), rel=1e-9) for row in scores]
    assert [one.action for one in answers] == expected["action"].tolist()


def test_what_scoring_wrote_is_what_its_functions_say(demo_line: World, raw_rows: pd.DataFrame) -> None:
    written = _by_key(demo_line.table("07_model_output", "predictions.parquet"))
    found = _by_key(_batch(demo_line, raw_rows))
    pd.testing.assert_frame_equal(found.loc[written.index], written, rtol=1e-9, check_dtype=False)


def test_the_check_rows_of_the_release_are_answered_alike_on_every_way(
    demo_line: World, raw_rows: pd.DataFrame
) -> None:
    live = _champion(demo_line)
    told = live.documents["check_rows"]
    assert len(told["rows"]) == 50
    judged = _by_key(demo_line.table("07_model_output", "holdout_predictions.parquet"))
    batch = _by_key(_batch(demo_line, raw_rows))
    keys = [row["contact_id"] for row in told["rows"]]
    scores = [pytest.approx(score[0], rel=1e-9) for score in told["scores"]]
    assert judged.loc[keys, "score"].tolist() == scores
    assert batch.loc[keys, "score"].tolist() == scores
    assert judged.loc[keys, "action"].tolist() == told["actions"]


def test_the_release_holds_the_card_of_its_verdict(demo_line: World) -> None:
    live = _champion(demo_line)
    assert live.card == demo_line.path("08_reporting", "model_card.md").read_text()
    assert len(live.documents["background"]["rows"]) == 10


@pytest.fixture(scope="module")
def three_ways(demo_line: World, tmp_path_factory: pytest.TempPathFactory) -> ThreeWays:
    return ask_three_ways(demo_line, _champion(demo_line), tmp_path_factory.mktemp("three"))


def test_the_service_answers_compiled_as_judge_and_batch_did(three_ways: ThreeWays) -> None:
    assert_all_say_the_same(three_ways)
    assert three_ways.is_compiled, three_ways.note


def test_a_repair_that_only_the_compiled_way_knows_leaves_tables_to_answer(
    demo_line: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = repair_cells.ColumnRepair.__call__

    def otherwise(self: Any, cells: Any) -> Any:
        found = called(self, cells)
        return found._replace(odd={place: cell._replace(repairs=()) for place, cell in found.odd.items()})

    monkeypatch.setattr(repair_cells.ColumnRepair, "__call__", otherwise)
    answerer = make_answerer(_champion(demo_line))
    assert not answerer.is_compiled
    assert "repairs by tables are" in answerer.note


def test_a_repair_that_only_batches_know_is_found(
    three_ways: ThreeWays, demo_line: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def otherwise(table: Any, problem: Problem, limits: OutlierLimits) -> Any:
        marked = mark_rows(table, problem, limits)
        return marked.with_columns(nw.col("age_years") + 25)

    monkeypatch.setattr(nodes, "mark_rows", otherwise)
    live = _champion(demo_line)
    rows = raw_rows_as_they_come(demo_line, live.problem, three_ways.judged.index)
    skewed = replace(three_ways, batch=batch(demo_line, live, rows).loc[three_ways.judged.index])
    with pytest.raises(AssertionError, match="score"):
        assert_all_say_the_same(skewed)
