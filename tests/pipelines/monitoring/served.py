"""A service that answers rows of the small case and logs them, and runs of monitoring that read its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from evergreen.answering import Answer, Answerer, PlainAnswerer
from evergreen.pipelines.monitoring.answered import read_answers
from evergreen.pipelines.monitoring.checks import check_service, compare_with_batch
from evergreen.pipelines.monitoring.life import find_incidents, tabulate_windows
from evergreen.pipelines.monitoring.logged_outcomes import logged_outcomes
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.windows import keep_watched_rows, profile_windows, read_windows
from evergreen.prediction_log import LogReader, Outcome, open_log
from evergreen.problem import AsOf, Problem
from evergreen.releases import LoadedRelease
from evergreen.serving.desk import Desk, Job
from evergreen.serving.intake import Intake
from evergreen.serving.keeper import LogKeeper
from evergreen.serving.keys import key_of
from evergreen.serving.served import Role, ServedRelease, make_answerer
from tests.answering.small import raw_rows
from tests.models.small import small_rows
from tests.pipelines.evaluation.line import champion
from tests.pipelines.monitoring.window import NO_QUARANTINE, PARAMS, scored

LIVE = champion("binary")
MONTHLY = PARAMS.model_copy(update={"window": "month", "watch_days": 400, "skew_rows": 0})
SKEWED = MONTHLY.model_copy(update={"skew_rows": 50})
# Rows come four a day from the first number on: these fill April to July 2020.
FIRST, N_ROWS = 365, 4 * 121
ENDS = {4: date(2020, 4, 30), 5: date(2020, 5, 31), 6: date(2020, 6, 30), 7: date(2020, 7, 31)}


@cache
def compiled() -> Answerer:
    """What really answers; it takes seconds to make."""
    return make_answerer(LIVE)


def april_to_july(**changes: Any) -> pd.DataFrame:
    return small_rows("binary", N_ROWS, seed=5, first_id=FIRST).assign(**changes)


def of_month(rows: pd.DataFrame, month: int) -> pd.DataFrame:
    return rows[rows["decided_at"].dt.month == month].reset_index(drop=True)


def raw_of(rows: pd.DataFrame, release: LoadedRelease = LIVE) -> list[dict[str, Any]]:
    """The rows as clients send them."""
    return raw_rows(rows, release.problem)


@dataclass
class Service:
    """Answers requests as the real one does, and logs them by the real desk; its clock is what it is told."""

    url: str
    release: LoadedRelease = LIVE
    answerer: Answerer | None = None
    role: Role = "champion"

    def ask(
        self,
        rows: Sequence[Mapping[str, Any]],
        at: str,
        *,
        name: str = "r",
        per_request: int = 200,
        taken_ms: float = 0,
    ) -> None:
        """Ask about rows at a moment, so many a request, each of which took as long."""
        problem = self.release.problem
        answerer = self.answerer or Remembering(self.release)
        served = ServedRelease(self.release, answerer, Intake(problem, "refuse"), self.role)
        log = open_log(self.url, case="small", hidden_columns=served.problem.hidden_columns, durability="normal")
        desk = Desk(
            LogKeeper(lambda: log), answers_unlogged=False, now=lambda: datetime.fromisoformat(at).replace(tzinfo=UTC)
        )
        jobs = [
            Job(
                request_id=f"{name}{start}",
                rows=part,
                keys=[key_of(row, problem) for row in part],
                duty=None,  # type: ignore[arg-type]
                served=[served] * len(part),
                begun=perf_counter() - taken_ms / 1000,
            )
            for start in range(0, len(rows), per_request)
            for part in [rows[start : start + per_request]]
        ]
        desk.answer(jobs)
        log.close()

    def tell(self, outcomes: Mapping[Any, Any], known_at: str) -> None:
        """Put outcomes into the log: key -> outcome."""
        with open_log(self.url, case="small", durability="normal") as log:
            log.add_outcomes([Outcome({"row_id": key}, value, known_at) for key, value in outcomes.items()])


def plain(release: LoadedRelease) -> Answerer:
    """The same answers, slower to give and made at once."""
    return PlainAnswerer(release.model, release.problem, release.outlier_limits)


class Remembering:
    """Answers rows of ``april_to_july`` as they were answered all together, and any others by tables."""

    is_compiled, note = False, ""

    def __init__(self, release: LoadedRelease) -> None:
        self._plain, self._told = plain(release), _answers()

    def answer(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        known = [self._told.get(row["row_id"], ({}, None)) for row in rows]
        if all(cells == row and answer for (cells, answer), row in zip(known, rows, strict=True)):
            return [answer for _, answer in known if answer]
        return self._plain.answer(rows)


@cache
def _answers() -> dict[int, tuple[Mapping[str, Any], Answer]]:
    rows = april_to_july()
    said = scored(LIVE, rows)
    told = zip(rows["row_id"], raw_of(rows), said["score"], said["action"], strict=True)
    return {key: (cells, Answer((score,), action, None, ())) for key, cells, score, action in told}


class Slipping:
    """An answerer of another installation: it is asked about rows after ``slip`` has changed them."""

    is_compiled, note = False, ""

    def __init__(self, slip: Any, release: LoadedRelease = LIVE) -> None:
        self._slip = slip
        self._plain = plain(release)

    def answer(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        return self._plain.answer([self._slip(dict(row)) for row in rows])


@dataclass
class WatchedLife:
    """Runs of monitoring that read a log, one after the other; each reads what the one before has kept."""

    log: LogReader
    live: LoadedRelease = LIVE
    params: MonitoringParams = MONTHLY
    kept: dict[str, Any] = field(default_factory=dict)
    incidents: list[dict[str, Any]] = field(default_factory=list)

    def run(self, as_of: date, batch: pd.DataFrame | None = None, known: pd.DataFrame | None = None) -> "WatchedLife":
        """Run at a date with a batch, and the outcomes that the sources know."""
        day, live = AsOf(as_of), self.live
        new = april_to_july().head(0) if batch is None else batch
        new = new.drop(columns="outcome", errors="ignore").reset_index(drop=True)
        said = scored(LIVE, april_to_july().head(4)).head(0) if new.empty else scored(live, new)
        answered, answers, read = read_answers(self.params, day, live, self.log, self._earlier("answers"))
        rows = keep_watched_rows(self.params, day, live, new, said, answered, self._earlier("rows"))
        came = logged_outcomes(live.problem, as_of, rows, self.log)
        told = pd.DataFrame({"row_id": pd.Series(dtype="int64"), "outcome": pd.Series(dtype="str")})
        parts = [one for one in (known, came) if one is not None and len(one)]
        outcomes = pd.concat(parts, ignore_index=True).drop_duplicates("row_id") if parts else told
        outcomes = outcomes[outcomes["row_id"].isin(rows["row_id"])]
        self.kept |= {"rows": rows, "answers": answers, "read": read, "skew": compare_with_batch(live, new, rows)}
        self.kept["profiles"] = profile_windows(
            self.params, day, live, rows, NO_QUARANTINE, outcomes, answers, self._earlier("profiles")
        )
        self.kept["alarms"], self.incidents = find_incidents(
            self.params, day, live, self.kept["profiles"], self._earlier("alarms")
        )
        return self

    @property
    def windows(self) -> dict[str, Any]:
        width = None if self.live.problem.split.by != "time" else self.params.window
        return {one.record.window: one for one in read_windows(self.kept["profiles"], self.live.release_id, width)}

    @property
    def causes(self) -> dict[str, str]:
        return {one["cause"]: one["opened"] for one in self.incidents}

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        found = check_service(self.params, self.live, self.kept["read"], self.kept["skew"], self.kept["profiles"])
        return {one["subject"]: one for one in found.to_dict("records")}

    @property
    def figures(self) -> pd.DataFrame:
        return tabulate_windows(self.params, self.live, self.kept["profiles"], self.kept["alarms"]).set_index("window")

    def _earlier(self, name: str) -> Any:
        return lambda: self.kept.get(name)


def reader(folder: Path) -> LogReader:
    return LogReader(f"sqlite:///{folder / 'log.db'}", "small")


def with_case(
    release: LoadedRelease, columns: Mapping[str, Mapping[str, Any]] | None = None, **changes: Any
) -> LoadedRelease:
    """The same release, as if it had been made for a case that differs in a column or a key."""
    told = release.problem.model_dump(mode="json") | changes
    for name, change in (columns or {}).items():
        told["columns"][name] |= change
    return replace(release, problem=Problem.model_validate(told))
