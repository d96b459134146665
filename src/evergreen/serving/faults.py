"""What a request can be refused for, each with a status of HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

MAX_TOLD = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request.

    Attributes:
        finding: what was found.
        cure: the way out.
        row: the row it was found in, from 0.
        field: the field it was found in.
    """

    finding: str
    cure: str
    row: int | None = None
    field: str | None = None

    def told(self) -> dict[str, Any]:
        """Write it as JSON.

        Returns:
            What is known of row, field, finding and way out.
        """
        cells = {"row": self.row, "field": self.field, "finding": self.finding, "way_out": self.cure}
        return {name: cell for name, cell in cells.items() if cell is not None}


@dataclass(eq=False)
class RefusedError(Exception):
    """A request that is not answered.

    Attributes:
        status: of HTTP.
        faults: why, at least one.
        headers: that the answer carries besides.
        ends_connection: whether more of the request may be on its way, which nobody will read.
    """

    status: HTTPStatus
    faults: Sequence[Fault]
    headers: Mapping[str, str] = field(default_factory=dict)
    ends_connection: bool = False

    def told(self) -> dict[str, Any]:
        """Write it as JSON.

        Returns:
            ``error``, a sentence, and ``errors``, the first of the faults.
        """
        first = self.faults[0]
        place = "".join(
            [f"Row {first.row}: " if first.row is not None else "", f"field '{first.field}' " if first.field else ""]
        )
        found = {"error": f"{place}{first.finding}. {first.cure}"}
        return found | {"errors": [one.told() for one in self.faults[:MAX_TOLD]], "n_errors": len(self.faults)}


def refused(status: HTTPStatus, finding: str, cure: str, *, ends_connection: bool = False) -> RefusedError:
    """Refuse a request as a whole.

    Args:
        status: of HTTP.
        finding: what is wrong with it.
        cure: the way out.
        ends_connection: see ``RefusedError``.

    Returns:
        The error to raise.
    """
    waits = {"Retry-After": "1"} if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE) else {}
    return RefusedError(status, [Fault(finding, cure)], waits, ends_connection)
