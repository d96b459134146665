"""Change which release is live: tried first, one change at a time, each with its reason."""

from dataclasses import dataclass

from evergreen.errors import ReleaseError
from evergreen.releases.fresh_process import try_in_fresh_process
from evergreen.releases.history import HistoryEntry, Kind, champion_before, history_in_effect, retired_ids
from evergreen.releases.release import load_release
from evergreen.releases.store import ReleaseStore
from evergreen.releases.versions import refuse_other_versions


@dataclass(frozen=True)
class Told:
    """Who changes something, and why.

    Attributes:
        by: who.
        at: when, UTC, ISO 8601.
        why: the reason in a sentence.
        as_of: the logical date of the run that does it; None for a person.
    """

    by: str
    at: str
    why: str
    as_of: str | None = None

    def entry(self, kind: Kind, release_id: str) -> HistoryEntry:
        """Write it as an entry of the history.

        Args:
            kind: what happens.
            release_id: to which release.

        Returns:
            The entry.
        """
        return HistoryEntry(release_id, None, self.as_of, self.at, self.by, self.why, kind)


def promote(store: ReleaseStore, release_id: str, told: Told) -> None:
    """Make a stored release the champion, once it has proved in a fresh process to be what was judged.

    Args:
        store: where it lies.
        release_id: its name; the champion itself is left as it is, and not tried again.
        told: who and why.

    Raises:
        ReleaseError: where it is missing, damaged, retired, made with another version of scikit-learn, answers
            otherwise than when it was judged, or breaks a limit of its case. The former champion then stays.
        BusyError: where another process changes something meanwhile.
    """
    with store.locked():
        _promote(store, told.entry("promote", release_id))


def roll_back(store: ReleaseStore, told: Told) -> str:
    """Make the last champion before the live one champion again; retired ones are passed over.

    Args:
        store: where releases lie.
        told: who and why.

    Returns:
        The id of the champion.

    Raises:
        ReleaseError: where there is none to go back to, and as ``promote``.
        BusyError: where another process changes something meanwhile.
    """
    with store.locked():
        release_id = champion_before(history_in_effect(store.history(), store.champion_id()))
        if release_id is None:
            finding = "hold no earlier champion that is not retired"
            raise ReleaseError("The releases", finding, "Promote one by its id, or train and release again.")
        _promote(store, told.entry("rollback", release_id))
    return release_id


def retire(store: ReleaseStore, release_id: str, told: Told) -> None:
    """Say that a release must not become champion any more; its files stay.

    Args:
        store: where it lies.
        release_id: its name.
        told: who and why.

    Raises:
        ReleaseError: where it is missing or live.
        BusyError: where another process changes something meanwhile.
    """
    store.retire(told.entry("retire", release_id))


def _promote(store: ReleaseStore, entry: HistoryEntry) -> None:
    is_refused = entry.release_id in retired_ids(store.history())
    if store.champion_id() != entry.release_id and not is_refused:
        release = load_release(entry.release_id, store.files(entry.release_id))
        refuse_other_versions(release.release_id, release.versions)
        with store.local_copy(entry.release_id) as folder:
            try_in_fresh_process(folder)
    store.promote(entry)
