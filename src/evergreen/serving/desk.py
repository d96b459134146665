"""Where requests are answered and logged: the work of one thread, several requests at a time."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from evergreen.answering import Answer
from evergreen.errors import EvergreenError
from evergreen.prediction_log import Prediction
from evergreen.serving.blame import answer_requests
from evergreen.serving.faults import RefusedError, refused
from evergreen.serving.keeper import LogKeeper
from evergreen.serving.keys import time_of
from evergreen.serving.router import Duty
from evergreen.serving.served import ServedRelease

Now = Callable[[], datetime]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One request that waits for its answers.

    Attributes:
        request_id: its name in the log.
        rows: raw cells.
        keys: of the rows.
        duty: who was on duty when it came.
        served: who answers each row.
        begun: when it came, by the clock of ``time.perf_counter``.
    """

    request_id: str
    rows: Sequence[Mapping[str, Any]]
    keys: Sequence[Mapping[str, Any]]
    duty: Duty
    served: Sequence[ServedRelease]
    begun: float


@dataclass(frozen=True)
class Done:
    """A request and what was answered.

    Attributes:
        job: the request.
        answers: one a row.
        is_logged: whether they are in the log.
    """

    job: Job
    answers: Sequence[Answer]
    is_logged: bool = True


class Desk:
    """Answers requests and logs the answers, one commit for all that are answered together.

    Args:
        keeper: of the log.
        answers_unlogged: whether answers leave although the log does not work.
        now: the clock on the wall.
    """

    def __init__(self, keeper: LogKeeper, *, answers_unlogged: bool, now: Now = lambda: datetime.now(tz=UTC)) -> None:
        self._keeper = keeper
        self._answers_unlogged = answers_unlogged
        self._now = now

    def answer(self, jobs: Sequence[Job]) -> list[Done | RefusedError]:
        """Answer requests together; when this returns, the answers are in the log.

        Args:
            jobs: the requests.

        Returns:
            For each its answers, or the refusal where they could not be logged.
        """
        done = answer_jobs(jobs)
        try:
            self._keeper.append([one for each in done for one in self._logged(each)])
        except EvergreenError as error:
            return [self._unlogged(each, error) for each in done]
        except Exception as error:
            # What cannot be written may lie in the cells of one request.
            if len(done) == 1:
                return [self._unlogged(done[0], error)]
            return [result for job in jobs for result in self.answer([job])]
        return list(done)

    def log_shadow(self, done: Sequence[Done]) -> None:
        """Log what the shadow said.

        Args:
            done: its answers.

        Raises:
            EvergreenError: where they cannot be logged.
        """
        self._keeper.append([one for each in done for one in self._logged(each)])

    def _unlogged(self, done: Done, error: Exception) -> Done | RefusedError:
        fault = str(error) if isinstance(error, EvergreenError) else type(error).__name__
        _log.error("The log failed", extra={"told": {"request_id": done.job.request_id, "fault": fault}})
        if self._answers_unlogged:
            return replace(done, is_logged=False)
        finding = "The answer could not be written into the log"
        return refused(HTTPStatus.SERVICE_UNAVAILABLE, finding, "Ask again later.")

    def _logged(self, done: Done) -> list[Prediction]:
        job, answered_at = done.job, self._now().isoformat(timespec="microseconds")
        latency_ms = (time.perf_counter() - job.begun) * 1000
        return [
            Prediction(
                request_id=job.request_id,
                row=place,
                key=key,
                event_time=time_of(row, served.problem),
                cells=_shown(row, served),
                repairs=answer.repairs,
                reasons=answer.reasons,
                scores=answer.scores,
                action=answer.action,
                expected_payoff=answer.expected_payoff,
                release_id=served.release_id,
                role=served.role,
                answered_at=answered_at,
                latency_ms=latency_ms,
            )
            for place, (row, key, served, answer) in enumerate(
                zip(job.rows, job.keys, job.served, done.answers, strict=True)
            )
        ]


def _shown(row: Mapping[str, Any], served: ServedRelease) -> Mapping[str, Any]:
    hidden = served.problem.hidden_columns
    return row if not hidden else {name: cell for name, cell in row.items() if name not in hidden}


def answer_jobs(jobs: Sequence[Job]) -> list[Done]:
    """Answer requests, the rows of each release together.

    Args:
        jobs: the requests.

    Returns:
        Their answers, in order. A row that a release fails on is told so, and no other row suffers, unless it comes in
        one request with hundreds of those. A release with a scarce action rations it among the rows of each request
        by itself.
    """
    answers: list[list[Answer | None]] = [[None] * len(job.rows) for job in jobs]
    for served in {id(one): one for job in jobs for one in job.served}.values():
        places = [[row for row, one in enumerate(job.served) if one is served] for job in jobs]
        asked = [number for number, own in enumerate(places) if own]
        told = answer_requests(served, [[jobs[number].rows[row] for row in places[number]] for number in asked])
        for number, found in zip(asked, told, strict=True):
            for row, answer in zip(places[number], found, strict=True):
                answers[number][row] = answer
    return [Done(job, [one for one in found if one is not None]) for job, found in zip(jobs, answers, strict=True)]
