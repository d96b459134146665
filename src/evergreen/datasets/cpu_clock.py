"""The processor's clock in the catalog."""

import time
from collections.abc import Callable
from typing import Any, NoReturn

from kedro.io import AbstractDataset

from evergreen.errors import WriteRefusedError


class CpuClock(AbstractDataset[Any, Callable[[], float]]):
    """Seconds of processors that this process has taken; loading gives the function that reads them.

    What a node reads from it differs from run to run.

    Args:
        metadata: free text for other tools.
    """

    has_value_when_absent = True

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata

    def load(self) -> Callable[[], float]:
        """Give the clock.

        Returns:
            A function without arguments that gives seconds.
        """
        return time.process_time

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002 - the interface of Kedro
        """Refuse: nobody sets a clock.

        Args:
            data: anything.

        Raises:
            WriteRefusedError: always.
        """
        raise WriteRefusedError("The processor's clock", "is only read", "Save to another entry of the catalog.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {}
