"""What happened to the releases of a case: one line a change, only ever added to."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["promote", "rollback", "retire"]


@dataclass(frozen=True)
class HistoryEntry:
    """One change.

    Attributes:
        release_id: what became champion, or was retired.
        previous_id: what was champion before, if anything; the store fills it in.
        as_of: the logical date of the run that promoted it; None where a person did it.
        at: when, UTC, ISO 8601.
        by: who.
        why: the reason in a sentence.
        kind: what happened; lines written before there were kinds are promotions.
    """

    release_id: str
    previous_id: str | None
    as_of: str | None
    at: str
    by: str
    why: str
    kind: Kind = "promote"

    @property
    def makes_champion(self) -> bool:
        """Whether it changed what is live."""
        return self.kind != "retire"


def write_line(entry: HistoryEntry) -> bytes:
    """Write a change as the line that is kept of it.

    Args:
        entry: the change.

    Returns:
        One line of JSON, with its end.
    """
    return (json.dumps(asdict(entry), ensure_ascii=False) + "\n").encode()


def read_lines(lines: Iterable[bytes]) -> list[HistoryEntry]:
    """Read changes back.

    Args:
        lines: of ``write_line``.

    Returns:
        The changes, in order.

    Raises:
        TypeError: where a line has other fields.
        ValueError: where a line is no JSON, or of a kind nobody knows.
    """
    found = [HistoryEntry(**json.loads(line)) for line in lines]
    odd = [one.kind for one in found if one.kind not in ("promote", "rollback", "retire")]
    if odd:
        raise ValueError(f"'{odd[0]}' is no kind of change")
    return found


def retired_ids(history: Sequence[HistoryEntry]) -> frozenset[str]:
    """Name the releases that may not become champion any more.

    Args:
        history: every change.

    Returns:
        Their ids.
    """
    return frozenset(one.release_id for one in history if one.kind == "retire")


def history_in_effect(history: Sequence[HistoryEntry], live: str | None) -> list[HistoryEntry]:
    """Leave out a change that broke off after its line was written and before the pointer was moved.

    Args:
        history: every change, oldest first.
        live: the release that the pointer names.

    Returns:
        The changes that led to what is live.
    """
    places = [place for place, one in enumerate(history) if one.makes_champion]
    is_cut_off = bool(places) and history[places[-1]].release_id != live
    return [one for place, one in enumerate(history) if not (is_cut_off and place == places[-1])]


def champion_before(history: Sequence[HistoryEntry]) -> str | None:
    """Find what a rollback goes back to: the last champion before the live one that is not retired.

    A rollback undoes a promotion, so what it left is not gone back to by the next one.

    Args:
        history: every change, oldest first.

    Returns:
        Its id; None where there is none.
    """
    champions: list[str] = []
    for one in history:
        if one.kind == "rollback":
            while champions and champions[-1] != one.release_id:
                champions.pop()
        if one.makes_champion and champions[-1:] != [one.release_id]:
            champions.append(one.release_id)
    retired, live = retired_ids(history), champions[-1:]
    left = [one for one in champions if one not in retired and [one] != live]
    return left[-1] if left else None
