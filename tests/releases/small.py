"""Small releases that tests store, damage and load; nobody may change them."""

from functools import cache
from typing import Any

from evergreen.models.decide import predict_rows
from evergreen.problem import Kind
from evergreen.releases import HistoryEntry, Release, Told, assemble_release
from evergreen.releases.check_rows import CHECK_ROWS, choose_check_rows
from evergreen.tables.outliers import NO_LIMITS
from tests.models.small import small_case, small_rows, trained

BY_ADA = Told("ada", "2020-07-01T00:00:00+00:00", "It pays.", "2020-06-30")


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


@cache
def checked_release(*, shift: float = 0, **limits: float) -> Release:
    """A release with check rows; with a shift it is not what was judged."""
    problem = small_case("binary", limits={"min_training_rows": 20, "min_holdout_rows": 20, **limits})
    model, rows = trained("binary").model, small_rows("binary", 40, seed=3)
    told = choose_check_rows(model, rows, predict_rows(model, rows, problem), problem, NO_LIMITS).model_dump(
        mode="json"
    )
    told["scores"][3][0] += shift
    return assemble_release(problem, model, {CHECK_ROWS: told}, card="# The card")
