"""Keys, figures and the description of the service."""

import json
import re
import shlex
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from evergreen.serving.gate import route_of
from evergreen.serving.openapi import write_openapi
from evergreen.serving.params import ServingParams
from tests.serving.world import ROW, World, rows, wait_for, world

CLOSED = [
    ("POST", "/predict"),
    ("POST", "/outcomes"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/v2"),
    ("GET", "/v2/models/small"),
    ("POST", "/v2/models/small/infer"),
    ("GET", "/nothing"),
]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with world(tmp_path_factory.mktemp("locked"), key="sesame-ü") as made:
        yield made


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_the_key_nothing_is_told(locked: World, method: str, path: str) -> None:
    for shown in ({}, {"X-API-Key": "sesame"}, {"Authorization": "Basic sesame"}, {"Authorization": "Bearer"}):
        told = locked.ask(method, path, {"rows": [ROW]}, shown)
        assert told.status == 401
        assert "API key" in told.json["error"]
        assert told.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"])
def test_health_needs_no_key(locked: World, path: str) -> None:
    assert locked.ask("GET", path).status == 200


def test_only_with_the_key_is_it_told_why_it_is_not_ready(locked: World) -> None:
    key = "sesame-ü".encode().decode("latin-1")
    locked.log.fault = "is full"
    assert locked.predict([ROW], X_API_Key=key).status == 503
    assert locked.ask("GET", "/health/ready").json == {"ready": False}
    assert locked.ask("GET", "/health/ready", None, {"X-API-Key": "guess"}).json == {"ready": False}
    assert "is full" in locked.ask("GET", "/health/ready", None, {"X-API-Key": key}).json["reason"]
    locked.log.fault = ""
    wait_for(lambda: locked.ask("GET", "/health/ready").status == 200)


def test_with_the_key_all_is_told(locked: World) -> None:
    key = "sesame-ü".encode().decode("latin-1")
    assert locked.predict([ROW], X_API_Key=key).status == 200
    assert locked.predict([ROW], Authorization=f"Bearer {key}").status == 200


def test_figures_tell_what_passed_through(served: World) -> None:
    name = served.champion()
    before = {key: served.figure(key) for key in ("evergreen_batch_rows_sum",)}
    figures = {
        f'evergreen_rows_total{{release_id="{name}",role="champion"}}': 4,
        'evergreen_repairs_total{column="colour",rule="synonym"}': 3,
        'evergreen_unusable_rows_total{column="colour"}': 1,
        'evergreen_unusable_rows_total{column="row_id"}': 1,
        f'evergreen_actions_total{{action="call",release_id="{name}"}}': 3,
        f'evergreen_score_count{{class="yes",release_id="{name}"}}': 3,
        f'evergreen_score_sum{{class="yes",release_id="{name}"}}': 0.75,
        f'evergreen_score_bucket{{class="yes",le="0.25",release_id="{name}"}}': 3,
        f'evergreen_score_bucket{{class="yes",le="0.2",release_id="{name}"}}': 0,
        'evergreen_requests_total{route="/predict",status="200"}': 1,
        'evergreen_request_seconds_count{route="/predict"}': 1,
        "evergreen_log_failures_total": 0,
    }
    before |= {key: served.figure(key) for key in figures}
    served.predict([*rows(3, strength=0.25), {**ROW, "colour": "purple"}])
    assert {key: served.figure(key) - before[key] for key in figures} == pytest.approx(figures)
    assert served.figure("evergreen_batch_rows_sum") - before["evergreen_batch_rows_sum"] == 4
    info = f'evergreen_release_info{{is_compiled="true",release_id="{name}",role="champion"}}'
    assert served.figure(info) == 1
    assert served.figure("evergreen_ready") == 1


def test_paths_that_clients_make_up_are_one_route(served: World) -> None:
    for path in ("/a", "/b?x=1", "/v2/models/x", "/v2/models/small/zzz"):
        served.ask("GET", path)
    shown = served.ask("GET", "/metrics").body.decode()
    assert 'route="other",status="404"' in shown
    assert "/a" not in shown
    assert route_of("/v2/models/small/infer", "small") == "/v2/models/{case}/infer"
    assert route_of("/v2/models/smaller", "small") == "other"


def _schema(document: Any, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def test_the_document_describes_what_is_asked_and_answered(served: World) -> None:
    document = served.ask("GET", "/openapi.json").json
    for path in ("/predict", "/outcomes", "/v2/models/small/infer"):
        post = document["paths"][path]["post"]
        content = post["requestBody"]["content"]["application/json"]
        jsonschema.validate(content["example"], {**content["schema"], "components": document["components"]})
        told = served.ask("POST", path, content["example"])
        assert told.status == 200
        answer = post["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(told.json, {**answer, "components": document["components"]})
    jsonschema.validate(served.predict([{"zzz": 1}]).json, _schema(document, "Refusal"))
    jsonschema.validate(served.predict(rows(2, colour="purple")).json, _schema(document, "Refusal"))


def test_the_page_shows_a_command_that_is_answered_and_loads_nothing(served: World) -> None:
    page = served.ask("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    text = page.body.decode()
    assert "<script" not in text
    assert "src=" not in text
    commands = [shlex.split(unescape(found)) for found in re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)]
    curl, address, _, kind, _, body = commands[0]
    assert (curl, kind) == ("curl", "Content-Type: application/json")
    path = re.sub(r"http://[^/]+", "", address)
    assert path == "/predict"
    assert served.ask("POST", path, json.loads(body)).status == 200
    for field in ("colour", "For the test. Send one of: blue, green, red.", "No release is on duty"):
        assert field in text


def test_the_document_tells_the_contract(served: World) -> None:
    row = served.ask("GET", "/openapi.json").json["components"]["schemas"]["Row"]
    assert row["required"] == ["row_id", "decided_at"]
    assert row["additionalProperties"] is False
    assert "outcome" not in row["properties"]
    assert row["properties"]["colour"]["examples"] == ["blue", "green", "red"]
    assert "For the test. Send one of: blue, green, red." in row["properties"]["colour"]["description"]
    assert "null" in row["properties"]["strength"]["type"]


def test_unknown_fields_may_be_ignored(tmp_path: Path) -> None:
    with world(tmp_path, unknown_fields="ignore") as made:
        assert made.predict([{**ROW, "zzz": {"any": ["thing"]}}]).status == 200
        assert "zzz" not in made.log.predictions[0].cells
        late = made.predict([{**ROW, "outcome": "yes"}])
        assert late.status == 422
        assert made.ask("GET", "/openapi.json").json["components"]["schemas"]["Row"]["additionalProperties"]


def test_without_a_release_there_is_a_document_too() -> None:
    assert "/predict" not in write_openapi("small", ServingParams(), None)["paths"]
