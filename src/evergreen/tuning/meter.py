"""What a stretch of work takes: time, and memory beyond what was held before."""

import ctypes
import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from evergreen.tuning.budget import Cost

_BYTES_PER_MB = 1_000_000
_SECONDS_BETWEEN_LOOKS = 0.01
T = TypeVar("T")


@dataclass(frozen=True)
class Taken:
    """What a stretch of work took.

    Attributes:
        cost: wall and CPU seconds.
        peak_memory_mb: see ``Meter.measure``; None where the system does not say.
    """

    cost: Cost
    peak_memory_mb: float | None


class Memory(Protocol):
    """What the process holds."""

    def held_mb(self) -> float | None:
        """Megabytes now; None where nobody knows."""

    def give_back(self) -> None:
        """Hand back to the system what is held but not used."""


class NoMemory:
    """Knows nothing."""

    def held_mb(self) -> float | None:
        """None."""
        return None

    def give_back(self) -> None:
        """Do nothing."""


class ProcessMemory:
    """The resident memory of this process, on Linux; elsewhere nobody knows."""

    def held_mb(self) -> float | None:
        """Read it from the system."""
        try:
            status = Path("/proc/self/status").read_text()
        except OSError:
            return None
        line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), None)
        return None if line is None else int(line.split()[1]) * 1024 / _BYTES_PER_MB

    def give_back(self) -> None:
        """Ask the C library, where it is glibc; see malloc_trim(3)."""
        gc.collect()
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


@dataclass(frozen=True)
class Meter:
    """Reads clocks, memory and scales that it is given.

    Attributes:
        read: what the process has taken so far, from any beginning.
        write: a model as it would be released.
        memory: what the process holds.
    """

    read: Callable[[], Cost]
    write: Callable[[object], bytes]
    memory: Memory = field(default_factory=NoMemory)

    def size_mb(self, model: object) -> float:
        """Say how large a model is, in megabytes as it would be released."""
        return len(self.write(model)) / _BYTES_PER_MB

    def measure(self, work: Callable[[], T]) -> tuple[T, Taken]:
        """Do some work and say what it took.

        Memory is looked at every hundredth of a second while the work goes on: the most that was held, less what was
        held before, after unused memory was handed back. A shorter peak is not seen, and what could not be handed back
        and is used again is not in it: a lower bound. The peak that the system keeps by itself is left to the ledger.

        Args:
            work: what is done.

        Returns:
            What came of it, and what it took.
        """
        self.memory.give_back()
        before, start = self.memory.held_mb(), self.read()
        watcher = _Watcher(self.memory)
        with watcher:
            made = work()
        cost = self.read() - start
        known = [held for held in (watcher.highest, self.memory.held_mb()) if held is not None]
        peak = None if before is None or not known else max(max(known) - before, 0.0)
        return made, Taken(cost, peak)

    def median_ms(self, work: Callable[[], object], n_repeats: int) -> float:
        """Say how long some work takes, the median of several times, after once for nothing.

        Args:
            work: what is done.
            n_repeats: how many times it is timed.

        Returns:
            Milliseconds by the clock on the wall.
        """
        work()
        taken = []
        for _ in range(n_repeats):
            start = self.read().wall_seconds
            work()
            taken.append(self.read().wall_seconds - start)
        return 1000 * sorted(taken)[n_repeats // 2]


class _Watcher:
    """Looks at memory from a thread of its own."""

    def __init__(self, memory: Memory) -> None:
        self.highest: float | None = None
        self._memory = memory
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Watcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.is_set():
            held = self._memory.held_mb()
            if held is None:
                return
            self.highest = max(held, self.highest or 0.0)
            self._is_over.wait(_SECONDS_BETWEEN_LOOKS)
