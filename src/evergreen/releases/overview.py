"""Releases and their history as tables, for people and programs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from evergreen.errors import ReleaseError
from evergreen.problem import in_digits
from evergreen.releases.history import HistoryEntry, retired_ids
from evergreen.releases.release import LoadedRelease
from evergreen.releases.store import ReleaseStore
from evergreen.releases.versions import tell_other_versions

DAMAGED = "damaged"
_LISTED = ["release_id", "state", "as_of", "judged_until", "change", "changed_at", "by", "why"]


def list_releases(store: ReleaseStore) -> pd.DataFrame:
    """List every release that is stored, the one that was changed last at the end.

    Args:
        store: where they lie.

    Returns:
        Columns ``release_id``; ``state`` (champion, retired, damaged or nothing); ``as_of`` and ``judged_until`` of its
        split; ``change, changed_at, by, why`` of the last change it took part in.

    Raises:
        ReleaseError: where pointer or history cannot be read.
    """
    history, states = store.history(), _states(store)
    places = {one.release_id: place for place, one in enumerate(history)}
    found = sorted(store.release_ids(), key=lambda one: (places.get(one, -1), one))
    last = {one.release_id: one for one in history}
    rows = [_listed(store, release_id, states.get(release_id, ""), last.get(release_id)) for release_id in found]
    return pd.DataFrame(rows, columns=_LISTED)


def show_release(store: ReleaseStore, release_id: str) -> pd.DataFrame:
    """Tell what a release holds and what happened to it.

    Args:
        store: where it lies.
        release_id: its name.

    Returns:
        Columns ``what, told``: its state, case and split, figures with intervals, versions that differ from those at
        hand, each file with its size, and its history.

    Raises:
        ReleaseError: where it is missing or damaged.
    """
    release, files = store.load(release_id), store.files(release_id)
    told = {
        "release_id": release_id,
        "state": _states(store).get(release_id, ""),
        "case": release.problem.name,
        **{name: str(value) for name, value in release.documents.get("split_card", {}).items()},
        **dict(_figures(release.documents)),
        "other versions": tell_other_versions(release.versions),
        **{f"file {name}": f"{len(content):,} bytes" for name, content in sorted(files.items())},
    }
    rows = [*told.items(), *(("change", _sentence(one)) for one in store.history() if one.release_id == release_id)]
    return pd.DataFrame(rows, columns=["what", "told"])


def verify_releases(store: ReleaseStore, release_id: str | None = None) -> pd.DataFrame:
    """Check every file of releases, and of all of them the pointer and the history too.

    Args:
        store: where they lie.
        release_id: one of them; all where not said.

    Returns:
        Columns ``what, state, finding``: one row a release, named by its id, and for all also ``champion.json`` and
        ``history.jsonl``. The state is whole or damaged; of a whole one the finding tells other versions.

    Raises:
        ReleaseError: where the one that is asked for is not there.
    """
    if release_id is not None:
        store.files(release_id)
        return _checked([_check_release(store, release_id)])
    rows = [_check_release(store, one) for one in store.release_ids()]
    return _checked([*rows, _check_pointer(store), _check("history.jsonl", store.history)])


def _listed(store: ReleaseStore, release_id: str, state: str, last: HistoryEntry | None) -> tuple[str | None, ...]:
    try:
        card: Mapping[str, Any] = store.load(release_id).documents.get("split_card", {})
    except ReleaseError:
        card, state = {}, DAMAGED
    change = (None,) * 4 if last is None else (last.kind, last.at, last.by, last.why)
    return (release_id, state, card.get("as_of"), card.get("judged_until"), *change)


def _states(store: ReleaseStore) -> dict[str, str]:
    states = dict.fromkeys(retired_ids(store.history()), "retired")
    live = store.champion_id()
    return states if live is None else {**states, live: "champion"}


def _figures(documents: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for group in ("metrics", "money"):
        for name, one in documents.get(group, {}).items():
            value, low, high = (_number(one[key]) for key in ("value", "low", "high"))
            yield f"{group} {name}", f"{value} ({low} to {high})"


def _number(value: float | None) -> str:
    return "?" if value is None else in_digits(value)


def _sentence(one: HistoryEntry) -> str:
    as_of = f", as of {one.as_of}" if one.as_of else ""
    return f"{one.at} {one.kind} by {one.by}{as_of}: {one.why}"


def _check_release(store: ReleaseStore, release_id: str) -> tuple[str, str, str]:
    found: list[LoadedRelease] = []
    what, state, finding = _check(release_id, lambda: found.append(store.load(release_id)))
    others = tell_other_versions(found[0].versions) if found else ""
    return what, state, finding or (f"made with {others}" if others else "")


def _check_pointer(store: ReleaseStore) -> tuple[str, str, str]:
    def look() -> None:
        live = store.champion_id()
        if live is not None:
            store.files(live)

    return _check("champion.json", look)


def _check(what: str, look: Callable[[], object]) -> tuple[str, str, str]:
    try:
        look()
    except ReleaseError as error:
        return what, DAMAGED, str(error)
    return what, "whole", ""


def _checked(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["what", "state", "finding"])
