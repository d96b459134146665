"""Parts by themselves: figures of several processes, parameters, lines of the log, the share of a canary."""

import json
import logging
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from pydantic import ValidationError

from evergreen.answering import Answer
from evergreen.releases import load_release
from evergreen.serving.body import parse_json
from evergreen.serving.faults import RefusedError
from evergreen.serving.figures import Figures
from evergreen.serving.json_logs import JsonLines
from evergreen.serving.params import ServingParams
from evergreen.serving.router import Duty, Router
from evergreen.serving.served import example_row, serve_release
from evergreen.serving.shared_metrics import SharedMetrics
from tests.models.small import small_case
from tests.releases.small import small_release
from tests.serving.world import Quick


def _figures(n: float) -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("rows", "Rows.", ["role"], registry=registry).labels("champion").inc(n)
    Gauge("ready", "Ready.", registry=registry).set(1)
    Histogram("score", "Score.", registry=registry, buckets=(0.5, 1.0)).observe(n / 10)
    return registry


def _shown(metrics: SharedMetrics) -> dict[str, float]:
    lines = metrics.written().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_figures_of_processes_are_added_up(tmp_path: Path) -> None:
    one, other = SharedMetrics(_figures(3), tmp_path), SharedMetrics(_figures(4), tmp_path)
    assert _shown(one)['rows_total{role="champion"}'] == 3
    other.publish()
    one.publish()
    told = _shown(one)
    assert told == _shown(other)
    assert told['rows_total{role="champion"}'] == 7
    assert told["ready"] == 2
    assert told['score_bucket{le="0.5"}'] == 2
    assert told["score_count"] == 2
    assert told["score_sum"] == pytest.approx(0.7)
    assert not [name for name in told if "created" in name]


def _publish_and_die(registry: CollectorRegistry, folder: Path) -> None:
    SharedMetrics(registry, folder).publish()
    (path,) = folder.glob("*.json")
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    path.rename(folder / f"{gone.pid}.x.json")


def test_of_a_process_that_died_counts_stay_and_gauges_go(tmp_path: Path) -> None:
    _publish_and_die(_figures(4), tmp_path)
    told = _shown(SharedMetrics(_figures(3), tmp_path))
    assert told['rows_total{role="champion"}'] == 7
    assert told["ready"] == 1
    assert told["score_count"] == 2


def test_the_mean_of_predicted_values_outlives_a_process(tmp_path: Path) -> None:
    problem, gone, alive = small_case("regression"), Figures(), Figures()
    for figures, values in ((gone, (3.0, -1.5, 0.0)), (alive, (-0.5, 10.0))):
        answers = [Answer((value,), value, None, ()) for value in values]
        figures.count_answers([*answers, Answer((), None, None, (), "row_id is missing")], problem, "abc", "champion")
    _publish_and_die(gone.registry, tmp_path)
    told = _shown(SharedMetrics(alive.registry, tmp_path))
    signs = {sign: f'{{release_id="abc",sign="{sign}"}}' for sign in ("positive", "negative")}
    assert {sign: told[f"evergreen_value_sum{label}"] for sign, label in signs.items()} == {
        "positive": 13.0,
        "negative": 2.0,
    }
    assert {sign: told[f"evergreen_value_count{label}"] for sign, label in signs.items()} == {
        "positive": 3,
        "negative": 2,
    }


def test_one_process_alone_writes_no_file() -> None:
    metrics = SharedMetrics(_figures(3), None)
    metrics.publish()
    assert _shown(metrics)["ready"] == 1


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        ({"prot": 1}, "Unknown key 'prot' in ServingParams. Did you mean 'port'?"),
        ({"port": 70000}, "less than or equal to 65535"),
        ({"workers": 0}, "greater than or equal to 1"),
        ({"unlogged": "maybe"}, "refuse"),
        ({"canary": {"release_id": "abc", "share": 1.0}}, "less than 1"),
        ({"shadow": "../x"}, "match"),
        ({"shadow": "abc", "canary": {"release_id": "abc", "share": 0.5}}, "shadow is the canary, too"),
    ],
)
def test_wrong_parameters_are_refused(told: dict[str, Any], finding: str) -> None:
    with pytest.raises(ValidationError, match=finding):
        ServingParams.model_validate(told)


def test_a_line_is_json_and_of_an_error_tells_the_kind_alone() -> None:
    try:
        raise ValueError("secret cell")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "It %s", ("broke",), sys.exc_info())
    record.told = {"request_id": "r1"}
    told = json.loads(JsonLines().format(record))
    assert told.pop("at").endswith("+00:00")
    assert told == {"level": "error", "event": "It broke", "request_id": "r1", "kind": "ValueError"}


def test_a_key_keeps_to_its_release_and_a_larger_share_only_adds_keys() -> None:
    served = [
        serve_release(load_release(one.release_id, one.files), ServingParams(), Quick)
        for one in (small_release(), small_release(note="second"))
    ]
    keys = [{"row_id": number} for number in range(2000)]
    chosen = [
        {key["row_id"] for key in keys if Duty(served[0], served[1], share).choose(key) is served[1]}
        for share in (0.1, 0.3)
    ]
    assert chosen[0] < chosen[1]
    assert [len(one) / len(keys) for one in chosen] == pytest.approx([0.1, 0.3], abs=0.03)


def test_a_router_without_a_release_says_so() -> None:
    with pytest.raises(LookupError):
        Router().choose({"row_id": 1})


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_made_up_row_has_every_column_that_a_request_may_bring(kind: Any) -> None:
    problem = small_case(kind)
    assert set(example_row(problem)) == set(problem.columns) - {"outcome"}


_JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers(-(2**53), 2**53) | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=_JSON, is_ascii=strategies.booleans())
def test_whatever_json_says_is_read_as_it_is(value: Any, is_ascii: bool) -> None:
    try:
        body = json.dumps(value, ensure_ascii=is_ascii).encode()
    except UnicodeEncodeError:
        return
    try:
        found = parse_json(body, "application/json")
    except RefusedError:
        assert "\\ud" in json.dumps(value)
        return
    assert found == value


@given(body=strategies.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(RefusedError):
        parse_json(body, "application/json")
