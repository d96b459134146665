"""Processes that write one log at once, or are killed while they write.

    python -m tests.prediction_log.writer kill|together URL

One process makes all others, so that libraries are loaded once. It prints what was told to be written, as JSON.
"""

import json
import os
import random
import signal
import sys
from collections.abc import Callable

from evergreen.prediction_log import open_log
from tests.prediction_log.small import CASE, outcome, prediction

N_ROWS = 16
N_KILLS = 20
N_BATCHES = 60


def main(what: str, url: str) -> None:
    open_log(url, case=CASE).close()
    sys.stdout.write(json.dumps(_kill_writers(url) if what == "kill" else _write_together(url)))


def _kill_writers(url: str) -> list[str]:
    """Kill a writer again and again; give the requests whose append had returned."""
    dice = random.Random(1)  # noqa: S311
    told: list[str] = []
    for number in range(N_KILLS):
        pid, pipe = _forked(lambda say, number=number: _write_forever(url, number, say))
        with os.fdopen(pipe) as lines:
            told += [lines.readline().strip() for _ in range(dice.randrange(1, 12))]
            # Not right after an append has returned: anywhere in the next ones.
            for _ in range(dice.randrange(20_000)):
                pass
            os.kill(pid, signal.SIGKILL)
            told += [line.strip() for line in lines if line.endswith("\n")]
        os.waitpid(pid, 0)
    return told


def _write_together(url: str) -> list[str]:
    """Two processes write requests of their own and the same ones; give how they ended."""
    made = [_forked(lambda say, number=number: _write_some(url, number, say)) for number in range(2)]
    ends = []
    for pid, pipe in made:
        with os.fdopen(pipe) as lines:
            ends.append(lines.read().strip())
        os.waitpid(pid, 0)
    return ends


def _forked(work: Callable[[Callable[[str], None]], None]) -> tuple[int, int]:
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid:
        os.close(theirs)
        return pid, ours
    os.close(ours)
    try:
        work(lambda line: _say(theirs, line))
    except BaseException as error:
        _say(theirs, str(error))
    os._exit(0)


def _say(pipe: int, line: str) -> None:
    os.write(pipe, f"{line}\n".encode())


def _write_forever(url: str, number: int, say: Callable[[str], None]) -> None:
    log, batch = open_log(url, case=CASE, durability="normal"), 0
    while True:
        request_id = f"{number}-{batch}"
        log.append([prediction(row, request_id=request_id, cells={"note": "x" * 200}) for row in range(N_ROWS)])
        say(request_id)
        batch += 1


def _write_some(url: str, number: int, say: Callable[[str], None]) -> None:
    with open_log(url, case=CASE, durability="normal") as log:
        for batch in range(N_BATCHES):
            log.append([prediction(row, request_id=f"{number}-{batch}") for row in range(N_ROWS)])
            log.append([prediction(row, request_id=f"both-{batch}") for row in range(N_ROWS)])
            if batch % 10 == 0:
                log.add_outcomes([outcome(f"{number}-{batch}"), outcome(f"both-{batch}")])
    say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
