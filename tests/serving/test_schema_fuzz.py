"""Requests that a machine makes up from the OpenAPI document: whatever comes is answered, and as the document says."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from evergreen.releases import ReleaseStore
from evergreen.serving.params import ServingParams
from evergreen.serving.service import Surroundings
from tests.releases.small import entry
from tests.serving.socketless import Socketless, socketless
from tests.serving.test_whole import compiled, explained_release
from tests.serving.world import MemoryLog

# By hand, for thousands: EVERGREEN_FUZZ_EXAMPLES=3000 python -m pytest --hypothesis-profile=random ...
N_EXAMPLES = int(os.environ.get("EVERGREEN_FUZZ_EXAMPLES", "8"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PATHS = ("/predict", "/outcomes", "/v2/models/small/infer")
MODES = {"as described": GenerationMode.POSITIVE, "other than described": GenerationMode.NEGATIVE}


@dataclass(frozen=True)
class Asked:
    """A service without a socket, and its document."""

    client: Socketless
    document: Any

    def check(self, case: Any, checks: list[Any]) -> None:
        """Send a request, and hold the answer against the document."""
        told = case.as_transport_kwargs(base_url="http://testserver")
        if "data" in told:
            told["content"] = told.pop("data")
        sent = {name: told[name] for name in ("headers", "params", "content", "json") if name in told}
        case.validate_response(self.client.ask(told["method"], told["url"], **sent), checks=checks)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """A service of a compiled release."""
    store, release = ReleaseStore(str(tmp_path_factory.mktemp("fuzz"))), explained_release()
    store.add(release)
    store.promote(entry(release))
    log: Any = MemoryLog()
    answerer = compiled()
    given = Surroundings("small", store, ServingParams(), lambda: log, make=lambda _: answerer)
    with socketless(given) as client:
        yield Asked(client, openapi.from_dict(client.ask("GET", "/openapi.json").json()))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_whatever_is_sent_is_answered_as_the_document_says(asked: Asked, path: str, mode: GenerationMode) -> None:
    checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS

    @settings(max_examples=N_EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=asked.document[path]["POST"].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        asked.check(case, checks)

    ask()


def test_what_is_only_read_is_answered_as_the_document_says(asked: Asked) -> None:
    paths = asked.document.raw_schema["paths"]
    reads = [path for path, operations in paths.items() if "get" in operations]
    assert len(reads) == 8
    for path in reads:
        asked.check(asked.document[path]["GET"].Case(), CHECKS)
