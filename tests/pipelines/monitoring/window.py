"""Windows of rows that a small champion has scored."""

from dataclasses import replace
from typing import Any

import pandas as pd

from evergreen.models.decide import predict_rows
from evergreen.pipelines.monitoring.answered import no_answers
from evergreen.pipelines.monitoring.checks import CHECK_COLUMNS
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.report import collect_watched
from evergreen.pipelines.monitoring.watch import watch_drift, watch_outcomes, watch_ranges, watch_scores
from evergreen.prediction_log import LogReader
from evergreen.problem import Kind
from evergreen.releases import Champion, LoadedRelease
from tests.models.small import small_rows
from tests.pipelines.evaluation.line import champion

PARAMS = MonitoringParams(false_alarm_rate=0.01, confidence=0.95, n_resamples=200, random_state=1)
NOBODY = pd.DataFrame({"row_id": pd.Series(dtype=int), "outcome": pd.Series(dtype="str")})
NO_INCIDENTS: list[dict[str, Any]] = []
NO_WINDOWS = pd.DataFrame()
NO_CHECKS = pd.DataFrame(columns=list(CHECK_COLUMNS))
NOTHING_ANSWERED, NO_ANSWERS = pd.DataFrame(), no_answers()
NO_LOG = LogReader("sqlite:////nowhere/log.db", "small")
NO_QUARANTINE = pd.DataFrame({"reasons": pd.Series(dtype="str")})


def without_windows(live: LoadedRelease) -> LoadedRelease:
    """A release of before windows were kept."""
    kept = {name: one for name, one in live.documents.items() if name != "reference_windows"}
    return replace(live, documents=kept)


def window_of(kind: Kind, n_rows: int = 200, *, seed: int = 31, **changes: Any) -> pd.DataFrame:
    """New rows without outcomes."""
    return small_rows(kind, n_rows, seed=seed, first_id=1000).drop(columns="outcome").assign(**changes)


def outcomes_of(kind: Kind, n_rows: int = 200, *, seed: int = 31) -> pd.DataFrame:
    """What came of the rows of ``window_of``."""
    return small_rows(kind, n_rows, seed=seed, first_id=1000)[["row_id", "outcome"]]


def scored(release: LoadedRelease, rows: pd.DataFrame) -> pd.DataFrame:
    """What the release said of them."""
    return predict_rows(release.model, rows, release.problem).assign(release_id=release.release_id)


def watch(live: Champion, rows: pd.DataFrame, predictions: pd.DataFrame, outcomes: pd.DataFrame) -> dict[str, Any]:
    """Run the nodes that watch."""
    return collect_watched(
        watch_drift(PARAMS, live, rows, predictions),
        watch_ranges(live, rows),
        watch_scores(live, predictions),
        watch_outcomes(PARAMS, live, rows, predictions, outcomes),
    )


def watch_window(kind: Kind, rows: pd.DataFrame, outcomes: pd.DataFrame) -> dict[str, Any]:
    """Let the champion of the kind score the rows, and watch."""
    return watch(champion(kind), rows, scored(champion(kind), rows), outcomes)
