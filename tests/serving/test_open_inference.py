"""The Open Inference Protocol, version 2."""

from typing import Any

import pytest

from tests.serving.world import ROW, World

MODEL = "/v2/models/small"


def inputs(**columns: tuple[str, list[Any]]) -> dict[str, Any]:
    told = [
        {"name": name, "shape": [len(data)], "datatype": kind, "data": data} for name, (kind, data) in columns.items()
    ]
    return {"inputs": told}


STRENGTHS = inputs(row_id=("INT64", [1, 2]), strength=("FP64", [0.25, 0.75]), colour=("BYTES", ["red", None]))


def test_the_server_and_the_model_tell_what_they_are(served: World) -> None:
    assert served.ask("GET", "/v2").json["name"] == "evergreen"
    assert served.ask("GET", "/v2/health/live").json == {"live": True}
    assert served.ask("GET", "/v2/health/ready").json == {"ready": True}
    assert served.ask("GET", f"{MODEL}/ready").json == {"ready": True}
    told = served.ask("GET", MODEL).json
    assert (told["name"], told["versions"]) == ("small", [served.champion()])
    kinds = {one["name"]: one["datatype"] for one in told["inputs"]}
    assert kinds["row_id"] == "INT64"
    assert kinds["strength"] == "FP64"
    assert kinds["is_known"] == "BOOL"
    assert kinds["colour"] == "BYTES"
    assert "outcome" not in kinds
    assert [one["name"] for one in told["outputs"]] == ["score", "action", "expected_payoff", "error"]


def test_columns_are_answered_as_rows_are(served: World) -> None:
    told = served.ask("POST", f"{MODEL}/infer", {**STRENGTHS, "id": "mine"}).json
    assert (told["model_name"], told["model_version"], told["id"]) == ("small", served.champion(), "mine")
    outputs = {one["name"]: one for one in told["outputs"]}
    assert outputs["score"] == {"name": "score", "datatype": "FP64", "shape": [2], "data": [0.25, 0.75]}
    assert outputs["action"]["data"] == ["call", "call"]
    assert outputs["error"]["data"] == ["", ""]


def test_a_row_that_cannot_be_used_has_an_error_and_no_score(served: World) -> None:
    body = inputs(strength=("FP32", [0.25, 0.5]), colour=("BYTES", ["red", "purple"]))
    outputs = {one["name"]: one["data"] for one in served.ask("POST", f"{MODEL}/infer", body).json["outputs"]}
    assert outputs["score"] == [0.25, None]
    assert outputs["action"] == ["call", None]
    assert outputs["error"][1].startswith("colour is not")


def test_only_the_outputs_that_are_asked_for_come(served: World) -> None:
    told = served.ask("POST", f"{MODEL}/infer", {**STRENGTHS, "outputs": [{"name": "action"}]}).json
    assert [one["name"] for one in told["outputs"]] == ["action"]


def test_columns_of_one_cell_each_are_columns_too(served: World) -> None:
    one = {"name": "strength", "shape": [2, 1], "datatype": "FP64", "data": [[0.5], [0.25]]}
    told = served.ask("POST", f"{MODEL}/infer", {"inputs": [one]}).json
    assert told["outputs"][0]["data"] == [0.5, 0.25]


def _input(**changes: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "strength", "shape": [1], "datatype": "FP64", "data": [1.5]} | changes]}


WRONG: dict[str, tuple[Any, str]] = {
    "a list": ([], "holds no list 'inputs'"),
    "nothing": ({}, "holds no list 'inputs'"),
    "no input": ({"inputs": []}, "holds no list 'inputs'"),
    "no object": ({"inputs": [1]}, "An input has another form"),
    "no name": (_input(name=None), "An input has another form"),
    "something more": (_input(extra=1), "An input has another form"),
    "no datatype": (_input(datatype=None), "'strength' has an unknown datatype. It is one of BYTES"),
    "an unknown datatype": (_input(datatype="FP128"), "has an unknown datatype"),
    "no data": (_input(data=[]), "has no list of data"),
    "data that is no list": (_input(data=1), "has no list of data"),
    "another shape": (_input(shape=[2]), "has a shape that is not its data's. Send [1] or [1, 1]."),
    "no shape": (_input(shape=None), "has a shape"),
    "a shape of Booleans": (_input(shape=[True]), "has a shape"),
    "text as a number": (_input(data=["1"]), "Row 0: field 'strength' holds a cell that is no FP64"),
    "a Boolean as a number": (_input(data=[True]), "holds a cell that is no FP64"),
    "a number as text": (_input(datatype="BYTES"), "holds a cell that is no BYTES"),
    "a list in a cell": (_input(data=[[1, 2]]), "holds a cell that is no FP64"),
    "an input twice": ({"inputs": _input()["inputs"] * 2}, "is given twice"),
    "unequal lengths": (inputs(strength=("FP64", [1.0]), noise=("FP64", [1.0, 2.0])), "has another length"),
    "too many rows": (inputs(strength=("FP64", [1.0] * 1001)), "1001 rows, more than 1000"),
    "an unknown column": (inputs(strenth=("FP64", [1.0])), "not in the contract. Did you mean 'strength'?"),
    "the outcome": (inputs(outcome=("BYTES", ["yes"])), "is known only at the outcome"),
    "an unknown output": ({**_input(), "outputs": [{"name": "odds"}]}, "names what there is not"),
    "outputs that are none": ({**_input(), "outputs": {"name": 1}}, "names what there is not"),
    "an id that is no text": ({**_input(), "id": 7}, "'id' is no text"),
}


@pytest.mark.parametrize(("body", "finding"), WRONG.values(), ids=WRONG)
def test_another_form_is_refused(served: World, body: Any, finding: str) -> None:
    told = served.ask("POST", f"{MODEL}/infer", body)
    assert told.status == 422
    assert finding in told.json["error"]


def test_another_model_is_not_there(served: World) -> None:
    told = served.ask("POST", "/v2/models/other/infer", STRENGTHS)
    assert told.status == 404
    assert told.json["error"] == "There is no model 'other'. The one that is served is 'small'."


def test_binary_tensors_are_refused(served: World) -> None:
    told = served.ask("POST", f"{MODEL}/infer", STRENGTHS, {"Inference-Header-Content-Length": "10"})
    assert told.status == 400


def test_the_same_row_gets_the_same_answer_both_ways(served: World) -> None:
    cells = {
        name: ("FP64" if isinstance(cell, float) else "INT64", [cell])
        for name, cell in ROW.items()
        if not isinstance(cell, str)
    }
    words = {name: ("BYTES", [cell]) for name, cell in ROW.items() if isinstance(cell, str)}
    by_column = served.ask("POST", f"{MODEL}/infer", inputs(**cells, **words)).json["outputs"]
    assert by_column[0]["data"] == [served.predict([ROW]).json["predictions"][0]["score"]]
