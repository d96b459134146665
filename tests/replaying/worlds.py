"""Streams whose truth is known, and a workshop that knows what any model would be worth without fitting it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evergreen.replaying.stream import Stream, Window
from evergreen.replaying.workshop import Made, Values

N_BATCHES, N_FIRST, N_ROWS = 24, 4, 40
Worth = Callable[[Window, int], float]


def plain_stream(*, n_batches: int = N_BATCHES, n_first: int = N_FIRST, late: int = 2, n_rows: int = N_ROWS) -> Stream:
    """Batches of equal size whose outcomes come so many batches late."""
    batch = np.repeat(np.arange(n_batches), n_rows)
    known = np.maximum(np.arange(n_batches) - late, n_first)
    return Stream(pd.DataFrame({"row_id": np.arange(len(batch))}), batch, n_batches, n_first, known)


@dataclass
class KnownWorkshop:
    """Gives each model what the world says that it is worth in each batch, and the same noise to all models.

    Attributes:
        stream: the past.
        worth: window and batch -> the mean worth of a decision.
        noise: its spread from row to row, of each model by itself.
        asked: every window that was asked for.
    """

    stream: Stream
    worth: Worth
    noise: float = 0.2
    asked: list[Window] = field(default_factory=list)

    def make(self, window: Window) -> Made:
        self.asked.append(window)
        rng = np.random.default_rng(1000 * window.until + window.since)
        means = np.array([self.worth(window, batch) for batch in range(self.stream.n_batches)])
        values: Values = means[self.stream.batch] + rng.normal(0, self.noise, len(self.stream.batch))
        values[self.stream.batch < window.until] = np.nan
        return Made(values, 1.0)


def quiet(window: Window, batch: int) -> float:
    """Nothing changes."""
    return 1.0


def flip(window: Window, batch: int, *, at: int = 12) -> float:
    """A concept turns round at a batch: a model serves it as well as the share of its window that knows it."""
    n_new = max(0, window.until - max(window.since, at))
    share_new = n_new / (window.until - window.since)
    return share_new if batch >= at else 1 - share_new
