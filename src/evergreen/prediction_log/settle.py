"""Which outcome counts, whatever the order in which outcomes come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Effect = Literal["new", "repeated", "changed"]


@dataclass(slots=True)
class Known:
    """What was known of one key in a time.

    Attributes:
        value: the outcome as JSON.
        known_at: since when.
        confirmed_at: until when the same was said again, with nothing else in between.
        id: of its row in the table; None where it has none yet.
        is_touched: whether its row is to be written.
    """

    value: str
    known_at: str
    confirmed_at: str
    id: int | None = None
    is_touched: bool = False


def current(history: Sequence[Known]) -> Known | None:
    """Find what counts.

    Args:
        history: of one key, in order of arrival.

    Returns:
        What was said of the latest time; of two said of the same time the one that came last. None without history.
    """
    return max(reversed(history), key=lambda one: one.confirmed_at, default=None)


def settle(history: list[Known], value: str, known_at: str) -> Effect:
    """Take in one outcome.

    Args:
        history: of its key, in order of arrival; it is changed.
        value: the outcome as JSON.
        known_at: since when it is known.

    Returns:
        What it did to what counts.
    """
    before = current(history)
    if any(one.value == value and one.known_at <= known_at <= one.confirmed_at for one in history):
        return "repeated"
    if before is not None and before.value == value and known_at > before.confirmed_at:
        before.confirmed_at, before.is_touched = known_at, True
        return "repeated"
    for one in [one for one in history if one.known_at < known_at < one.confirmed_at]:
        _part(history, one)
    history.append(Known(value, known_at, known_at, is_touched=True))
    if before is None:
        return "new"
    after = current(history)
    return "repeated" if after is None or after.value == before.value else "changed"


def _part(history: list[Known], one: Known) -> None:
    """Something else was known in between: it is only sure for both ends."""
    history.append(Known(one.value, one.known_at, one.known_at, is_touched=True))
    one.known_at, one.is_touched = one.confirmed_at, True
