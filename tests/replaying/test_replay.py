"""The best schedule with hindsight against all schedules there are."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from evergreen.replaying.policies import Policy
from evergreen.replaying.replay import best_schedule, replay
from evergreen.replaying.stream import Window
from tests.replaying.worlds import KnownWorkshop, flip, plain_stream


def all_schedules(workshop: Any) -> list[float]:
    """What each way to keep or to retrain before each batch is worth, one after another."""
    stream, totals = workshop.stream, []
    for is_fresh in product([False, True], repeat=len(stream.served)):
        window, total = stream.first, 0.0
        for batch, is_new in zip(stream.served, is_fresh, strict=True):
            window = Window(int(stream.known[batch])) if is_new else window
            total += workshop.make(window).values[stream.batch == batch].sum()
        totals.append(total)
    return totals


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_the_best_of_all_schedules(seed: int) -> None:
    worth = np.random.default_rng(seed).normal(size=(12, 12))
    stream = plain_stream(n_batches=8, n_first=2, late=1, n_rows=3)
    workshop: Any = KnownWorkshop(stream, lambda window, batch: float(worth[window.until, batch]), noise=0)
    found = best_schedule(workshop)
    assert found.totals.sum() == pytest.approx(max(all_schedules(workshop)))
    assert all(window.until <= stream.known[batch] for window, batch in zip(found.served, stream.served, strict=True))


def test_where_no_outcomes_come_for_a_while_a_retrain_may_wait() -> None:
    stream = replace(plain_stream(n_batches=6, n_first=2, n_rows=3), known=np.array([2, 2, 2, 3, 3, 3]))

    def later(window: Window, batch: int) -> float:
        return float((batch == 5) == (window.until == 3))

    workshop: Any = KnownWorkshop(stream, later, noise=0)
    assert [window.until for window in best_schedule(workshop).served] == [2, 2, 2, 3]


def test_no_policy_that_learns_from_all_the_past_does_better() -> None:
    workshop: Any = KnownWorkshop(plain_stream(), flip)
    best = best_schedule(workshop).totals.sum()
    kinds = ("never", "every", "alarm", "gated")
    assert all(replay(Policy(kind=kind), workshop).totals.sum() <= best + 1e-9 for kind in kinds)
    assert best_schedule(workshop).n_fits <= 18
