"""The few errors a user can meet, each with the thing, the finding and the way out."""

from collections.abc import Iterable

_MAX_NAMED = 5
_MAX_SHOWN = 80


class EvergreenError(Exception):
    """A fault the user can mend.

    Args:
        thing: what is wrong, by name ("Column 'age_years'").
        finding: what was found, with the first example ("has 3 negative values (first: row 17, -4)").
        cure: the way out, as an imperative sentence ("Widen its range or fix the source.").
    """

    def __init__(self, thing: str, finding: str, cure: str) -> None:
        super().__init__(f"{thing} {finding}. {cure}")
        self.thing = thing
        self.finding = finding
        self.cure = cure

    def __reduce__(self) -> tuple[type["EvergreenError"], tuple[str, str, str]]:
        """Let the error cross from one process to another."""
        return type(self), (self.thing, self.finding, self.cure)


class CaseError(EvergreenError):
    """The business case contradicts itself or names something that does not exist."""


class DataError(EvergreenError):
    """The data break their contract in a way that no single row can be blamed for."""


class ReleaseError(EvergreenError):
    """A release is missing, damaged, or was made by something this installation cannot trust."""


class WriteRefusedError(EvergreenError):
    """An environment that may only read production tried to write to it."""


class LogError(EvergreenError):
    """The log of predictions cannot be opened, written or read."""


class BusyError(EvergreenError):
    """Another run works on the same case."""


def named(items: Iterable[object]) -> str:
    """Name the first few items of a collection in one bounded phrase.

    Args:
        items: anything printable; order is kept.

    Returns:
        ``"'a', 'b' and 3 more"``; ``"none"`` for an empty collection.
    """
    quoted = [repr(bounded(str(item))) for item in items]
    if not quoted:
        return "none"
    if len(quoted) <= _MAX_NAMED:
        return ", ".join(quoted)
    return f"{', '.join(quoted[:_MAX_NAMED])} and {len(quoted) - _MAX_NAMED} more"


def bounded(text: str) -> str:
    """Cut a text that may be of any length.

    Args:
        text: a cell, a name.

    Returns:
        Its first 80 characters and "..." where it is longer; else the text itself.
    """
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
