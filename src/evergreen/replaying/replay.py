"""One policy led through the past, and the best that anybody could have done with hindsight."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evergreen.replaying.policies import Bench, Policy, start_course
from evergreen.replaying.stream import Stream, Window
from evergreen.replaying.workshop import Workshop


@dataclass(frozen=True, eq=False)
class Replay:
    """What came of one way through the past.

    Attributes:
        served: which model served each batch, in order.
        totals: what its decisions were worth, one sum a batch.
        n_fits: how many models were fitted after the first, rivals and refused ones among them.
        cpu_seconds: what these fits took.
    """

    served: tuple[Window, ...]
    totals: NDArray[np.float64]
    n_fits: int
    cpu_seconds: float


def replay(policy: Policy, workshop: Workshop) -> Replay:
    """Lead a policy through the past.

    Args:
        policy: when to retrain.
        workshop: makes the models.

    Returns:
        What came of it.
    """
    stream, bench = workshop.stream, Bench(workshop)
    course = start_course(policy, bench, stream.first)
    served = tuple(course.serve(int(stream.known[batch])) for batch in stream.served)
    totals = [_total(stream, bench.values(window), batch) for window, batch in zip(served, stream.served, strict=True)]
    return Replay(served, np.array(totals), len(bench.fitted), sum(bench.fitted.values()))


def best_schedule(workshop: Workshop) -> Replay:
    """Find the best schedule of retraining on all the past, with hindsight.

    Before each batch one either keeps the model that serves, or retrains on all outcomes known by then. Among all such
    schedules the one whose decisions were worth most is found by dynamic programming over batches: the best way to
    serve batch t with the model fitted before batch s is the best way to serve s - 1 with any, then s to t with it. A
    fit costs nothing, and a model that was replaced does not come back.

    Args:
        workshop: makes the models.

    Returns:
        The schedule and what it was worth.
    """
    stream = workshop.stream

    def total(window: Window, batch: int) -> float:
        return _total(stream, workshop.make(window).values, batch)

    served = _best_path(stream, total)
    totals = [total(window, batch) for window, batch in zip(served, stream.served, strict=True)]
    fitted = set(served) - {stream.first}
    return Replay(served, np.array(totals), len(fitted), sum(workshop.make(one).cpu_seconds for one in fitted))


def _best_path(stream: Stream, total: Callable[[Window, int], float]) -> tuple[Window, ...]:
    paths: dict[Window, tuple[float, tuple[Window, ...]]] = {stream.first: (0.0, ())}
    for batch in stream.served:
        best = max(paths.values(), key=lambda path: path[0])
        fresh = Window(int(stream.known[batch]))
        if fresh not in paths or paths[fresh][0] < best[0]:
            paths[fresh] = best
        paths = {one: (worth + total(one, batch), (*path, one)) for one, (worth, path) in paths.items()}
    return max(paths.values(), key=lambda path: path[0])[1]


def _total(stream: Stream, values: NDArray[np.float64], batch: int) -> float:
    return float(values[stream.places(batch, batch + 1)].sum())
