"""What clients do to a socket: dawdle, lie about length, leave, close their half, come all at once."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evergreen.serving.connection import Connection
from tests.serving.world import PATIENCE, ROW, World, rows, wait_for, world

HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BODY = b'{"rows": [{"row_id": 1, "strength": 0.5}]}'


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, max_body_bytes=500, body_seconds=0.2, max_in_flight=2) as made:
        yield made


def talk(port: int, *parts: bytes, is_half_closed: bool = False) -> bytes:
    """Send parts and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        for part in parts:
            client.sendall(part)
        if is_half_closed:
            client.shutdown(socket.SHUT_WR)
        return read_all(client)


def read_all(client: socket.socket) -> bytes:
    found = b""
    try:
        while part := client.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def test_a_body_that_says_it_is_too_long_is_not_waited_for(limited: World) -> None:
    told = talk(limited.port, HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\n")
    assert told.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
    told = talk(limited.port, HEAD + b"Content-Length: 501\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 413")
    assert b"The body has more than 500 bytes" in told


def test_a_body_that_does_not_say_its_length_is_cut_off(limited: World) -> None:
    part = b"64\r\n" + b" " * 100 + b"\r\n"
    told = talk(limited.port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", part * 6)
    assert told.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in told.lower()


def test_a_body_in_parts_is_read_whole(limited: World) -> None:
    parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:9], BODY[9:])]
    head = HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert talk(limited.port, head, *parts, b"0\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_come_is_given_up(limited: World) -> None:
    told = talk(limited.port, HEAD + b"Content-Length: 100\r\n\r\n", b'{"rows"')
    assert told.startswith(b"HTTP/1.1 408")
    assert b"has not come within 0.2 seconds" in told


def test_a_head_that_does_not_come_is_given_up(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.05)
    assert talk(served.port, b"POST /predict HTTP/1.1\r\nHost:") == b""
    assert talk(served.port) == b""


def test_no_http_is_refused(served: World) -> None:
    assert talk(served.port, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_client_that_closes_its_half_gets_its_answer_and_is_let_go(tmp_path: Path) -> None:
    with world(tmp_path) as made, ThreadPoolExecutor(1) as clients:
        # Who waits for more on this connection waits longer than the test.
        made.server.config.timeout_keep_alive = 1000
        quick = next(iter(made.answerers.values()))
        quick.gate = threading.Event()
        request = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        answer = clients.submit(talk, made.port, request, is_half_closed=True)
        wait_for(lambda: made.service.n_in_flight)
        wait_for(lambda: all(one._is_half_closed for one in made.server.server_state.connections))
        quick.gate.set()
        told = answer.result()
    assert told.startswith(b"HTTP/1.1 200")
    assert b'"score":0.5' in told


def test_a_client_that_closes_its_half_in_the_middle_gets_nothing(served: World) -> None:
    assert talk(served.port, HEAD + b"Content-Length: 100\r\n\r\n", BODY, is_half_closed=True) == b""
    wait_for(lambda: served.figure('evergreen_requests_total{route="/predict",status="499"}') >= 1)


def test_a_client_that_left_is_answered_in_the_log_and_hurts_nobody(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        quick = next(iter(made.answerers.values()))
        quick.gate = threading.Event()
        with socket.create_connection(("127.0.0.1", made.port)) as client:
            client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
            wait_for(lambda: made.service.n_in_flight)
        quick.gate.set()
        wait_for(lambda: len(made.log.predictions) == 1)
        assert made.predict([ROW]).status == 200


def test_two_requests_sent_at_once_are_answered_in_order(served: World) -> None:
    one = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    last = one.replace(b"0.5", b"0.7").replace(b"Host: x", b"Host: x\r\nConnection: close")
    told = talk(served.port, one + last)
    assert told.index(b'"score":0.5') < told.index(b'"score":0.7')


def test_what_comes_beyond_the_limit_is_sent_away_and_not_kept(limited: World) -> None:
    quick = next(iter(limited.answerers.values()))
    quick.gate = threading.Event()
    with ThreadPoolExecutor(2) as clients:
        waiting = [clients.submit(limited.predict, [ROW]) for _ in range(2)]
        wait_for(lambda: limited.service.n_in_flight == 2)
        told = limited.predict([ROW])
        assert told.status == 429
        assert told.headers["retry-after"] == "1"
        assert limited.ask("GET", "/health/live").status == 200
        quick.gate.set()
        assert [one.result().status for one in waiting] == [200, 200]
    assert limited.predict([ROW]).status == 200


def test_requests_that_wait_are_answered_together_in_one_commit(tmp_path: Path) -> None:
    with world(tmp_path, max_batch_rows=8) as made, ThreadPoolExecutor(20) as clients:
        quick = next(iter(made.answerers.values()))
        quick.batches.clear()
        quick.gate = threading.Event()
        first = clients.submit(made.predict, [ROW])
        wait_for(lambda: made.service.n_in_flight == 1 and quick.batches == [1])
        others = [clients.submit(made.predict, [{**ROW, "strength": number / 100}] * 2) for number in range(9)]
        wait_for(lambda: made.service.n_in_flight == 10)
        quick.gate.set()
        told = [one.result().json["predictions"] for one in others]
        assert [one[0]["score"] for one in told] == [number / 100 for number in range(9)]
        assert first.result().status == 200
        assert quick.batches == [1, 8, 8, 2]
        assert made.log.n_commits == 4


def test_a_request_larger_than_a_batch_is_answered_whole(tmp_path: Path) -> None:
    with world(tmp_path, max_batch_rows=4) as made:
        assert len(made.predict(rows(10)).json["predictions"]) == 10
        assert made.log.n_commits == 1


def test_the_loop_stays_free_while_rows_are_answered(served: World) -> None:
    quick = served.answerers[str(served.champion())]
    quick.gate = threading.Event()
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(served.predict, [ROW])
        wait_for(lambda: served.service.n_in_flight)
        assert served.ask("GET", "/health/ready").status == 200
        quick.gate.set()
        quick.gate = None
        assert waiting.result().status == 200


def test_a_stop_is_told_first_and_requests_in_flight_are_finished(tmp_path: Path) -> None:
    with world(tmp_path, drain_seconds=0.3) as made, ThreadPoolExecutor(1) as clients:
        quick = next(iter(made.answerers.values()))
        quick.gate = threading.Event()
        waiting = clients.submit(made.predict, [ROW])
        wait_for(lambda: made.service.n_in_flight)
        made.server.handle_exit(15, None)
        told = made.ask("GET", "/health/ready")
        assert (told.status, told.json) == (503, {"ready": False, "reason": "It is shutting down."})
        assert made.ask("GET", "/health/live").status == 200
        wait_for(lambda: made.server.should_exit)
        wait_for(lambda: is_closed(made.port))
        quick.gate.set()
        assert waiting.result().status == 200
        assert len(made.log.predictions) == 1


def is_closed(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return True
    return False


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    with world(tmp_path, drain_seconds=1000.0) as made:
        made.server.handle_exit(15, None)
        assert not made.server.should_exit
        made.server.handle_exit(15, None)
        assert made.server.should_exit
