"""Which answers of the log a run reads: each once, and those too that earlier runs have passed over."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.prediction_log import LogReader
from evergreen.prediction_log.terms import Clock, WindowTerms
from evergreen.problem import Problem
from evergreen.releases import LoadedRelease

ROLE = "champion"
ROLES = ("champion", "canary", "shadow")
# Processes write at the same time, and one may commit a little later than its clock says.
_OVERLAP = timedelta(hours=1)
_PART = 20_000


@dataclass(frozen=True)
class Period:
    """The part of the log that a run reads.

    Attributes:
        terms: of the reads, one after the other.
        passed: what earlier runs should have read; None on the first run of a release.
        again: answers of this moment and later are read again; empty on the first run.
        first: the first day whose rows are kept.
        last: the logical date.
    """

    terms: tuple[WindowTerms, ...]
    passed: WindowTerms | None
    again: str
    first: date
    last: date


def period_of(params: MonitoringParams, as_of: date, problem: Problem, known: pd.DataFrame) -> Period:
    """Say what is to be read: all that is kept on the first run of a release, else what is newer than before.

    Args:
        params: how long rows are kept.
        as_of: the logical date.
        problem: the case of the release.
        known: the answers of the release that earlier runs have read, ``ANSWER_COLUMNS``.

    Returns:
        The period.
    """
    first, after = as_of - timedelta(days=params.watch_days), (as_of + timedelta(days=1)).isoformat()
    clock, start = clock_of(problem), first.isoformat()
    whole: WindowTerms = {"by": clock, "since": start, "until": after}
    if known.empty:
        # By their own time, answers are not found whose time the log cannot read.
        since_first: WindowTerms = {"by": "answered_at", "since": start}
        return Period((whole, since_first) if clock == "event_time" else (whole,), None, "", first, as_of)
    # A clock that is ahead must not have later answers passed over; in a replay of the past all are later.
    told = known.loc[known["answered_at"] < after, "answered_at"]
    newest = pd.Timestamp((told if len(told) else known["answered_at"]).max()) - _OVERLAP
    again = newest.isoformat(timespec="microseconds")
    if clock == "answered_at":
        return Period(({"by": clock, "since": again, "until": after},), whole | {"until": again}, again, first, as_of)
    # What lay in the future of the last run is no newer in the log, but newer than all that was kept.
    before = known.loc[known["at"] < after, "at"]
    since = before.max().isoformat(timespec="microseconds") if len(before) else start
    terms: tuple[WindowTerms, ...] = ({"by": "answered_at", "since": again}, whole | {"since": since})
    return Period(terms, whole | {"until": since}, again, first, as_of)


def keep_answers(known: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Keep the answers that are still watched, or would be read again.

    Args:
        known: the answers of the release that earlier runs have read.
        period: what is read.

    Returns:
        Some of them.
    """
    is_watched = known["at"] >= pd.Timestamp(period.first)
    is_counted = known["event_time"] >= period.first.isoformat()
    return known[is_watched | is_counted | (known["answered_at"] >= period.again)]


class NewAnswers:
    """Answers of the champion that no run has read yet, and that do not lie in the future.

    Args:
        log: reads the log.
        champion: the live release.
        period: what is read.
        kept: of ``keep_answers``.

    Attributes:
        n_read: rows that were read, those included that are known.
        n_passed_over: new ones that earlier runs should have found.
    """

    def __init__(self, log: LogReader, champion: LoadedRelease, period: Period, kept: pd.DataFrame) -> None:
        self._log, self._champion, self._period, self._kept = log, champion, period, kept
        self._clock = clock_of(champion.problem)
        self._seen = set(zip(kept["request_id"], kept["row"], strict=True))
        self.n_read = self.n_passed_over = 0

    def parts(self) -> Iterator[pd.DataFrame]:
        """Read part by part.

        Yields:
            Rows of the log, none of the parts empty.
        """
        passed = self._period.passed
        # It is counted first: what is answered while a run reads was not passed over.
        n_missing = 0 if passed is None else self._count_missing(passed)
        for terms in self._period.terms:
            for part in self._read(terms):
                n_missing -= 0 if passed is None else _n_within(part[f"_{self._clock}"], passed)
                yield part
        if passed is not None and n_missing > 0:
            for part in self._read(passed):
                self.n_passed_over += len(part)
                yield part

    def _read(self, terms: WindowTerms) -> Iterator[pd.DataFrame]:
        problem, last = self._champion.problem, self._period.last.isoformat()
        columns = [name for name in problem.columns if name not in problem.outcome_columns]
        own = terms.copy()
        own["roles"], own["release_id"] = (ROLE,), self._champion.release_id
        for part in self._log.read_parts(n_rows=_PART, columns=columns, **own):
            self.n_read += len(part)
            names = zip(part["_request_id"], part["_row"], strict=True)
            is_new = np.array([name not in self._seen for name in names], dtype=bool)
            is_later = (part[f"_{self._clock}"].str[:10] > last).to_numpy(dtype=bool)
            taken = part[is_new & ~is_later].reset_index(drop=True)
            self._seen.update(zip(taken["_request_id"], taken["_row"], strict=True))
            if len(taken):
                yield taken

    def _count_missing(self, passed: WindowTerms) -> int:
        """Count how many answers more the log holds than are known, of those that it still holds."""
        own = passed.copy()
        own["roles"], own["release_id"] = (ROLE,), self._champion.release_id
        n_held = self._log.count(**own).get((ROLE, self._champion.release_id), 0)
        is_held = self._kept["answered_at"] >= _oldest_answer(self._log)
        return n_held - _n_within(self._kept.loc[is_held, self._clock], passed)


def clock_of(problem: Problem) -> Clock:
    """Say which time of answers counts.

    Args:
        problem: the case.

    Returns:
        The event time, where the case has one.
    """
    return "answered_at" if problem.event_time is None else "event_time"


def _oldest_answer(log: LogReader) -> str:
    with closing(log.read_parts(n_rows=1, columns=[], roles=ROLES)) as parts:  # type: ignore[type-var]
        return next((str(part["_answered_at"].iloc[0]) for part in parts), "")


def _n_within(times: "pd.Series[str]", terms: WindowTerms) -> int:
    return int(((times >= str(terms["since"])) & (times < str(terms["until"]))).sum())
