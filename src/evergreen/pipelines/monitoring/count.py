"""One record of each window, counted anew only where something about it has changed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from evergreen.measures.expected import expect_performance
from evergreen.models.profiles import ReferenceProfile
from evergreen.models.scores import ACTION, probabilities_of, score_columns
from evergreen.pipelines.monitoring.answered import ANSWERED_AT
from evergreen.pipelines.monitoring.watch import reference_of
from evergreen.problem import Problem
from evergreen.releases import LoadedRelease
from evergreen.tables.engines import as_pandas
from evergreen.tables.split import new_rows_after
from evergreen.watching import LiveWindow, ReferenceWindows
from evergreen.watching.freshness import DueOutcomes
from evergreen.watching.periods import Width, end_of_window, first_day, longest, name_windows, windows_between
from evergreen.watching.scored import record_rows
from evergreen.watching.service import ServiceRecord

# A row may move to another window when its source corrects its time; where more are gone, they are no longer kept.
_MOVED = 0.1
_WEEK, _MONTH = 7, 31


@dataclass(frozen=True)
class Seen:
    """What a run has seen.

    Attributes:
        as_of: the logical date.
        rows: window -> its watched rows with what is known of the target; windows without rows are left out.
        no_rows: the same columns without a row.
        covered: windows that this run's batch lies in -> whether it has seen all of their days so far.
        service: window -> what the service's log tells of it.
        bad: window -> rows of the batch that could not be used.
    """

    as_of: date
    rows: Mapping[str, pd.DataFrame]
    no_rows: pd.DataFrame
    covered: Mapping[str, bool]
    service: Mapping[str, ServiceRecord]
    bad: Mapping[str, int]


def count_windows(
    champion: LoadedRelease,
    told: ReferenceWindows,
    width: Width | None,
    seen: Seen,
    known: Mapping[str, str],
) -> list[LiveWindow]:
    """Count windows that are new, or of which something has changed.

    A window whose rows are no longer kept, as when a former release has come back, stays as it was counted with them;
    what the service and the quarantine tell of it goes on.

    Args:
        champion: the live release.
        told: what its windows are held against.
        width: of the windows; None where a run is a window.
        seen: what this run has seen.
        known: window -> its record of before, as JSON.

    Returns:
        Their records, in the order of time; none of a window that begins after ``as_of``.
    """
    found, patience = [], _patience(width, known, seen.as_of)
    for name in sorted({*seen.rows, *seen.covered, *seen.service}):
        if first_day(name) > seen.as_of:
            continue
        before = LiveWindow.model_validate_json(known[name]) if name in known else None
        counting = _Counting(champion, told, width, name, seen, before, patience)
        if before is None or name in seen.covered or counting.has_changed:
            found.append(counting.count())
    return found


def _patience(width: Width | None, known: Mapping[str, str], as_of: date) -> int:
    """Say within how many days of their due day outcomes are counted as due.

    That is a week, or as long as a window is. Where a run is a window it is the time since the run before, no more than
    a month. Without it a first run on a long past would count outcomes as in time that had come weeks too late.
    """
    if width is not None:
        return max(longest(width), _WEEK)
    before = [first_day(name) for name in known if first_day(name) < as_of]
    return min((as_of - max(before)).days, _MONTH) if before else 1


class _Counting:
    """One window on its way to its record."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that one window needs
        self,
        champion: LoadedRelease,
        told: ReferenceWindows,
        width: Width | None,
        name: str,
        seen: Seen,
        before: LiveWindow | None,
        patience: int,
    ) -> None:
        self._champion, self._told, self._problem = champion, told, champion.problem
        self._name, self._width, self._seen, self._before = name, width, seen, before
        self._patience = patience
        self._rows = seen.rows.get(name, seen.no_rows)
        self._mark = _mark_rows(self._rows, self._problem)
        former = None if before is None else before.service
        self._service = seen.service.get(name, former)

    @property
    def has_changed(self) -> bool:
        """Whether rows, outcomes or answers are others than before, or outcomes have become due."""
        before = self._before
        if before is None or (before.rows_mark, before.service) != (self._mark, self._service):
            return True
        return before.due is None and self._due() is not None

    @property
    def _has_lost_rows(self) -> bool:
        before = self._before
        return before is not None and len(self._rows) < (1 - _MOVED) * before.record.n_rows

    def count(self) -> LiveWindow:
        """Count the window."""
        before = self._before
        return self._count_rows() if before is None or not self._has_lost_rows else self._keep(before)

    def _keep(self, before: LiveWindow) -> LiveWindow:
        record = before.record.model_copy(update={"n_quarantined": self._n_quarantined()})
        return before.model_copy(update={"record": record, "service": self._service, "is_whole": self._is_whole})

    @property
    def _is_whole(self) -> bool:
        return self._seen.covered.get(self._name, False) or (self._before is not None and self._before.is_whole)

    def _count_rows(self) -> LiveWindow:
        rows, before = self._rows, self._before
        said = _said(rows, self._problem)
        is_logged = (rows[ANSWERED_AT] != "").to_numpy(dtype=bool)
        record = record_rows(self._told.bins, rows, said, self._problem, window=self._name, is_logged=is_logged)
        return LiveWindow(
            width=self._width,
            is_whole=self._is_whole,
            n_days_seen=self._n_days_seen(),
            ranges=_ranges(rows, reference_of(self._champion)),
            record=record.model_copy(update={"n_quarantined": self._n_quarantined()}),
            rows_mark=self._mark,
            expected_roc_auc=_expect_roc_auc(said, self._problem),
            service=self._service,
            due=before.due if before is not None and before.due is not None else self._due(),
        )

    def _n_days_seen(self) -> int | None:
        if self._width is None or self._rows.empty:
            return None
        times = self._rows[str(self._problem.event_time)]
        return int((times.max().normalize() - times.min().normalize()).days) + 1

    def _due(self) -> DueOutcomes | None:
        due_day = end_of_window(self._name, self._width) + timedelta(days=self._problem.target.delay_days)
        if not 0 <= (self._seen.as_of - due_day).days < self._patience or self._rows.empty:
            return None
        n_missing = int(self._rows[self._problem.target.column].isna().sum())
        return DueOutcomes(n_due=len(self._rows), n_missing=n_missing)

    def _n_quarantined(self) -> int:
        """Add the rows of batches, of which the most that any run has seen counts, and those of the service."""
        before = self._before
        of_batch = 0 if before is None else before.record.n_quarantined - _n_unusable(before.service)
        if self._name in self._seen.covered:
            of_batch = max(of_batch, self._seen.bad.get(self._name, 0))
        return of_batch + _n_unusable(self._service)


