"""The processor's clock in the catalog."""

import time
from collections.abc import Callable
from typing import Any

from evergreen.errors import WriteRefusedError
from evergreen.read_only import ReadOnlyDataset


class CpuClock(ReadOnlyDataset[Callable[[], float]]):
    """Seconds of processors that this process has taken; loading gives the function that reads them.

    What a node reads from it differs from run to run.

    Args:
        metadata: free text for other tools.
    """

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata

    def load(self) -> Callable[[], float]:
        """Give the clock.

        Returns:
            A function without arguments that gives seconds.
        """
        return time.process_time

    def refusal(self) -> WriteRefusedError:
        """Nobody sets a clock."""
        return WriteRefusedError("The processor's clock", "is only read", "Save to another entry of the catalog.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {}
