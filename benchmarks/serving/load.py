"""A client that costs little: bare sockets, bodies that are written beforehand."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Load:
    """What was asked and how long answers took.

    Attributes:
        n_requests: that were answered.
        seconds: that it took.
        waits: of each request, from the moment it was due to its answer, in seconds.
    """

    n_requests: int
    seconds: float
    waits: list[float]


def write_request(path: str, port: int, body: bytes) -> bytes:
    """Write a request.

    Args:
        path: of the URL.
        port: of the server.
        body: JSON.

    Returns:
        The bytes that go over the wire.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def closed_loop(port: int, requests: Sequence[bytes], *, n_connections: int, seconds: float, n: int = 0) -> Load:
    """Ask as fast as answers come: each connection asks again once it is answered.

    Args:
        port: of the server.
        requests: asked in turn.
        n_connections: that are kept open.
        seconds: to ask for.
        n: so many requests instead, where it is not 0.

    Returns:
        What came of it.
    """
    return uvloop.run(_closed(port, requests, n_connections, seconds, n))


def open_loop(port: int, requests: Sequence[bytes], *, n_connections: int, seconds: float, per_second: float) -> Load:
    """Ask at moments of chance, whether answers come or not; what waits for a connection waits for its answer.

    Args:
        port: of the server.
        requests: asked in turn.
        n_connections: that are kept open.
        seconds: to ask for.
        per_second: how many are due in a second, on average.

    Returns:
        What came of it.
    """
    return uvloop.run(_open(port, requests, n_connections, seconds, per_second))


def ask_once(port: int, request: bytes) -> bytes:
    """Ask one question.

    Args:
        port: of the server.
        request: as ``write_request`` writes it.

    Returns:
        The body of the answer.
    """

    async def ask() -> bytes:
        (line,) = await _connect(port, 1)
        await line.ask(request)
        line.close()
        return line.body

    return uvloop.run(ask())


class _Line(asyncio.Protocol):
    """One connection, one question at a time."""

    def __init__(self) -> None:
        self._got = bytearray()
        self._answered: asyncio.Future[None] | None = None
        self.body = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[None]":
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(_END)
        if end < 0:
            return
        head = bytes(self._got[:end]).lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        length = int(head[at:].split(b"\r\n", 1)[0])
        if len(self._got) < end + len(_END) + length:
            return
        self.body = bytes(self._got[end + len(_END) :])
        self._got.clear()
        assert self._answered is not None
        if head.split(b" ", 2)[1] == b"200":
            self._answered.set_result(None)
        else:
            self._answered.set_exception(RuntimeError(f"{head[:30]!r} {self.body[:500]!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("The server hung up."))

    def close(self) -> None:
        self._transport.close()


async def _connect(port: int, n_connections: int) -> list[_Line]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Line, "127.0.0.1", port))[1] for _ in range(n_connections)]


async def _closed(port: int, requests: Sequence[bytes], n_connections: int, seconds: float, n: int) -> Load:
    lines, turn, waits = await _connect(port, n_connections), cycle(requests), list[float]()
    begun = time.perf_counter()

    async def work(line: _Line) -> None:
        while (len(waits) < n) if n else (time.perf_counter() - begun < seconds):
            asked = time.perf_counter()
            await line.ask(next(turn))
            waits.append(time.perf_counter() - asked)

    await asyncio.gather(*map(work, lines))
    taken = time.perf_counter() - begun
    for line in lines:
        line.close()
    return Load(len(waits), taken, waits)


async def _open(port: int, requests: Sequence[bytes], n_connections: int, seconds: float, per_second: float) -> Load:
    lines, turn, waits = await _connect(port, n_connections), cycle(requests), list[float]()
    free, due, chance = deque(lines), deque[float](), random.Random(1)  # noqa: S311
    working: set[asyncio.Task[None]] = set()

    async def work(line: _Line) -> None:
        while due:
            moment = due.popleft()
            await line.ask(next(turn))
            waits.append(time.perf_counter() - moment)
        free.append(line)

    begun = moment = time.perf_counter()
    while moment - begun < seconds:
        moment += chance.expovariate(per_second)
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        due.append(moment)
        if free:
            task = asyncio.create_task(work(free.popleft()))
            working.add(task)
            task.add_done_callback(working.discard)
    await asyncio.gather(*working)
    taken = time.perf_counter() - begun
    for line in lines:
        line.close()
    return Load(len(waits), taken, waits)
