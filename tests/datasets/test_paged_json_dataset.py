import logging
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kedro.io import DataCatalog, DatasetError

from evergreen.datasets.http_json import HttpLimits, address
from evergreen.datasets.paged_json_dataset import PagedJSONDataset
from evergreen.errors import DataError
from tests.service import Asked, Reply, Service, service

SECRET = "s3cret-of-the-test"  # noqa: S105 - of no service
RECORDS = [{"day": f"2024-01-{day:02d}", "value": day / 2} for day in range(1, 8)]


class Watch:
    """A clock that moves only by waiting, and the waits it saw."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(PagedJSONDataset, "wait", staticmethod(watch.wait))
    monkeypatch.setattr(PagedJSONDataset, "clock", staticmethod(watch.clock))
    return watch


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with service() as running:
        yield running


def dataset(server: Service, path: str = "/v1/index", **entry: Any) -> PagedJSONDataset:
    return PagedJSONDataset(url=f"{server.url}{path}", **entry)


def refusal(made: PagedJSONDataset) -> str:
    """What a user reads when loading fails."""
    with pytest.raises(DatasetError) as caught:
        made.load()
    assert isinstance(caught.value.__cause__, DataError)
    assert str(caught.value.__cause__) in str(caught.value)
    return str(caught.value.__cause__)


def pages_of(records: list[dict[str, Any]], size: int) -> list[list[dict[str, Any]]]:
    return [records[start : start + size] for start in range(0, len(records), size)] or [[]]


def by_number(records: list[dict[str, Any]], size: int, *, first: int = 1) -> Callable[[Asked], Reply]:
    pages = pages_of(records, size)

    def answer(asked: Asked) -> Reply:
        place = int(asked.query["page"]) - first
        return Reply({"items": pages[place] if place < len(pages) else []})

    return answer


def by_cursor(records: list[dict[str, Any]], size: int) -> Callable[[Asked], Reply]:
    pages = pages_of(records, size)

    def answer(asked: Asked) -> Reply:
        place = int(asked.query.get("after", "c0")[1:])
        following = f"c{place + 1}" if place + 1 < len(pages) else None
        return Reply({"items": pages[place], "meta": {"next": following}})

    return answer


def by_link(records: list[dict[str, Any]], size: int, *, is_header: bool) -> Callable[[Asked], Reply]:
    pages = pages_of(records, size)

    def answer(asked: Asked) -> Reply:
        place = int(asked.query.get("from", 0))
        link = f"/v1/index?area=EU&from={place + 1}" if place + 1 < len(pages) else None
        if is_header:
            return Reply({"items": pages[place]}, headers={"Link": f'<{link}>; rel="next"'} if link else {})
        return Reply({"items": pages[place], "next": link})

    return answer


PAGINATIONS: dict[str, tuple[Callable[..., Callable[[Asked], Reply]], dict[str, Any]]] = {
    "page number": (by_number, {"by": "page_number", "parameter": "page"}),
    "cursor": (by_cursor, {"by": "cursor", "parameter": "after", "key": "meta.next"}),
    "link in the answer": (lambda r, n: by_link(r, n, is_header=False), {"by": "next_link", "key": "next"}),
    "link in the header": (lambda r, n: by_link(r, n, is_header=True), {"by": "next_link"}),
}


@pytest.mark.parametrize("kind", PAGINATIONS)
def test_all_pages_are_read_in_their_order(kind: str, server: Service) -> None:
    serve, pagination = PAGINATIONS[kind]
    server.answer = serve(RECORDS, 3)
    made = dataset(server, params={"area": "EU"}, records="items", pagination=pagination)
    assert made.load() == RECORDS
    assert {asked.query.get("area") for asked in server.asked} == {"EU"}
    assert len(server.asked) == (4 if kind == "page number" else 3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(n_records=st.integers(0, 12), size=st.integers(1, 5), kind=st.sampled_from(list(PAGINATIONS)))
def test_how_records_are_cut_into_pages_changes_nothing(n_records: int, size: int, kind: str, server: Service) -> None:
    serve, pagination = PAGINATIONS[kind]
    records = [{"n": n} for n in range(n_records)]
    server.answer = serve(records, size)
    assert dataset(server, records="items", pagination=pagination).load() == records


@pytest.mark.parametrize(
    ("content", "key"),
    [(RECORDS, None), ({"records": RECORDS}, "records"), ({"data": {"items": RECORDS}}, "data.items"), ([], None)],
    ids=["bare", "under a key", "under nested keys", "none"],
)
def test_one_answer_may_hold_all_records(content: Any, key: str | None, server: Service) -> None:
    server.say(Reply(content))
    assert dataset(server, records=key).load() == (RECORDS if content else [])
    assert len(server.asked) == 1


def test_letters_of_any_script_arrive(server: Service) -> None:
    server.say(Reply('\ufeff[{"name": "Zoë Müller 東京"}]'.encode()))
    assert dataset(server).load() == [{"name": "Zoë Müller 東京"}]


@pytest.mark.parametrize(
    ("credentials", "header", "value"),
    [
        ({"token": SECRET}, "authorization", f"Bearer {SECRET}"),
        ({"user": "ada", "password": SECRET}, "authorization", f"Basic {b64encode(f'ada:{SECRET}'.encode()).decode()}"),
        ({"header": "X-API-Key", "key": SECRET}, "x-api-key", SECRET),
    ],
    ids=["bearer token", "basic", "header"],
)
def test_credentials_are_sent_with_every_page(
    credentials: dict[str, str], header: str, value: str, server: Service
) -> None:
    server.answer = by_cursor(RECORDS, 3)
    config = {
        "index": {
            "type": "evergreen.datasets.paged_json_dataset.PagedJSONDataset",
            "url": f"{server.url}/v1/index",
            "records": "items",
            "pagination": {"by": "cursor", "parameter": "after", "key": "meta.next"},
            "credentials": "index_service",
        }
    }
    catalog = DataCatalog.from_config(config, credentials={"index_service": credentials})
    assert catalog.load("index") == RECORDS
    assert [asked.headers[header] for asked in server.asked] == [value] * 3
    assert SECRET not in f"{catalog['index']!r} {catalog['index']!s} {catalog!r}"


@pytest.mark.parametrize("fault", ["server error", "busy", "silence", "silence midway", "hang up", "hang up midway"])
def test_a_passing_fault_is_tried_again(fault: str, server: Service, watch: Watch) -> None:
    status = {"server error": 503, "busy": 429}.get(fault, 200)
    bad = Reply(RECORDS, status=status, fault=fault if status == 200 else None)
    server.say(bad, bad, Reply(RECORDS))
    assert dataset(server, limits={"timeout_seconds": 0.2}).load() == RECORDS
    assert watch.waits == [0.5, 1.0]


def test_waits_double_up_to_the_longest(server: Service, watch: Watch) -> None:
    server.say(Reply(status=500))
    limits = {"attempts": 6, "first_wait_seconds": 2.0, "longest_wait_seconds": 9.0}
    assert "answered HTTP 500 (attempts: 6). Run again later" in refusal(dataset(server, limits=limits))
    assert watch.waits == [2.0, 4.0, 8.0, 9.0, 9.0]
    assert len(server.asked) == 6


@given(st.integers(1, 100), st.floats(0, 10), st.floats(0, 100))
def test_no_wait_is_longer_than_the_longest(attempt: int, first: float, longest: float) -> None:
    limits = HttpLimits(first_wait_seconds=first, longest_wait_seconds=longest)
    assert 0 <= limits.wait_seconds(attempt) <= longest


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_is_left_alone_as_long_as_it_asks(status: int, server: Service, watch: Watch) -> None:
    server.say(Reply(status=status, headers={"Retry-After": "7"}), Reply(RECORDS))
    assert dataset(server).load() == RECORDS
    assert watch.waits == [7.0]


@pytest.mark.parametrize("asked", ["0", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_request_to_wait_that_says_nothing_is_passed_over(asked: str, server: Service, watch: Watch) -> None:
    server.say(Reply(status=429, headers={"Retry-After": asked}), Reply(RECORDS))
    assert dataset(server).load() == RECORDS
    assert watch.waits == [0.5]


def test_a_server_that_asks_for_an_hour_is_not_waited_for(server: Service, watch: Watch) -> None:
    server.say(Reply(status=429, headers={"Retry-After": "3600"}))
    found = refusal(dataset(server))
    assert "answered HTTP 429 and asks to wait 3600 s. Run again then, or raise limits.longest_wait_seconds" in found
    assert watch.waits == []


def test_requests_keep_their_pace(server: Service, watch: Watch) -> None:
    server.answer = by_number(RECORDS, 2)
    pagination = {"by": "page_number", "parameter": "page"}
    dataset(server, records="items", pagination=pagination, limits={"requests_per_second": 4}).load()
    assert len(server.asked) == 5
    assert watch.waits == [0.25] * 4


def test_without_a_pace_nothing_waits(server: Service, watch: Watch) -> None:
    server.answer = by_cursor(RECORDS, 1)
    dataset(server, records="items", pagination=PAGINATIONS["cursor"][1]).load()
    assert watch.waits == []


FOREVER: dict[str, tuple[Reply, str]] = {
    "server error": (Reply(status=500), r"answered HTTP 500 (attempts: 2). Run again later, or ask the owner"),
    "silence": (Reply(fault="silence"), "gave no answer within 0.1 s (attempts: 2). Check url and network, raise"),
    "silence midway": (Reply(RECORDS, fault="silence midway"), "gave no answer within 0.1 s (attempts: 2)"),
    "hang up": (Reply(fault="hang up"), "broke the connection off (attempts: 2). Check url and network"),
    "hang up midway": (Reply(RECORDS, fault="hang up midway"), "broke the connection off (attempts: 2)"),
}


@pytest.mark.parametrize("fault", FOREVER)
def test_a_fault_for_ever_ends_with_a_plain_sentence(fault: str, server: Service, watch: Watch) -> None:
    reply, told = FOREVER[fault]
    server.say(reply)
    found = refusal(dataset(server, limits={"attempts": 2, "timeout_seconds": 0.1}))
    assert found.startswith(f"{server.url}/v1/index ")
    assert told in found


def test_a_server_that_is_not_there_is_named(watch: Watch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        found = refusal(PagedJSONDataset(url=url, limits={"attempts": 3}))
    assert found == f"{url} cannot be reached (attempts: 3). Check url and network, or run again later."
    assert watch.waits == [0.5, 1.0]


AT_ONCE: dict[str, tuple[Reply, dict[str, Any], str]] = {
    "401": (Reply(status=401), {}, "does not let these credentials in (HTTP 401). Check its credentials"),
    "403": (Reply(status=403), {}, "does not let these credentials in (HTTP 403). Check its credentials"),
    "404": (Reply(status=404), {}, "answered HTTP 404. Check url and params"),
    "moved": (
        Reply(status=301, headers={"Location": "https://elsewhere.example/v2?key=1"}),
        {},
        "leads on to https://elsewhere.example/v2 (HTTP 301). Give the final address as url",
    ),
    "no json": (Reply(b"[{}, "), {}, "answered something that is no JSON (at character 5). Check url and params"),
    "a page": (Reply(b"<html>Sign in</html>"), {}, "answered something that is no JSON (at character 0)"),
    "empty": (Reply(b""), {}, "answered something that is no JSON"),
    "other letters": (Reply('[{"a": "ü"}]'.encode("cp1252")), {}, "answered something that is no JSON"),
    "bottomless": (Reply(b"[" * 100_000), {}, "answered something that is no JSON"),
    "missing key": (
        Reply({"error": "x", "total": 3}),
        {"records": "items"},
        "has no key 'items' (found 'error', 'total'). Mend 'records' in the catalog",
    ),
    "missing nested key": (Reply({"data": []}), {"records": "data.items"}, "has no key 'data.items' (found 'data')"),
    "no list": (Reply({"items": []}), {}, "gives no list of records (found an object with 'items'). Say in 'records'"),
    "no records": (Reply(["a" * 999]), {}, "gives no list of records (found ['aaaaa"),
}


@pytest.mark.parametrize("fault", AT_ONCE)
def test_a_fault_that_stays_is_told_at_once(fault: str, server: Service, watch: Watch) -> None:
    reply, entry, told = AT_ONCE[fault]
    server.say(reply)
    found = refusal(dataset(server, **entry))
    assert told in found
    assert len(found) < 300
    assert watch.waits == []
    assert len(server.asked) == 1


def test_endless_pages_come_to_an_end(server: Service) -> None:
    server.answer = lambda asked: Reply([{"page": asked.query["page"]}])
    pagination = {"by": "page_number", "parameter": "page"}
    found = refusal(dataset(server, pagination=pagination, limits={"max_pages": 20}))
    assert "has more than 20 pages. Narrow params, or raise limits.max_pages" in found
    assert len(server.asked) == 20


def test_as_many_pages_as_allowed_are_fine(server: Service) -> None:
    server.answer = by_cursor(RECORDS, 1)
    limits = {"max_pages": len(RECORDS)}
    assert dataset(server, records="items", pagination=PAGINATIONS["cursor"][1], limits=limits).load() == RECORDS


def test_a_server_that_takes_no_notice_of_the_page_is_found_out(server: Service) -> None:
    server.say(Reply(RECORDS))
    found = refusal(dataset(server, pagination={"by": "page_number", "parameter": "pagina"}))
    assert "gives the same page again and again. Check pagination.parameter" in found
    assert len(server.asked) == 2


@pytest.mark.parametrize("kind", ["cursor", "link in the answer"])
def test_pages_that_go_round_in_a_circle_are_found_out(kind: str, server: Service) -> None:
    server.say(Reply({"items": RECORDS, "next": "/v1/index?from=1", "meta": {"next": "c1"}}))
    found = refusal(dataset(server, records="items", pagination=PAGINATIONS[kind][1]))
    assert "leads back to a page it has given before" in found
    assert len(server.asked) == 2


def test_a_link_to_another_server_gets_no_credentials(server: Service) -> None:
    with service() as other:
        server.say(Reply({"items": RECORDS, "next": f"{other.url}/v1?token=abc"}))
        made = dataset(
            server, records="items", pagination={"by": "next_link", "key": "next"}, credentials={"token": SECRET}
        )
        assert f"leads on to another server, {other.url}/v1. Name that server" in refusal(made)
        assert other.asked == []


@pytest.mark.parametrize("fault", [*FOREVER, *AT_ONCE])
def test_no_message_and_no_log_shows_a_credential(
    fault: str, server: Service, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    reply = FOREVER[fault][0] if fault in FOREVER else AT_ONCE[fault][0]
    server.say(reply)
    limits = {"attempts": 2, "timeout_seconds": 0.1}
    with caplog.at_level(logging.DEBUG), pytest.raises(DatasetError) as caught:
        dataset(server, params={"key": SECRET}, credentials={"token": SECRET}, limits=limits).load()
    shown = [str(caught.value), repr(caught.value), str(caught.value.__cause__)]
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert SECRET not in " ".join(shown + logged)
    assert all(SECRET not in record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"url": "service.example/v1"}, r"is no address of a service\. Write https://host/path"),
    "file": ({"url": "file:///etc/passwd"}, r"is no address of a service"),
    "password in the url": ({"url": f"https://ada:{SECRET}@service.example/v1"}, r"The url https://service.example/v1"),
    "unknown pagination": ({"pagination": {"by": "offset"}}, r"'none', 'page_number', 'cursor' or 'next_link'"),
    "page without a name": ({"pagination": {"by": "page_number"}}, r"by page_number lacks the parameter"),
    "cursor without a key": ({"pagination": {"by": "cursor", "parameter": "c"}}, r"by cursor lacks the key"),
    "misspelt limit": ({"limits": {"atempts": 3}}, r"Unknown key 'atempts' in HttpLimits\. Did you mean 'attempts'"),
    "no attempt": ({"limits": {"attempts": 0}}, r"greater than or equal to 1"),
    "unknown credentials": ({"credentials": {"apikey": SECRET}}, r"have the keys 'apikey'\. Give token, user and"),
    "empty credentials": ({"credentials": {"token": ""}}, r"have no text under 'token'\. Fill it in"),
    "number as password": ({"credentials": {"user": "a", "password": 7}}, r"have no text under 'password'"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_entry_is_refused_before_anything_is_asked(fault: str) -> None:
    entry, match = WRONG[fault]
    config = {"type": "evergreen.datasets.paged_json_dataset.PagedJSONDataset", "url": "https://service.example/v1"}
    with pytest.raises(DatasetError, match=match) as caught:
        DataCatalog.from_config({"index": config | entry}).load("index")
    assert SECRET not in str(caught.value)


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert (
        address(f"https://ada:{SECRET}@host.example:8443/v1/x?key={SECRET}#{SECRET}")
        == "https://host.example:8443/v1/x"
    )
    assert len(address("https://host.example/" + "x" * 5000)) < 130


def test_a_service_is_only_read(server: Service) -> None:
    with pytest.raises(DatasetError, match=r"/v1/index is only read"):
        dataset(server).save(RECORDS)
    assert server.asked == []
