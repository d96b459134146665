"""What a search reaches outside its own head by: a study, a place for predictions, a clock, and whoever watches."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from optuna.storages import BaseStorage

from evergreen.tuning.budget import Cost
from evergreen.tuning.meter import Memory, NoMemory

Unseen = tuple[NDArray[np.float64], ...]
_SECONDS_BETWEEN_LINES = 1.0


class Keeper(Protocol):
    """Where out-of-fold predictions outlive the process."""

    def keep(self, study: str, number: int, unseen: Unseen) -> None:
        """Keep the predictions of a trial, whole or not at all; raises ``OSError`` where that fails."""

    def recall(self, study: str, number: int) -> Unseen | None:
        """Give them back; None where they are lost or damaged."""


@dataclass(eq=False)
class Search:
    """The search's way to the world outside.

    Attributes:
        open_storage: opens the storage of a study by its name.
        keeper: keeps predictions.
        read: what the process has taken so far, from any beginning.
        worker: names this process among those that share a study.
        is_shared: whether other processes may work on the same study now.
        beat_seconds: how often a worker of a shared study says that it lives; None where nobody listens.
        listener: is told how the search gets on; nobody at first.
        memory: what the process holds.
        before: what steps before the search took, in this process.
    """

    open_storage: Callable[[str], BaseStorage]
    keeper: Keeper
    read: Callable[[], Cost]
    worker: str = ""
    is_shared: bool = False
    beat_seconds: float | None = None
    listener: Callable[[str], None] | None = None
    memory: Memory = field(default_factory=NoMemory)
    before: Cost = field(default_factory=Cost)

    def __post_init__(self) -> None:
        self._told_at: float | None = None

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have someone told how the search gets on.

        Args:
            listener: takes one line at a time.
        """
        self.listener = listener

    def tell(self, text: str) -> None:
        """Tell how the search gets on, at most once a second.

        Args:
            text: one line.
        """
        now = self.read().wall_seconds
        is_early = self._told_at is not None and now - self._told_at < _SECONDS_BETWEEN_LINES
        if self.listener is not None and not is_early:
            self._told_at = now
            self.listener(text)
