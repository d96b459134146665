"""The application: routes of a service, without any state beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from evergreen.serving import open_inference, routes
from evergreen.serving.docs_page import write_docs_page
from evergreen.serving.faults import Fault, RefusedError
from evergreen.serving.gate import Gate, refusal_response
from evergreen.serving.openapi import write_openapi
from evergreen.serving.service import Service, Surroundings
from evergreen.serving.told import json_response


def create_app(given: Surroundings) -> Starlette:
    """Make the application of one service.

    Args:
        given: what the service is given.

    Returns:
        An ASGI application; its ``state.service`` is the service, which starts and stops with it.
    """
    service = Service(given)

    @asynccontextmanager
    async def lives(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.stop()

    app = Starlette(lifespan=lives)
    app.state.service = service
    own = (*routes.ROUTES, *open_inference.ROUTES)
    app.add_middleware(Gate, service=service, endpoints={(path, method): endpoint for path, method, endpoint in own})
    app.add_exception_handler(RefusedError, _tell_refusal)
    app.add_exception_handler(HTTPException, _tell_no_route)
    for path, method, endpoint in own:
        app.add_route(path, endpoint, methods=[method])
    app.add_route("/openapi.json", _openapi, methods=["GET"])
    app.add_route("/docs", _docs, methods=["GET"])
    return app


async def _openapi(request: Request) -> Response:
    return json_response(_document(request))


async def _docs(request: Request) -> Response:
    return HTMLResponse(write_docs_page(_document(request), str(request.base_url).rstrip("/")))


def _document(request: Request) -> dict[str, Any]:
    service: Service = request.app.state.service
    return write_openapi(service.given.case, service.params, service.router.duty)


async def _tell_refusal(request: Request, error: Any) -> Any:
    return refusal_response(error, request.state.request_id)


async def _tell_no_route(request: Request, error: Any) -> Any:
    status = HTTPStatus(error.status_code)
    cure = "See /openapi.json for what there is."
    refusal = RefusedError(status, [Fault(f"{request.method} here is answered by '{status.phrase}'", cure)])
    refusal.headers = error.headers or {}
    return refusal_response(refusal, request.state.request_id)
