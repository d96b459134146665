"""Requests that nobody sends by accident: each is refused in words, and the service goes on."""

import json
import os
import resource
import signal
import socket
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from evergreen.serving import worker
from evergreen.serving.connection import Connection
from tests.serving.test_connections import BODY, HEAD, talk
from tests.serving.world import PATIENCE, ROW, World, rows, wait_for, world

ONE = json.dumps(ROW)
OUTCOME = '{"outcomes": [{"row_id": 1, "outcome": "yes", "known_at": "%s"}]}'


def of_row(text: str) -> bytes:
    return b'{"rows": [%s]}' % text.encode()


REFUSED: dict[str, tuple[int, bytes]] = {
    "100,000 brackets": (400, b"[" * 100_000),
    "100,000 pairs of brackets": (400, b"[" * 100_000 + b"]" * 100_000),
    "brackets in a cell": (400, of_row('{"row_id": ' + "[" * 1000 + "]" * 1000 + "}")),
    "brackets beside an escape": (400, of_row('{"note": "\\n", "row_id": ' + "[" * 1000 + "]" * 1000 + "}")),
    "NaN": (400, of_row('{"row_id": NaN}')),
    "minus Infinity": (400, of_row('{"row_id": -Infinity}')),
    "a number beyond all": (400, of_row('{"strength": 1e999}')),
    "5,000 digits": (400, of_row('{"strength": ' + "9" * 5000 + "}")),
    "a name twice": (400, of_row('{"row_id": 1, "row_id": 2}')),
    "a name twice, once escaped": (400, of_row('{"row_id": 1, "row_\\u0069d": 2}')),
    "a list twice": (400, b'{"rows": [], "rows": [' + ONE.encode() + b"]}"),
    "half a character": (400, of_row('{"note": "\\ud800"}')),
    "a null byte": (400, b'{"rows": [{"note": "a\0"}]}'),
    "bytes that are no text": (400, b'{"rows": [{"note": "\xff"}]}'),
    "a mark of byte order": (400, b"\xef\xbb\xbf" + of_row(ONE)),
    "UTF-16": (400, of_row(ONE).decode().encode("utf-16")),
    "nothing": (400, b""),
    "60,000 made-up names": (422, json.dumps({"rows": [{f"n{number}": 1 for number in range(60_000)}]}).encode()),
    "a long name": (422, json.dumps({"rows": [{"n" * 900_000: 1}]}).encode()),
    "more than may come": (413, b" " * 1_500_000),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_is_no_request_is_refused_in_few_words(served: World, name: str) -> None:
    status, body = REFUSED[name]
    told = served.ask("POST", "/predict", body)
    assert told.status == status
    assert told.json["errors"][0]["way_out"]
    assert len(told.body) < 10_000
    assert served.predict([ROW]).status == 200


@pytest.mark.parametrize("known_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_years_there_are_is_the_clients_fault(tmp_path: Path, known_at: str) -> None:
    with world(tmp_path) as made:
        told = made.ask("POST", "/outcomes", (OUTCOME % known_at).encode())
        assert (told.status, told.json["errors"][0]["field"]) == (422, "known_at")
        assert made.ask("GET", "/health/ready").status == 200


@pytest.mark.parametrize("key", [True, 1.5, None, [1], {"row_id": 1}])
def test_what_is_no_whole_number_names_no_row_whose_key_is_one(served: World, key: Any) -> None:
    told = served.ask("POST", "/outcomes", {"outcomes": [{"row_id": key, "outcome": "yes"}]})
    assert (told.status, told.json["errors"][0]["finding"]) == (422, "names no row")


def test_a_null_character_in_a_cell_is_a_character(served: World) -> None:
    assert served.predict(rows(1, note="a\0b")).status == 200


METHODS = ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE")


@pytest.mark.parametrize("method", METHODS)
def test_another_method_is_refused(served: World, method: str) -> None:
    told = served.ask(method, "/predict")
    assert (told.status, told.headers["allow"]) == (405, "POST")


PATHS = (
    "/../../etc/passwd",
    "/v2/models/..%2f..%2fetc",
    "/v2/models/%00%0d%0aSet-Cookie:x",
    "/%zz%ff",
    "/" + "a" * 60_000,
)


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_a_path_leads_nowhere_else(served: World, path: str) -> None:
    told = served.ask("GET", path)
    assert (told.status, len(told.body) < 2000) == (404, True)
    assert "set-cookie" not in told.headers


NO_HTTP: dict[str, bytes] = {
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
    "length and parts": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length below nothing": HEAD + b"Content-Length: -5\r\n\r\n",
    "a part of no length": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a folded line": HEAD + b"X-Request-ID: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a line feed in a header": HEAD + b"X-Request-ID: a\nX-API-Key: b\r\nX: \n\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_two_readers_could_read_in_two_ways_is_read_in_none(served: World, name: str) -> None:
    told = talk(served.port, NO_HTTP[name])
    assert told.startswith(b"HTTP/1.1 400")
    assert told.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("line", [b"X: y\r\n", b"y" * 1000], ids=["many lines", "one long line"])
def test_a_head_without_end_is_given_up(served: World, line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 1000.0)
    told = talk_on(served.port, chain([b"GET /health/live HTTP/1.1\r\nX: "], repeat(line, 10_000_000 // len(line))))
    assert told in (b"", b"HTTP/1.1 400")
    assert served.ask("GET", "/health/live").status == 200


def test_lines_after_a_body_in_parts_are_no_headers(tmp_path: Path) -> None:
    with world(tmp_path, key="sesame") as made:
        head = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        told = talk(made.port, head, b"%x\r\n%s\r\n0\r\nX-API-Key: sesame\r\n\r\n" % (len(BODY), BODY))
        assert told.startswith(b"HTTP/1.1 401")


def talk_on(port: int, parts: Iterator[bytes]) -> bytes:
    """Send without reading; give the first bytes of the answer, nothing where it was lost."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        try:
            for part in parts:
                client.sendall(part)
        except OSError:
            pass
        try:
            return client.recv(12)
        except ConnectionError:
            return b""


def test_100_mb_are_neither_kept_nor_in_the_way_of_the_answer(served: World) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    part = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    told = talk_on(served.port, chain([HEAD + b"Transfer-Encoding: chunked\r\n\r\n"], repeat(part, 1600)))
    assert told == b"HTTP/1.1 413"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


def test_who_is_refused_and_goes_on_sending_is_let_go_after_a_while(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "linger_seconds", 0.1)
    with socket.create_connection(("127.0.0.1", served.port), PATIENCE) as client:
        client.sendall(HEAD + b"Content-Length: 99999999\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 413"
        wait_for(lambda: not [one for one in served.server.server_state.connections if one.is_lingering])  # type: ignore[union-attr]


def test_requests_byte_by_byte_and_ten_at_once_are_answered_in_order(served: World) -> None:
    one = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    last = one.replace(b"Host: x", b"Host: x\r\nConnection: close")
    slow = talk(served.port, *(last[place : place + 1] for place in range(len(last))))
    assert slow.startswith(b"HTTP/1.1 200")
    told = talk(served.port, *(one.replace(b"0.5", b"0.%d" % number) for number in range(1, 10)), last)
    assert [told.index(b'"score":0.%d' % number) for number in range(1, 10)] == sorted(
        told.index(b'"score":0.%d' % number) for number in range(1, 10)
    )


@pytest.mark.parametrize("name", ["a\tb", "a b", "x" * 101, "ä", "<script>"])
def test_a_name_that_could_be_more_than_a_name_is_replaced(served: World, name: str) -> None:
    told = served.predict([ROW], X_Request_ID=name)
    assert told.headers["x-request-id"] not in (name, "")
    assert told.json["request_id"].isalnum()


def test_a_worker_leaves_with_the_process_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    parents, told = iter([7, 7, 1]), list[Any]()
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0)
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(os, "kill", lambda *what: told.append(what))
    worker.leave_with(7)
    assert told == [(os.getpid(), signal.SIGTERM)]
