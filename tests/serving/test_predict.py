"""What /predict says: of rows that can be used, of some that cannot, and of requests that are none."""

import json
from typing import Any

import pytest

from tests.serving.world import ROW, World, rows


def test_a_row_gets_its_score_action_payoff_and_repairs(served: World) -> None:
    told = served.predict([ROW])
    assert told.status == 200
    mark = served.answerers[str(served.champion())].mark
    repairs = [{"column": "colour", "rule": "synonym"}]
    prediction = {"score": 0.5, "action": "call", "expected_payoff": mark, "repairs": repairs}
    assert told.json["predictions"] == [prediction]
    assert told.json["release_id"] == served.champion()
    assert told.json["request_id"] == told.headers["x-request-id"]


def test_answers_keep_the_order_of_the_rows(served: World) -> None:
    asked = [{**ROW, "strength": number / 100} for number in range(100)]
    told = served.predict(asked).json["predictions"]
    assert [one["score"] for one in told] == [row["strength"] for row in asked]


def test_a_row_that_cannot_be_used_gets_its_reasons_in_its_place(served: World) -> None:
    told = served.predict([ROW, {**ROW, "colour": "purple"}, ROW])
    assert told.status == 200
    first, second, third = told.json["predictions"]
    assert second == {"error": "colour is not among the values; row_id is missing", "repairs": []}
    assert first == third


def test_a_request_of_which_no_row_can_be_used_is_refused_with_every_reason(served: World) -> None:
    told = served.predict(rows(2, colour="purple"))
    assert told.status == 422
    assert told.json["n_errors"] == 4
    finding, way_out = "is not among the values", "Send one of: blue, green, red."
    assert told.json["errors"][0] == {"row": 0, "field": "colour", "finding": finding, "way_out": way_out}
    assert told.json["errors"][3]["row"] == 1
    assert told.json["error"] == f"Row 0: field 'colour' {finding}. {way_out}"


def test_unusable_rows_are_logged_with_their_reasons(served: World) -> None:
    name = served.predict(rows(1, colour="purple")).json["request_id"]
    (logged,) = [one for one in served.log.predictions if one.request_id == name]
    assert logged.reasons.startswith("colour is not")
    assert (tuple(logged.scores), logged.action) == ((), None)


REFUSALS: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "no JSON"),
    "half an object": (b'{"rows": [', 400, "line 1, column"),
    "not a number": (b'{"rows": [{"strength": NaN}]}', 400, "no JSON"),
    "infinity": (b'{"rows": [{"strength": -Infinity}]}', 400, "no JSON"),
    "a number beyond all": (b'{"rows": [{"strength": 1e999}]}', 400, "no JSON"),
    "bytes that are no text": (b'{"rows": [{"note": "\xff"}]}', 400, "UTF-8"),
    "half a character": (b'{"rows": [{"note": "\\ud800"}]}', 400, "no JSON"),
    "a mark of byte order": (b'\xef\xbb\xbf{"rows": []}', 400, "BOM"),
    "a name twice": (b'{"rows": [{"strength": 1, "strength": 2}]}', 400, "'strength' stands twice in one object"),
    "a name twice, once as an escape": (b'{"rows": [{"note": 1, "not\\u0065": "a:b"}]}', 400, "'note' stands twice"),
    "rows twice": (b'{"rows": [], "rows": []}', 400, "'rows' stands twice"),
    "very deep": (b'{"rows": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "depth limit"),
    "deep": (b'{"rows": ' + b"[" * 500 + b"]" * 500 + b"}", 400, "nested too deeply"),
    "a list": (b"[]", 422, "holds no list 'rows'"),
    "text": (b'"rows"', 422, "holds no list 'rows'"),
    "no rows": (b"{}", 422, "holds no list 'rows'"),
    "rows that are none": (b'{"rows": {}}', 422, "holds no list 'rows'"),
    "no row": (b'{"rows": []}', 422, "'rows' is empty"),
    "something else beside": (b'{"rows": [{}], "explain": true}', 422, "'explain' is no part of such a request"),
    "too many rows": (b'{"rows": [' + b"{}," * 1000 + b"{}]}", 422, "has 1001 rows, more than 1000. Send fewer"),
    "rows that are no objects": (b'{"rows": [1]}', 422, "Row 0: is no object"),
    "an object in a cell": (b'{"rows": [{}, {"note": {}}]}', 422, "Row 1: field 'note' holds an object. Send text,"),
    "a list in a cell": (b'{"rows": [{"note": []}]}', 422, "field 'note' holds a list"),
    "a misspelt field": (b'{"rows": [{"colur": 1}]}', 422, "'colur' is not in the contract. Did you mean 'colour'?"),
    "an unknown field": (b'{"rows": [{"zzz": 1}]}', 422, "'zzz' is not in the contract. Leave it out."),
    "the outcome": (b'{"rows": [{"outcome": "yes"}]}', 422, "'outcome' is known only at the outcome. Leave it out"),
}