def _n_unusable(service: ServiceRecord | None) -> int:
    return 0 if service is None else service.n_unusable


def _told_columns(problem: Problem) -> list[str]:
    return [f"_{name}" for name in (*score_columns(problem), ACTION)]


def _said(rows: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    return rows[[*problem.key, *_told_columns(problem)]].rename(columns=lambda name: str(name).removeprefix("_"))


def _mark_rows(rows: pd.DataFrame, problem: Problem) -> str:
    """Name rows by who they are, what was said of them, and what has come."""
    if rows.empty:
        return ""
    cells = rows[[*problem.key, *_told_columns(problem), ANSWERED_AT, problem.target.column]]
    return hashlib.sha256(pd.util.hash_pandas_object(cells, index=False).to_numpy().tobytes()).hexdigest()[:12]


def _expect_roc_auc(predictions: pd.DataFrame, problem: Problem) -> float | None:
    if not problem.is_classification or predictions.empty:
        return None
    area = expect_performance(probabilities_of(predictions, problem)).roc_auc
    return area if np.isfinite(area) else None


def _ranges(rows: pd.DataFrame, reference: ReferenceProfile) -> dict[str, tuple[float, float]]:
    known = [name for name in reference.ranges if rows[name].notna().any()]
    return {name: (float(rows[name].min()), float(rows[name].max())) for name in known}


def covered_windows(problem: Problem, width: Width | None, as_of: date) -> dict[str, bool]:
    """Name the windows that this run's rows lie in, and whether it has seen all of their days so far.

    Args:
        problem: the case.
        width: of the windows; None where a run is a window.
        as_of: the logical date.

    Returns:
        Window -> whether it is whole.
    """
    after = new_rows_after(problem, as_of)
    if width is None or after is None:
        return {as_of.isoformat(): True}
    first = after.date() + timedelta(days=1)
    return {name: first_day(name) >= first for name in windows_between(first, as_of, width)}


def count_quarantined(quarantine: Any, problem: Problem, width: Width | None, as_of: date) -> dict[str, int]:
    """Count the quarantined rows of a batch by window; those whose time nobody can read belong to none.

    Args:
        quarantine: rows that could not be used.
        problem: the case.
        width: of the windows; None where a run is a window.
        as_of: the logical date.

    Returns:
        Window -> how many.
    """
    rows = as_pandas(quarantine)
    if rows.empty:
        return {}
    if width is None or problem.event_time not in rows.columns:
        return {as_of.isoformat() if width is None else windows_between(as_of, as_of, width)[0]: len(rows)}
    times = pd.to_datetime(rows[problem.event_time], errors="coerce", format="mixed").dropna()
    return {str(name): int(n) for name, n in name_windows(times, width).value_counts().items()}
