"""Entries of the catalog that are only read."""

from abc import abstractmethod
from typing import Any, Generic, NoReturn, TypeVar

from kedro.io import AbstractDataset

from evergreen.errors import WriteRefusedError

T = TypeVar("T")


class ReadOnlyDataset(AbstractDataset[Any, T], Generic[T]):
    """A dataset that has a value whether something lies behind it or not, and is never saved."""

    has_value_when_absent = True

    @abstractmethod
    def refusal(self) -> WriteRefusedError:
        """Say why nothing is saved here, and what to do instead."""

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002 - the interface of Kedro
        """Refuse.

        Args:
            data: anything.

        Raises:
            WriteRefusedError: always.
        """
        raise self.refusal()
