"""Answers to rows of which a release fails on some: those that are to blame are found, and the others answered."""

import logging
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from evergreen.answering import Answer
from evergreen.prediction_log import FAILED
from evergreen.serving.served import ServedRelease

Row = Mapping[str, Any]
_log = logging.getLogger(__name__)
_FAILED = Answer((), None, None, (), FAILED)
# Times that a release may fail while single rows of one request are looked for: all others wait meanwhile.
MOST_FAILURES: Final = 200


def answer_requests(served: ServedRelease, requests: Sequence[Sequence[Row]]) -> list[list[Answer]]:
    """Answer the rows of requests, together where no action is scarce; what fails in one harms no other.

    Args:
        served: who answers.
        requests: raw cells of the rows of each.

    Returns:
        One answer a row, by request; see ``answer_rows``.
    """
    if len(requests) == 1 or served.problem.is_rationed:
        return [answer_rows(served, rows) for rows in requests]
    try:
        told = iter(served.answerer.answer([row for rows in requests for row in rows]))
    except Exception:
        middle = len(requests) // 2
        return [*answer_requests(served, requests[:middle]), *answer_requests(served, requests[middle:])]
    return [[next(told) for _ in rows] for rows in requests]


def answer_rows(served: ServedRelease, rows: Sequence[Row]) -> list[Answer]:
    """Answer the rows of one request; where that fails, halve them until the row is found that is to blame.

    Args:
        served: who answers. A scarce action of it is handed out once, among the rows that it does not fail on.
        rows: raw cells.

    Returns:
        One answer a row. One that is not asked about, since the release has failed ``MOST_FAILURES`` times before, is
        told like one that it fails on.
    """
    search = _Search(served)
    told = search.answer(rows)
    if search.n_failures and served.problem.is_rationed:
        sound = [place for place, one in enumerate(told) if one.reasons != FAILED]
        again = search.answer_at_once([rows[place] for place in sound]) if sound else []
        for place, one in zip(sound, again, strict=True):
            told[place] = one
    search.tell()
    return told


class _Search:
    """Looks for the rows that a release fails on."""

    def __init__(self, served: ServedRelease) -> None:
        self._served = served
        self.n_failures = self._n_unasked = 0
        self._faults: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def answer(self, rows: Sequence[Row]) -> list[Answer]:
        if self.n_failures == MOST_FAILURES:
            self._n_unasked += len(rows)
            return [_FAILED] * len(rows)
        if len(rows) == 1:
            return self.answer_at_once(rows)
        try:
            return self._served.answerer.answer(rows)
        except Exception:
            self.n_failures += 1
        middle = len(rows) // 2
        return [*self.answer(rows[:middle]), *self.answer(rows[middle:])]

    def answer_at_once(self, rows: Sequence[Row]) -> list[Answer]:
        """Answer all rows or none."""
        try:
            return self._served.answerer.answer(rows)
        except Exception as error:
            self.n_failures += 1
            fault = told_without_cells(error)
            self._faults[fault["kind"], tuple(fault["where"])] += len(rows)
            return [_FAILED] * len(rows)

    def tell(self) -> None:
        """Write each fault into the log of the service once, however many rows have it."""
        release_id = self._served.release_id
        for (kind, where), n_rows in self._faults.items():
            told = {"release_id": release_id, "n_rows": n_rows, "kind": kind, "where": [*where]}
            _log.error("A row failed", extra={"told": told})
        if self._n_unasked:
            told = {"release_id": release_id, "n_rows": self._n_unasked}
            _log.error("Rows were given up after many that failed", extra={"told": told})


def told_without_cells(error: BaseException) -> dict[str, Any]:
    """Tell an error without its words, which may hold cells.

    Args:
        error: the error.

    Returns:
        Its kind, and where in the code it came from.
    """
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    return {"kind": type(error).__name__, "where": [f"{Path(one.filename).name}:{one.lineno}" for one in frames]}
