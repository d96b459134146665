"""What the log is given: answers, outcomes, and the receipt for outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

# The reason of a row that a release could not answer for a fault of its own.
FAILED: Final = "the release failed on this row"


class Prediction(NamedTuple):
    """One row of a request, and what a release said of it.

    Attributes:
        request_id: the request.
        row: the row's place in it, from 0. Request, row and role name a prediction: the same again is ignored.
        key: the key columns of the row.
        event_time: the row's own time of decision, ISO; None without one, and where it cannot be read.
        cells: raw cells by the contract's names, as they came.
        repairs: (column, rule) of every cell that was changed.
        reasons: why the row could not be used; empty where it could.
        scores: in the order of the case's score columns; empty where the row could not be used.
        action: the action, class or quantity that was decided on.
        expected_payoff: of that action, in the payoff's unit.
        release_id: the release that answered.
        role: what the release was there for: champion, shadow or canary.
        answered_at: when it was answered, ISO with a zone, or UTC.
        latency_ms: how long the answer took, >= 0.
    """

    request_id: str
    row: int
    key: Mapping[str, Any]
    event_time: str | None
    cells: Mapping[str, Any]
    repairs: Sequence[tuple[str, str]]
    reasons: str
    scores: Sequence[float]
    action: str | float | None
    expected_payoff: float | None
    release_id: str
    role: str
    answered_at: str
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row.

    Attributes:
        key: the key columns of the row.
        value: the class or quantity; None (or NaN) where it is not known, or not known any more.
        known_at: since when that is known, ISO with a zone, or UTC. Of two for one key the later known one counts,
            whichever came first; of two known at the same moment the one that came last.
    """

    key: Mapping[str, Any]
    value: str | float | None
    known_at: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What outcomes did to the log. New, repeated and changed are all that were given.

    Attributes:
        n_new: the first of their key.
        n_repeated: left what counts for their key as it was: said before, or outdated.
        n_changed: replaced what counted for their key.
        n_unknown: of all these, the ones whose key no prediction has yet; they count once one comes.
    """

    n_new: int
    n_repeated: int
    n_changed: int
    n_unknown: int
