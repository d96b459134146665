"""The same raw rows answered in three ways: when the release was judged, in a batch, and over HTTP."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession

from evergreen.models.scores import ACTION, score_columns
from evergreen.pipelines.scoring.nodes import mark_new_rows
from evergreen.pipelines.scoring.params import ScoringParams
from evergreen.pipelines.scoring.score import score_new_rows
from evergreen.problem import AsOf, Problem
from evergreen.releases import LoadedRelease, ReleaseStore, assemble_release, load_release, model_from_bytes
from evergreen.serving.params import ServingParams
from evergreen.serving.served import MakeAnswerer, make_answerer
from evergreen.serving.service import Surroundings
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.gather import gather_rows
from evergreen.tables.settle import settle_rows
from tests.lifecycle.world import ROOT, World
from tests.releases.small import entry
from tests.serving.socketless import Socketless, socketless
from tests.serving.world import MemoryLog

N_ASKED = 60


def champion_of(world: World) -> LoadedRelease:
    """The release of a world."""
    live = ReleaseStore(str(world.path("06_models", ""))).champion()
    assert isinstance(live, LoadedRelease)
    return live


def released_all_the_same(world: World) -> LoadedRelease:
    """A release of the challenger of a world that holds its verdict."""
    documents = {name: world.json("05_model_input", f"{name}.json") for name in ("outlier_limits", "split_card")}
    model = model_from_bytes(world.path("06_models", "challenger.skops").read_bytes())
    made = assemble_release(Problem.model_validate(world.parameter("problem")), model, documents)
    return load_release(made.release_id, made.files)


def judged_rows(world: World, problem: Problem) -> pd.DataFrame:
    """Rows of the holdout with what was said of them when the release was judged, at even steps."""
    judged = world.table("07_model_output", "holdout_predictions.parquet").set_index(list(problem.key)).sort_index()
    return judged[[*score_columns(problem), ACTION]].iloc[:: max(1, len(judged) // N_ASKED)]


def raw_rows(world: World, problem: Problem, keys: pd.Index) -> pd.DataFrame:
    """The same rows as the sources have them, joined and not repaired, in the same order."""
    configure_project("evergreen")
    conf, params = str(world.folder / "conf"), {"raw_dir": str(world.raw_dir)}
    with KedroSession.create(ROOT, env="test", conf_source=conf, runtime_params=params) as session:
        catalog = session.load_context().catalog
        sources = {name: catalog.load(name) for name in problem.sources}
    as_of = AsOf.model_validate(world.verdict["as_of"])
    table = as_pandas(gather_rows(problem, as_of.root, sources).rows)
    (key,) = problem.key
    # A source may hold as text what is a number once it is repaired.
    table = table.set_index(pd.Index(table[key].astype("str"), name="as_text"))
    return table[~table.index.duplicated()].loc[keys.astype("str")]


def batch(world: World, live: LoadedRelease, rows: pd.DataFrame) -> pd.DataFrame:
    """What batch scoring says, as if the release could be asked about rows that it was judged on."""
    live = replace(
        live, documents={**live.documents, "split_card": {**live.documents["split_card"], "judged_until": None}}
    )
    as_of, problem = AsOf.model_validate(world.verdict["as_of"]), live.problem
    settled = settle_rows(as_frame(mark_new_rows(problem, as_of, live, rows.reset_index(drop=True))), problem)
    usable = as_pandas(settled.rows).drop(columns=list(problem.outcome_columns))
    params = ScoringParams(random_state=0, chunk_rows=17)
    scored = score_new_rows(problem, params, live, usable, as_pandas(settled.quarantine))[0]
    return scored.set_index(list(problem.key))[[*score_columns(problem), ACTION]]


@contextmanager
def serving(live: LoadedRelease, folder: Path, make: MakeAnswerer = make_answerer) -> Iterator[Socketless]:
    """A service of one release."""
    log: Any = MemoryLog()
    store = ReleaseStore(str(folder))
    made = assemble_release(live.problem, live.model, {k: v for k, v in live.documents.items() if k != "versions"})
    store.add(made)
    store.promote(entry(made))
    # Compiling takes long, and a service that is asked whether it is ready meanwhile takes longer.
    answerer = make(store.load(made.release_id))
    given = Surroundings(live.problem.name, store, ServingParams(), lambda: log, make=lambda _: answerer)
    with socketless(given) as asked:
        yield asked


def requests_of(rows: pd.DataFrame, problem: Problem) -> list[dict[str, Any]]:
    """Raw rows as a client would send them: without what is not known yet, and without missing cells."""
    known = [name for name in rows.columns if name in problem.columns and name not in problem.outcome_columns]
    return [
        {str(name): _as_json(cell) for name, cell in row.items() if not pd.isna(cell)}
        for row in rows[known].to_dict("records")
    ]


def _as_json(cell: Any) -> Any:
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else cell


def told_as_table(told: Any, problem: Problem, keys: pd.Index) -> pd.DataFrame:
    """Answers over HTTP as a table of scores and actions."""
    cells = [_cells(one, problem) for one in told["predictions"]]
    return pd.DataFrame(cells, index=keys, columns=[*score_columns(problem), ACTION])


def _cells(one: Any, problem: Problem) -> Sequence[Any]:
    assert "error" not in one, one
    scores = one["scores"].values() if problem.kind == "multiclass" else [one["score"]]
    return [*scores, one["action"]]


@dataclass(frozen=True)
class ThreeWays:
    """What was said of the same rows.

    Attributes:
        judged: when the release was judged.
        batch: in a batch.
        service: over HTTP.
        is_compiled: whether the service answers by a compiled release.
        note: why not.
    """

    judged: pd.DataFrame
    batch: pd.DataFrame
    service: pd.DataFrame
    is_compiled: bool
    note: str


def ask_three_ways(world: World, live: LoadedRelease, folder: Path, make: MakeAnswerer = make_answerer) -> ThreeWays:
    """Have rows of the holdout answered in all ways."""
    judged = judged_rows(world, live.problem)
    rows = raw_rows(world, live.problem, judged.index)
    with serving(live, folder, make) as asked:
        told = told_as_table(asked.predict(requests_of(rows, live.problem)), live.problem, judged.index)
        duty = asked.app.state.service.router.duty
    batched = batch(world, live, rows).loc[judged.index]
    answerer = duty.champion.answerer
    return ThreeWays(judged, batched, told, answerer.is_compiled, answerer.note)


def assert_all_say_the_same(found: ThreeWays) -> None:
    """Scores to 1e-9, and the same actions."""
    assert len(found.judged) >= N_ASKED
    for way in (found.batch, found.service):
        pd.testing.assert_frame_equal(way, found.judged, rtol=1e-9, atol=1e-12, check_dtype=False)
