"""What is said of one row, and who says it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol


class Answer(NamedTuple):
    """What a release says of one row.

    Attributes:
        scores: in the order of ``score_columns``; empty where the row cannot be used.
        action: the action, class or quantity that is decided on; None where the row cannot be used.
        expected_payoff: of that action, in the payoff's unit; None without a payoff of classes.
        repairs: (column, rule) of every cell that was changed, in contract order.
        reasons: why the row cannot be used, all in one text; empty where it can.
    """

    scores: tuple[float, ...]
    action: str | float | None
    expected_payoff: float | None
    repairs: tuple[tuple[str, str], ...]
    reasons: str = ""


class Answerer(Protocol):
    """Answers rows by one release.

    Attributes:
        is_compiled: whether it answers by lookups and arrays; else by tables, as batches do.
        note: why it is not compiled, in a sentence; empty where it is.
    """

    is_compiled: bool
    note: str

    def answer(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Repair, score and decide; no row changes the answer to another.

        Args:
            rows: raw cells by the contract's names, as JSON gives them (text, numbers, Booleans, null); an absent cell
                is missing.

        Returns:
            One answer a row, in order.
        """
        ...
