"""What the service's log tells of a window: how many answers, how fast, and whether they are what tables say."""

import math
from typing import Annotated

from pydantic import Field, FiniteFloat

from evergreen.problem import CaseModel, in_digits, in_full
from evergreen.watching.alarm import Alarm
from evergreen.watching.signals import SignalKind
from evergreen.watching.tell import advise

# Of fewer requests nobody can say what one in a hundred takes.
FEWEST_REQUESTS = 10
_MOST_NAMED = 5
_SURE = 99.0
_Count = Annotated[int, Field(ge=0)]


class ServiceRecord(CaseModel):
    """What is kept of the answers of a window.

    Attributes:
        n_answers: rows that the release answered as champion, each answer once.
        n_unusable: those that could not be used, for a fault of their own.
        n_failed: those that the release failed on.
        n_requests: requests that they came in.
        p50_ms: median latency of a request by its rows, in milliseconds.
        p99_ms: the latency that at most one request of a hundred is above; the second slowest of fewer than 200.
        n_asked_again: answers that tables were asked about again.
        n_differing: those of which tables say something else.
        differing: column -> how many of these; see ``answering.again.Difference``.
        largest_gap: the largest difference of a score among them.
    """

    n_answers: _Count
    n_unusable: _Count = 0
    n_failed: _Count = 0
    n_requests: _Count = 0
    p50_ms: FiniteFloat | None = None
    p99_ms: FiniteFloat | None = None
    n_asked_again: _Count = 0
    n_differing: _Count = 0
    differing: dict[str, _Count] = {}
    largest_gap: FiniteFloat = 0.0


def watch_service(window: str, record: ServiceRecord | None, max_latency_ms: float | None) -> list[Alarm]:
    """Find what is wrong with the answers of a window.

    Args:
        window: its name.
        record: what is kept of its answers; None where there were none.
        max_latency_ms: the case's own limit; None for no limit.

    Returns:
        At most one alarm of the latency and one of skew.
    """
    if record is None:
        return []
    found = [_watch_latency(window, record, max_latency_ms), _watch_skew(window, record)]
    return [one for one in found if one is not None]


def _watch_latency(window: str, record: ServiceRecord, limit: float | None) -> Alarm | None:
    p99 = record.p99_ms
    if limit is None or p99 is None or record.n_requests < FEWEST_REQUESTS or p99 <= limit:
        return None
    finding = (
        f"One request of a hundred takes {in_digits(p99, 3)} ms a row and more, where {in_full(limit)} ms are allowed "
        f"({record.n_requests:,} requests, half of them within {in_digits(record.p50_ms or 0.0, 3)} ms), since "
        f"{window}. What it costs is not known."
    )
    return _alarm(window, "latency", finding, (limit, p99), n_rows=record.n_answers)


def _watch_skew(window: str, record: ServiceRecord) -> Alarm | None:
    if not record.n_differing:
        return None
    most = sorted(record.differing.items(), key=lambda one: (-one[1], one[0]))
    named = ", ".join(f"'{name}' ({n:,})" for name, n in most[:_MOST_NAMED])
    where = f" Repaired in other ways, or at all, were: {named}." if most else " No cell of theirs was repaired."
    finding = (
        f"{record.n_differing:,} of {record.n_asked_again:,} answers of the service are not what the release's own "
        f"tables say of the same row (scores by up to {in_digits(record.largest_gap, 3)}), since {window}.{where} "
        "What it costs is not known."
    )
    share = record.n_differing / record.n_asked_again
    return _alarm(window, "skew", finding, (0.0, share), n_rows=record.n_asked_again)


def _alarm(window: str, kind: SignalKind, finding: str, figures: tuple[float, float], *, n_rows: int) -> Alarm:
    before, now = figures
    # Neither is a test: how far off it is stands in place of a score, so that the worst window is the strongest.
    return Alarm(
        window=window,
        cause=kind,
        kind=kind,
        signal=kind,
        n_windows=1,
        since=window,
        score=min(now / before, _SURE) if before else 1.0 + now,
        before=before,
        now=now,
        effect=math.log(now / before) if before else now,
        n_rows=n_rows,
        finding=finding,
        advice=advise(kind),
    )
