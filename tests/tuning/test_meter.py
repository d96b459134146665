from itertools import count
from time import sleep

import numpy as np
import pytest

from evergreen.tuning.budget import Cost
from evergreen.tuning.meter import Meter, NoMemory, ProcessMemory
from tests.tuning.finished import ticking


class Stairs:
    """Memory that grows by one megabyte a look up to a top, and is then let go."""

    def __init__(self, top: float) -> None:
        self.top = top
        self.n_given_back = 0
        self._looks = count(100)

    def held_mb(self) -> float:
        held = float(next(self._looks))
        return held if held <= self.top else 100.0

    def give_back(self) -> None:
        self.n_given_back += 1


def test_work_is_timed_from_its_start_to_its_end() -> None:
    clock = [Cost(), Cost(3.0, 2.0)]
    made, taken = Meter(lambda: clock.pop(0), lambda _: b"").measure(lambda: "model")
    assert made == "model"
    assert taken.cost == Cost(3.0, 2.0)
    assert taken.peak_memory_mb is None


def test_the_peak_is_told_although_it_is_over_when_the_work_ends() -> None:
    memory = Stairs(103.0)
    _, taken = Meter(Cost, lambda _: b"", memory).measure(lambda: sleep(0.3))
    assert taken.peak_memory_mb == 3.0
    assert memory.n_given_back == 1


def test_work_that_fails_ends_the_watch_and_tells_its_error() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Meter(Cost, lambda _: b"", Stairs(200)).measure(fail)


def test_the_process_sees_the_memory_of_a_large_array() -> None:
    memory = ProcessMemory()
    if memory.held_mb() is None:
        pytest.skip("this system does not tell")

    def work() -> float:
        large = np.ones(10_000_000)
        sleep(0.1)
        return float(large.sum())

    _, taken = Meter(Cost, lambda _: b"", memory).measure(work)
    assert 75 < taken.peak_memory_mb < 120


def test_who_knows_no_memory_says_so() -> None:
    assert NoMemory().held_mb() is None


def test_latency_is_the_median_in_milliseconds_after_once_for_nothing() -> None:
    calls = []
    clock = iter(np.cumsum([0, 0.001, 0, 0.009, 0, 0.002]))
    meter = Meter(lambda: Cost(float(next(clock))), lambda _: b"")
    assert meter.median_ms(lambda: calls.append(1), 3) == pytest.approx(2)
    assert len(calls) == 4


def test_a_model_weighs_what_it_is_written_in() -> None:
    assert ticking(size=2_500_000).size_mb("model") == 2.5
