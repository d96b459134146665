"""The log: answers go in, outcomes follow, frames come out."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from evergreen.prediction_log.records import Outcome, Prediction, Receipt

if TYPE_CHECKING:
    from pandas import DataFrame

Durability = Literal["full", "normal"]


class PredictionLog(Protocol):
    """The log of one case; see ``open_log``."""

    def append(self, predictions: Sequence[Prediction]) -> None:
        """Write answers, all in one commit."""
        ...

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> Receipt:
        """Write outcomes, all in one commit."""
        ...

    def read(
        self, *, since: str | None = None, until: str | None = None, roles: Collection[str] = ("champion",)
    ) -> "DataFrame":
        """Read the answers of a time."""
        ...

    def read_parts(
        self,
        *,
        n_rows: int,
        since: str | None = None,
        until: str | None = None,
        roles: Collection[str] = ("champion",),
    ) -> Iterator["DataFrame"]:
        """Read the same in parts."""
        ...

    def purge(self, *, before: str) -> int:
        """Delete what is older."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_log(
    url: str,
    *,
    case: str,
    hidden_columns: Collection[str] = (),
    durability: Durability = "full",
    wait_seconds: float = 5.0,
) -> PredictionLog:
    """Open the log of a case; make it where it does not exist."""
    raise NotImplementedError
