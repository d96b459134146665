"""What every request passes: a name, a key, a place among those in flight, a line in the log, and figures."""

import hmac
import logging
import os
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evergreen.serving.blame import told_without_cells
from evergreen.serving.faults import RefusedError, refused
from evergreen.serving.service import Service
from evergreen.serving.told import json_response

Endpoint = Callable[[Request], Awaitable[Response]]
_log = logging.getLogger(__name__)
# Names need to differ, not to be secret: the operating system is asked for chance once, and not for each request.
_chance = random.Random()  # noqa: S311
# A process that is forked would give the same names, and the log would take them for the same requests.
os.register_at_fork(after_in_child=_chance.seed)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_OPEN = ("/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready")
_KNOWN = ("/predict", "/outcomes", "/metrics", "/openapi.json", "/docs", "/v2", *_OPEN)
_CLIENT_LEFT = 499


class Gate:
    """Wraps the application.

    Args:
        app: the application.
        service: whose requests these are.
        endpoints: by path and method, those that the gate asks itself: a router costs more than most of them.
    """

    def __init__(self, app: ASGIApp, service: Service, endpoints: Mapping[tuple[str, str], Endpoint]) -> None:
        self._app = app
        self._service = service
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(scope, send)
        try:
            self._refuse_strangers(scope, visit)
            await self._pass(scope, receive, visit)
        except ClientDisconnect:
            visit.status = _CLIENT_LEFT
        except Exception as error:
            if not isinstance(error, RefusedError):
                _log.error("A request failed", extra={"told": {**visit.told(), **told_without_cells(error)}})
                error = refused(HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed", "Tell those who run it.")
            if visit.status is None:
                await refusal_response(error, visit.name)(scope, receive, visit.send)
        finally:
            self._enter(visit)

    def _refuse_strangers(self, scope: Scope, visit: "_Visit") -> None:
        key = self._service.given.api_key
        if key is None:
            return
        shown = _header(scope, b"x-api-key")
        if shown is None and (bearer := _header(scope, b"authorization")) is not None:
            kind, _, word = bearer.partition(b" ")
            shown = word.strip() if kind.lower() == b"bearer" else None
        is_known = visit.state["is_known"] = shown is not None and hmac.compare_digest(shown, key.encode())
        if not is_known and visit.path not in _OPEN:
            finding = "The request shows no API key" if shown is None else "The API key is not the right one"
            error = refused(HTTPStatus.UNAUTHORIZED, finding, "Send it in the header X-API-Key.", ends_connection=True)
            raise RefusedError(error.status, error.faults, {"WWW-Authenticate": "Bearer"}, ends_connection=True)

    async def _pass(self, scope: Scope, receive: Receive, visit: "_Visit") -> None:
        service = self._service
        if scope["method"] == "POST" and service.n_in_flight >= service.params.max_in_flight:
            finding = f"{service.n_in_flight} requests are worked on already"
            raise refused(HTTPStatus.TOO_MANY_REQUESTS, finding, "Ask again a little later.", ends_connection=True)
        service.n_in_flight += 1
        try:
            endpoint = self._endpoints.get((visit.path, visit.method))
            if endpoint is None:
                await self._app(scope, receive, visit.send)
            else:
                response = await _answered(endpoint, Request(scope, receive), visit.logged_as)
                await response(scope, receive, visit.send)
        finally:
            service.n_in_flight -= 1

    def _enter(self, visit: "_Visit") -> None:
        seconds = time.perf_counter() - visit.begun
        figures, route = self._service.figures, route_of(visit.path, self._service.given.case)
        figures.requests.labels(route, str(visit.status)).inc()
        figures.seconds.labels(route).observe(seconds)
        # Probes and scrapes come every few seconds, and tell nothing but by their answers.
        if visit.method != "GET" or (visit.path not in _OPEN and (visit.status or 0) >= HTTPStatus.BAD_REQUEST):
            _log.info("Request", extra={"told": {**visit.told(), "ms": round(seconds * 1000, 2)}})


class _Visit:
    """One request on its way."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.begun = time.perf_counter()
        self.path: str = scope["path"]
        self.method: str = scope["method"]
        self.status: int | None = None
        self._send = send
        asked = (_header(scope, b"x-request-id") or b"").decode("latin-1")
        self.name = asked if _SANE_ID.fullmatch(asked) else f"{_chance.getrandbits(128):032x}"
        # A client may use a name twice; in the log each request has one of its own.
        self.logged_as = f"{asked}.{_chance.getrandbits(48):012x}" if self.name == asked else self.name
        self.state: MutableMapping[str, Any] = scope.setdefault("state", {})
        self.state["request_id"], self.state["begun"], self.state["told"] = self.logged_as, self.begun, {}
        self.state["is_known"] = True

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.name.encode())]
        await self._send(message)

    def told(self) -> Mapping[str, Any]:
        """What the log says of it; no cell, no header, no query."""
        found = {"request_id": self.logged_as, "path": self.path[:200], "status": self.status}
        return {**found, **self.state["told"]}


def route_of(path: str, case: str) -> str:
    """Name the route of a path, so that figures do not grow with what clients make up.

    Args:
        path: that was asked for.
        case: the name of the case.

    Returns:
        The route.
    """
    if path in _KNOWN:
        return path
    model = f"/v2/models/{case}"
    tail = path.removeprefix(model)
    return f"/v2/models/{{case}}{tail}" if path.startswith(model) and tail in ("", "/ready", "/infer") else "other"


def refusal_response(error: RefusedError, request_id: str) -> ASGIApp:
    """Write a refusal.

    Args:
        error: the refusal.
        request_id: the name of the request.

    Returns:
        The response.
    """
    headers = {**error.headers, **({"Connection": "close"} if error.ends_connection else {})}
    return json_response({**error.told(), "request_id": request_id}, error.status, headers)


async def _answered(endpoint: Endpoint, request: Request, request_id: str) -> ASGIApp:
    try:
        return await endpoint(request)
    except RefusedError as error:
        return refusal_response(error, request_id)


def _header(scope: Scope, name: bytes) -> bytes | None:
    found: bytes | None = next((value for key, value in scope["headers"] if key == name), None)
    return found