@pytest.mark.parametrize(("body", "status", "finding"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_no_request_is_refused(served: World, body: bytes, status: int, finding: str) -> None:
    told = served.ask("POST", "/predict", body)
    assert told.status == status
    assert finding in told.json["error"]
    assert told.json["errors"][0]["way_out"]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_content_type_is_refused(served: World, kind: str) -> None:
    told = served.ask("POST", "/predict", {"rows": [ROW]}, {"Content-Type": kind})
    assert told.status == 415
    assert "content type" in told.json["error"]


def test_a_type_with_a_charset_is_json_too(served: World) -> None:
    told = served.ask("POST", "/predict", {"rows": [ROW]}, {"Content-Type": "Application/JSON; charset=utf-8"})
    assert told.status == 200


def test_an_encoded_body_is_refused(served: World) -> None:
    assert served.ask("POST", "/predict", b"x", {"Content-Encoding": "gzip"}).status == 415


def test_colons_in_text_and_escapes_are_no_names(served: World) -> None:
    body = json.dumps({"rows": [{**ROW, "note": 'a:b "c": \u00e9'}]}).encode()
    assert b"\\" in body
    assert served.ask("POST", "/predict", body).status == 200
    assert served.predict([{**ROW, "note": "a:b:c"}]).status == 200


def test_many_faults_are_counted_and_the_first_are_told(served: World) -> None:
    told = served.predict([{**ROW, "note": []}] * 30).json
    assert (len(told["errors"]), told["n_errors"]) == (20, 30)


def test_long_names_are_cut(served: World) -> None:
    assert len(served.predict([{"x" * 5000: 1}]).body) < 1000


@pytest.mark.parametrize("word", ["yes", "", "2"])
def test_explain_is_true_or_false(served: World, word: str) -> None:
    told = served.ask("POST", f"/predict?explain={word}", {"rows": [ROW]})
    assert told.status == 422
    assert "'explain' is neither true nor false" in told.json["error"]


def test_without_a_background_nothing_is_explained_or_logged(served: World) -> None:
    n_before = len(served.log.predictions)
    told = served.ask("POST", "/predict?explain=true", {"rows": [ROW]})
    assert told.status == 422
    assert "has no background to compare a row with" in told.json["error"]
    assert len(served.log.predictions) == n_before


def test_only_few_rows_are_explained(served: World) -> None:
    told = served.ask("POST", "/predict?explain=1", {"rows": rows(11)})
    assert told.status == 422
    assert "11 rows, more than 10" in told.json["error"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/predict", 405)])
def test_what_is_not_there_is_told_as_json(served: World, method: str, path: str, status: int) -> None:
    told = served.ask(method, path)
    assert told.status == status
    assert "See /openapi.json" in told.json["error"]


@pytest.mark.parametrize("asked", ["batch-7", "a.b_c", "x" * 100])
def test_a_name_of_the_client_comes_back_and_begins_the_one_in_the_log(served: World, asked: str) -> None:
    told = served.predict([ROW], X_Request_ID=asked)
    assert told.headers["x-request-id"] == asked
    name = told.json["request_id"]
    assert name.startswith(f"{asked}.")
    assert name in {one.request_id for one in served.log.predictions}


def test_a_name_that_is_used_twice_is_two_requests_in_the_log(served: World) -> None:
    names = {served.predict([ROW], X_Request_ID="again").json["request_id"] for _ in range(2)}
    assert len(names) == 2
    assert names <= {one.request_id for one in served.log.predictions}


@pytest.mark.parametrize("asked", ["a b", "x" * 101, "<script>", "\u00e9"])
def test_a_name_that_is_none_is_replaced(served: World, asked: str) -> None:
    told = served.ask("POST", "/predict", {"rows": [ROW]}, {"X-Request-ID": asked.encode("latin-1").decode("latin-1")})
    assert told.headers["x-request-id"] == told.json["request_id"]
    assert asked not in told.json["request_id"]


def test_the_log_holds_what_came_and_what_was_answered(served: World) -> None:
    sent: dict[str, Any] = {**ROW, "row_id": "77", "shop": "shop 3"}
    name = served.predict([sent]).json["request_id"]
    (logged,) = [one for one in served.log.predictions if one.request_id == name]
    assert logged.cells == sent
    assert logged.key == {"row_id": 77}
    assert logged.event_time == "2024-02-29T10:00:00"
    assert (tuple(logged.scores), logged.action, logged.role) == ((0.5,), "call", "champion")
    assert logged.release_id == served.champion()
    assert logged.answered_at.endswith("+00:00")
    assert 0 < logged.latency_ms < 20_000
