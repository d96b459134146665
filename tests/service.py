"""A real HTTP server for tests, on loopback and a free port, that answers as it is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Longer than any test waits: the server lets go of it when it is closed.
_HANG_SECONDS = 60.0


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        path: without the query.
        query: as plain texts.
        headers: names in lower case.
    """

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        content: sent as it is where it is bytes, as JSON otherwise.
        status: of HTTP.
        headers: besides length and type.
        fault: "silence" sends nothing, "silence midway" half of it, until the server closes; "hang up" closes the
            connection before an answer, "hang up midway" after half of it.
    """

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


Answering = Callable[[Asked], Reply]


@dataclass
class Service:
    """A running server.

    Attributes:
        url: its address, without a path.
        answer: what it says to a request.
        asked: all requests so far.
    """

    url: str = ""
    answer: Answering = lambda _: Reply(status=404)
    asked: list[Asked] = field(default_factory=list)
    is_closing: Event = field(default_factory=Event)

    def say(self, *replies: Reply) -> None:
        """Give these answers in this order; the last one for ever."""
        left = list(replies)
        self.answer = lambda _: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def service() -> Iterator[Service]:
    """Start a server, and stop it at the end."""
    made = Service()
    server = _Server(("127.0.0.1", 0), _handler_of(made))
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.is_closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    # Closing waits for every answer, so that no thread outlives its test.
    daemon_threads = False

    def handle_error(self, *_: Any) -> None:
        """A client that went away is what some tests are about."""


def _handler_of(made: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)
            made.asked.append(asked)
            _send(self, made.answer(asked), made.is_closing)

        def log_message(self, *_: Any) -> None:
            """Keep the terminal free."""

    return Handler


def _send(handler: BaseHTTPRequestHandler, reply: Reply, is_closing: Event) -> None:
    handler.close_connection = True
    if reply.fault in ("silence", "hang up"):
        _wait(reply, is_closing)
        return
    handler.send_response(reply.status)
    for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(reply.body if reply.fault is None else reply.body[: len(reply.body) // 2])
    handler.wfile.flush()
    _wait(reply, is_closing)


def _wait(reply: Reply, is_closing: Event) -> None:
    if str(reply.fault).startswith("silence"):
        is_closing.wait(_HANG_SECONDS)
