"""The service's own routes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from evergreen.serving.body import parse_json, read_body
from evergreen.serving.faults import Fault, RefusedError, refused
from evergreen.serving.intake import refuse_many, take_list
from evergreen.serving.outcomes import take_outcomes
from evergreen.serving.service import Service
from evergreen.serving.told import json_response, refuse_hopeless, tell_answers

Endpoint = Callable[[Request], Awaitable[Response]]
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


async def read_json(request: Request) -> Any:
    """Read the body of a request as JSON.

    Args:
        request: the request.

    Returns:
        What JSON gave.

    Raises:
        RefusedError: where it is too long, too slow, or no JSON.
    """
    params = service_of(request).params
    if "content-encoding" in request.headers:
        finding, cure = "The body is encoded", "Send it as it is, without Content-Encoding."
        raise refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, finding, cure, ends_connection=True)
    body = await read_body(
        request.stream(),
        declared=request.headers.get("content-length"),
        max_bytes=params.max_body_bytes,
        seconds=params.body_seconds,
    )
    return parse_json(body, request.headers.get("content-type"))


def service_of(request: Request) -> Service:
    """Find the service a request goes to.

    Args:
        request: the request.

    Returns:
        The service.
    """
    service: Service = request.app.state.service
    return service


async def predict(request: Request) -> Response:
    """Answer rows."""
    service, is_explained = service_of(request), _flag(request, "explain")
    items = take_list(await read_json(request), "rows", max_rows=service.params.max_rows)
    if is_explained:
        refuse_many(len(items), max_rows=service.params.max_explained_rows)
    duty = service.duty
    if is_explained:
        service.refuse_unexplained(duty)
    done = await service.ask(duty, items, request.state.request_id, request.state.begun)
    request.state.told.update(n_rows=len(items), release_id=duty.champion.release_id)
    refuse_hopeless(done)
    explanations = await service.explain(done) if is_explained else None
    return json_response({**tell_answers(done, duty, explanations), "request_id": request.state.request_id})


async def outcomes(request: Request) -> Response:
    """Take what became of rows."""
    service = service_of(request)
    items = take_list(await read_json(request), "outcomes", max_rows=service.params.max_rows)
    now = datetime.now(tz=UTC).isoformat(timespec="microseconds")
    receipt = await service.add_outcomes(take_outcomes(items, service.duty.champion.problem, known_at=now))
    request.state.told.update(n_rows=len(items))
    told = {"new": receipt.n_new, "repeated": receipt.n_repeated, "changed": receipt.n_changed}
    return json_response({**told, "unknown": receipt.n_unknown, "request_id": request.state.request_id})


async def live(request: Request) -> Response:
    """Say that the process runs."""
    del request
    return json_response({"live": True})


async def ready(request: Request) -> Response:
    """Say whether requests can be answered."""
    fault = service_of(request).fault
    status = HTTPStatus.SERVICE_UNAVAILABLE if fault else HTTPStatus.OK
    # The reason names files and hosts, and strangers may ask, too.
    told = {"reason": fault} if fault and request.state.is_known else {}
    return json_response({"ready": not fault, **told}, status)


async def metrics(request: Request) -> Response:
    """Give the figures of all processes on the port."""
    return Response(service_of(request).written_metrics(), media_type=CONTENT_TYPE_LATEST)


def _flag(request: Request, name: str) -> bool:
    word = request.query_params.get(name, "false").lower()
    if word not in _FLAGS:
        fault = Fault("is neither true nor false", "Send true or false.", field=name)
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, [fault])
    return _FLAGS[word]


ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("/predict", "POST", predict),
    ("/outcomes", "POST", outcomes),
    ("/health/live", "GET", live),
    ("/health/ready", "GET", ready),
    ("/metrics", "GET", metrics),
)
