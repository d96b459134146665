"""What the log of predictions costs: a row that is appended, a window that is read, and memory.

    python -m benchmarks.prediction_log [N_ROWS] [URL]

Processor seconds are taken of this process; with a server (URL) its own come on top. Each size of batch writes a log of
its own, of 20 raw cells a row.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from evergreen.prediction_log import Outcome, Prediction, PredictionLog, open_log

_BATCHES = (1, 16, 100)
_N_TRIED = 4_000
_CASE = "benchmark"


def main(arguments: list[str]) -> None:
    """Print the cost of appending, then that of reading.

    Args:
        arguments: how many rows the large log has (200,000 where not said), and an address other than a file.
    """
    n_rows = int(arguments[0]) if arguments else 200_000
    with tempfile.TemporaryDirectory() as folder:
        url = arguments[1] if len(arguments) > 1 else ""
        for durability in ("normal", "full"):
            for size in _BATCHES:
                _time_appends(url or f"sqlite:///{folder}/{durability}{size}.db", size, durability)
        _time_life(url or f"sqlite:///{folder}/life.db", n_rows, Path(folder) / "life.db")


def _time_appends(url: str, size: int, durability: str) -> None:
    batches = [[_prediction(batch * size + row, f"{size}{durability}") for row in range(size)]
               for batch in range(max(1, _N_TRIED // size))]  # fmt: skip
    with open_log(url, case=_CASE, durability=durability) as log:  # type: ignore[arg-type]
        log.append(batches[0])
        cpu, clock = time.process_time(), time.perf_counter()
        for batch in batches[1:]:
            log.append(batch)
        n_batches = len(batches) - 1
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    told = f"CPU {1000 * cpu / n_batches / size:.4f} ms a row, wall {1000 * clock / n_batches:.3f} ms an append"
    print(f"{durability:7} batches of {size:4}: {told}", flush=True)


def _time_life(url: str, n_rows: int, file: Path) -> None:
    with open_log(url, case=_CASE, durability="normal") as log:
        _timed("append", n_rows, lambda: _fill(log, n_rows))
        if file.exists():
            print(f"{'':10} {file.stat().st_size / n_rows:,.0f} bytes a row")
        _timed("parts", n_rows, lambda: sum(len(part) for part in log.read_parts(n_rows=10_000)))
        first = "2024-02-01T00:00:10"
        _timed("window", len(log.read(until=first)), lambda: log.read(until=first))
        outcomes = [Outcome({"client_id": number}, "yes", "2024-06-01") for number in range(0, n_rows, 2)]
        _timed("outcomes", len(outcomes), lambda: log.add_outcomes(outcomes))
        _timed("the same", len(outcomes), lambda: log.add_outcomes(outcomes))
        _timed("whole", n_rows, log.read)
        _timed("purge", n_rows, lambda: log.purge(before="2025-01-01"))


def _fill(log: PredictionLog, n_rows: int) -> None:
    for batch in _batches(n_rows):
        log.append(batch)


def _batches(n_rows: int) -> Iterator[list[Prediction]]:
    for start in range(0, n_rows, 16):
        yield [_prediction(number, "life") for number in range(start, min(start + 16, n_rows))]


def _prediction(number: int, what: str) -> Prediction:
    cells: dict[str, object] = {f"amount_{place}_eur": number * 0.37 + place for place in range(10)}
    cells |= {f"category_{place}": f"word {number % 7}" for place in range(10)}
    seconds = number // 100
    day, rest = divmod(seconds, 86_400)
    at = f"2024-02-{1 + day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.{number % 100:02}0000+00:00"
    # As a service names its requests: in no order.
    request_id = str(UUID(int=(number // 16 * 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) % 2**128))
    return Prediction(
        f"{what}-{request_id}", number % 16, {"client_id": number}, at[:19], cells, (("amount_1_eur", "sentinel"),),
        "", (0.25, 0.75), "call", 1.5, "0123456789abcdef", "champion", at, 0.5,
    )  # fmt: skip


def _timed(what: str, n_rows: int, work: Callable[[], object]) -> None:
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = f"CPU {cpu:6.2f} s ({1e6 * cpu / max(n_rows, 1):5.0f} us a row), wall {clock:6.2f} s"
    print(f"{what:10} {n_rows:8,} rows: {told}, peak so far {peak_mb:,.0f} MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
