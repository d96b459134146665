"""The live release, the one before it, and since when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from evergreen.errors import ReleaseError
from evergreen.releases.history import HistoryEntry, champion_before, history_in_effect
from evergreen.releases.release import Champion, LoadedRelease
from evergreen.releases.store import ReleaseStore


@dataclass(frozen=True)
class Succession:
    """The live release, the one before it, and since when.

    Attributes:
        champion: the live release.
        former_id: what a rollback would go back to; None where there is nothing.
        changed_on: the logical date of the run that made the champion live; None where a person did.
        is_promoted: whether it was promoted, and not gone back to.
        read: reads a stored release by its name.
        history: every change that led to what is live, oldest first.
    """

    champion: Champion
    former_id: str | None
    changed_on: date | None
    is_promoted: bool
    read: Callable[[str], LoadedRelease]
    history: tuple[HistoryEntry, ...] = ()

    def former(self) -> LoadedRelease | None:
        """Read what a rollback would go back to.

        Returns:
            The release; None where there is none, or it is damaged: then nobody can go back to it.
        """
        try:
            return None if self.former_id is None else self.read(self.former_id)
        except ReleaseError:
            return None


def read_succession(store: ReleaseStore) -> Succession:
    """Read who is live and who was before.

    Args:
        store: where releases lie.

    Returns:
        The succession.

    Raises:
        ReleaseError: where the champion, the pointer or the history is damaged.
    """
    champion = store.champion()
    history = history_in_effect(store.history(), champion.release_id)
    last = next((one for one in reversed(history) if one.makes_champion), None)
    changed_on = None if last is None or last.as_of is None else date.fromisoformat(last.as_of)
    is_promoted = last is not None and last.kind == "promote"
    return Succession(champion, champion_before(history), changed_on, is_promoted, store.load, tuple(history))
