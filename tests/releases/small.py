"""Small releases that tests store, damage and load; nobody may change them."""

from functools import cache
from typing import Any

from evergreen.problem import Kind
from evergreen.releases import HistoryEntry, Release, assemble_release
from tests.models.small import small_case, trained


@cache
def small_release(kind: Kind = "binary", note: str = "first") -> Release:
    """A release of a linear model; another note makes another release."""
    metrics = {"log_loss": {"value": 0.5, "low": None, "high": 1.0}}
    documents: dict[str, Any] = {"metrics": metrics, "note": {"is": note}}
    return assemble_release(small_case(kind), trained(kind).model, documents)


def entry(release: Release, previous: Release | None = None) -> HistoryEntry:
    """The promotion of a release."""
    previous_id = None if previous is None else previous.release_id
    return HistoryEntry(release.release_id, previous_id, "2020-06-30", "2020-07-01T00:00:00+00:00", "ada", "It pays.")
