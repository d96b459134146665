import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from evergreen.datasets.notices_dataset import NoticesDataset
from evergreen.errors import CaseError


def notice(state: str = "open", *, cause: str = "age", opened: str = "2009-01") -> dict[str, Any]:
    return {
        "key": f"r1|{cause}|{opened}",
        "case": "demo",
        "state": state,
        "cause": cause,
        "since": opened,
        "opened": opened,
        "closed": None if state == "open" else "2009-04",
        "release_id": "r1",
        "is_harmful": True,
        "money": -5.0,
        "finding": f"The level of '{cause}' has risen.",
        "advice": "Look at the unit.",
    }


class Hook:
    """A webhook on this machine that keeps what it gets."""

    def __init__(self, *, status: int = 200) -> None:
        got: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.got, self.server = got, ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret-path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def dataset(folder: Path, *channels: dict[str, Any], **told: Any) -> NoticesDataset:
    return NoticesDataset(filepath=str(folder / "notices.json"), channels=list(channels), **told)


def test_an_incident_is_told_once_when_it_opens_and_once_when_it_closes(tmp_path: Path, hook: Hook) -> None:
    channel = {"kind": "webhook", "url": hook.url}
    for state in ("open", "open", "closed", "closed"):
        dataset(tmp_path, channel).save([notice(state)])
    assert [[one["state"] for one in body["notices"]] for body in hook.got] == [["open"], ["closed"]]
    assert (
        "Incident in case 'demo' since 2009-01: The level of 'age' has risen. Look at the unit." in hook.got[0]["text"]
    )
    assert "age is over since 2009-04" in hook.got[1]["text"]


def test_what_was_over_before_anybody_was_told_stays_untold(tmp_path: Path, hook: Hook) -> None:
    dataset(tmp_path, {"kind": "webhook", "url": hook.url}).save([notice("closed")])
    assert hook.got == []


def test_an_incident_that_later_outcomes_take_back_is_told_to_be_over(tmp_path: Path, hook: Hook) -> None:
    notices = dataset(tmp_path, {"kind": "webhook", "url": hook.url})
    for told in ([notice()], [], []):
        notices.save(told)
    assert [body["notices"][0]["state"] for body in hook.got] == ["open", "closed"]
    assert "age is not seen any more" in hook.got[1]["text"]


def test_a_failing_channel_is_tried_again_and_others_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad, file = Hook(status=500), tmp_path / "told.jsonl"
    channels: list[dict[str, Any]] = [{"kind": "webhook", "url": bad.url}, {"kind": "file", "path": str(file)}]
    for _ in range(2):
        dataset(tmp_path, *channels).save([notice()])
    bad.close()
    assert len(bad.got) == 2
    assert len(file.read_text().splitlines()) == 1
    assert "1 notices could not be told by webhook: HTTPError" in caplog.text
    assert "secret-path" not in caplog.text


def test_a_hanging_webhook_is_given_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = {"kind": "webhook", "url": f"http://127.0.0.1:{silent.getsockname()[1]}/"}
        begun = time.monotonic()
        dataset(tmp_path, channel, {"kind": "log"}, timeout_seconds=0.2).save([notice()])
        # Waiting for the answer would take for ever.
        assert time.monotonic() - begun < 60
    assert "could not be told by webhook" in caplog.text
    assert "The level of 'age' has risen." in caplog.text
    assert list(dataset(tmp_path).load()) == ["log"]


def test_a_wrong_address_ends_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    mail = {"kind": "email", "host": "127.0.0.1", "port": port, "sender": "a@example.com", "to": ["b@example.com"]}
    dataset(tmp_path, mail, {"kind": "webhook", "url": f"http://127.0.0.1:{port}/"}).save([notice()])
    assert caplog.text.count("could not be told") == 2


def test_a_mail_tells_all_that_is_new(tmp_path: Path) -> None:
    mails: list[Any] = []

    class Box(Message):
        def handle_message(self, message: Any) -> None:
            mails.append(message)

    port = free_port()
    server = Controller(Box(), hostname="127.0.0.1", port=port, ready_timeout=60)
    server.start()
    try:
        channel = {"kind": "email", "host": "127.0.0.1", "port": port, "security": "none"}
        told = {"sender": "evergreen@example.com", "to": ["team@example.com"]}
        dataset(tmp_path, channel | told).save([notice(), notice(cause="job")])
    finally:
        server.stop()
    (mail,) = mails
    assert (mail["Subject"], mail["To"]) == ("demo: 2 opened, 0 closed", "team@example.com")
    text = mail.get_payload(decode=True).decode()
    assert "The level of 'age' has risen." in text
    assert "The level of 'job' has risen." in text


def test_secrets_come_from_the_credentials(tmp_path: Path, hook: Hook) -> None:
    secrets = {"channels": [{"kind": "webhook", "url": hook.url}]}
    made = NoticesDataset(filepath=str(tmp_path / "notices.json"), channels=[{"kind": "log"}], credentials=secrets)
    made.save([notice()])
    assert len(hook.got) == 1
    assert "secret-path" not in f"{made} {made._describe()} {(tmp_path / 'notices.json').read_text()}"


def test_a_channel_that_is_none_is_refused_without_its_secrets(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"The channels of 'notices' have a fault at 0.webhook.url") as refused:
        dataset(tmp_path, {"kind": "webhook", "url": "ftp://secret"})
    assert "secret" not in str(refused.value)


def test_a_damaged_file_of_what_was_told_tells_again(tmp_path: Path, hook: Hook) -> None:
    (tmp_path / "notices.json").write_text("{")
    dataset(tmp_path, {"kind": "webhook", "url": hook.url}).save([notice()])
    assert len(hook.got) == 1
