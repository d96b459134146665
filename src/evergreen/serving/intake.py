"""From JSON to raw rows: the form is checked here, and every value by the contract's own rules afterwards."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

from evergreen.errors import bounded
from evergreen.problem import Problem
from evergreen.serving.faults import MAX_TOLD, Fault, RefusedError, refused
from evergreen.serving.params import ServingParams

Row = dict[str, Any]
# What cells are, and what no cell is, of all that JSON gives.
_PLAIN, _NESTED = frozenset({str, int, float, bool, type(None)}), (dict, list)


def take_list(body: Any, name: str, *, max_rows: int) -> list[Any]:
    """Take the one list that a body holds.

    Args:
        body: what JSON gave.
        name: of the list.
        max_rows: that it may hold.

    Returns:
        Its items, at least one.

    Raises:
        RefusedError: 422 where it is another form, empty or too long.
    """
    way_out = f'Send {{"{name}": [...]}}.'
    if not isinstance(body, dict) or not isinstance(body.get(name), list):
        raise refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"The body holds no list '{name}'", way_out)
    others = [key for key in body if key != name]
    if others:
        fault = Fault("is no part of such a request", way_out, field=bounded(others[0]))
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, [fault])
    items: list[Any] = body[name]
    if not items:
        raise refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"The list '{name}' is empty", "Send one row or more.")
    refuse_many(len(items), max_rows=max_rows)
    return items


def refuse_many(n_rows: int, *, max_rows: int) -> None:
    """Refuse more rows than a request may have.

    Args:
        n_rows: of the request.
        max_rows: that it may have.

    Raises:
        RefusedError: 422.
    """
    if n_rows > max_rows:
        finding = f"The request has {n_rows} rows, more than {max_rows}"
        raise refused(HTTPStatus.UNPROCESSABLE_ENTITY, finding, "Send fewer rows at a time.")


def in_request(problem: Problem) -> tuple[str, ...]:
    """Name the columns that a request may bring.

    Args:
        problem: the case.

    Returns:
        All that are known at the decision.
    """
    return tuple(name for name in problem.columns if name not in problem.outcome_columns)


class Intake:
    """Takes rows by the contract of a release.

    Args:
        problem: the case.
        unknown_fields: whether a field that the contract does not have is refused, or left out.
    """

    def __init__(self, problem: Problem, unknown_fields: str) -> None:
        self._refuses = unknown_fields == "refuse"
        self._late = frozenset(problem.outcome_columns)
        self._known = frozenset(in_request(problem))

    @classmethod
    def of(cls, problem: Problem, params: ServingParams) -> "Intake":
        """Take rows as the parameters say.

        Args:
            problem: the case.
            params: of the service.

        Returns:
            The intake.
        """
        return cls(problem, params.unknown_fields)

    def take(self, items: Sequence[Any]) -> list[Row]:
        """Check the form of rows: objects of the contract's names, with one text, number, Boolean or null in each.

        Args:
            items: what JSON gave.

        Returns:
            The rows; cells as they came.

        Raises:
            RefusedError: 422 with the first faults, where there is any.
        """
        faults: list[Fault] = []
        rows = [self._take_row(item, place, faults) for place, item in enumerate(items)]
        if faults:
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, faults)
        return rows

    def _take_row(self, item: Any, place: int, faults: list[Fault]) -> Row:
        if not isinstance(item, dict):
            faults.append(Fault("is no object", "Send {column: value}.", row=place))
            return {}
        row: Row = item
        if not item.keys() <= self._known:
            self._judge_names(item, place, faults)
            row = {name: cell for name, cell in item.items() if name in self._known}
        if _PLAIN.issuperset(map(type, row.values())):
            return row
        for name, cell in row.items():
            if isinstance(cell, _NESTED):
                finding = f"holds {'an object' if isinstance(cell, dict) else 'a list'}"
                faults.append(Fault(finding, "Send text, a number, a Boolean or null.", place, name))
        return row

    def _judge_names(self, item: Mapping[str, Any], place: int, faults: list[Fault]) -> None:
        for name in item:
            if name in self._late:
                cure = "Leave it out: it goes to /outcomes once it is known."
                faults.append(Fault("is known only at the outcome", cure, place, name))
            elif name not in self._known and self._refuses and len(faults) < MAX_TOLD:
                close = get_close_matches(bounded(name), self._known, n=1)
                cure = f"Did you mean '{close[0]}'?" if close else "Leave it out."
                faults.append(Fault("is not in the contract", cure, place, bounded(name)))
