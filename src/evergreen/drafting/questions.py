"""What a draft was unsure of, for the owner of the case to decide."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Place = tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One thing to decide.

    Attributes:
        found: what was found.
        assumed: what the draft does about it.
        otherwise: what else it could be, and what to write then.
        places: the keys of the case that it is about, each as a path: ``("columns", "age", "range")``.
    """

    found: str
    assumed: str
    otherwise: str
    places: tuple[Place, ...]

    @property
    def text(self) -> str:
        """The question in three sentences."""
        return f"{self.found}. Assumed: {self.assumed}. Otherwise: {self.otherwise}."


def in_order(questions: Iterable[Question], told: Mapping[str, Any]) -> tuple[Question, ...]:
    """Put questions in the order in which a reader of the case meets them.

    Args:
        questions: in any order.
        told: the case, in the order of the file; what is not about it comes first.

    Returns:
        The questions, sorted; several columns are asked about at the head of the contract, before the single ones.
    """
    sections, columns = [*told], [*told["columns"]]

    def place(question: Question) -> tuple[int, int]:
        section, *rest = question.places[0]
        is_single = section == "columns" and len(question.places) == 1 and bool(rest)
        return (sections.index(section) if section in sections else -1, columns.index(rest[0]) if is_single else -1)

    return tuple(sorted(questions, key=place))
