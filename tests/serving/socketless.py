"""A service that is asked without a socket, in the thread of the test."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
from starlette.applications import Starlette

from evergreen.serving.app import create_app
from evergreen.serving.service import Surroundings
from tests.serving.world import PATIENCE, wait_for


class Socketless:
    """Asks an application; what it does beside requests goes on while one is answered."""

    def __init__(self, app: Starlette, runner: asyncio.Runner) -> None:
        self.app, self._runner = app, runner
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=PATIENCE)

    def ask(self, method: str, path: str, **told: Any) -> httpx.Response:
        """Ask once."""
        return self._runner.run(self._client.request(method, path, **told))

    def predict(self, rows: list[Any]) -> Any:
        """Ask for predictions; give what JSON tells."""
        return self.ask("POST", "/predict", json={"rows": rows}).json()


@contextmanager
def socketless(given: Surroundings) -> Iterator[Socketless]:
    """Start a service, wait until it is ready, and stop it at the end."""
    app = create_app(given)
    with asyncio.Runner() as runner:
        lives = app.router.lifespan_context(app)
        runner.run(lives.__aenter__())
        try:
            asked = Socketless(app, runner)
            wait_for(lambda: asked.ask("GET", "/health/ready").status_code == HTTPStatus.OK)
            yield asked
        finally:
            runner.run(lives.__aexit__(None, None, None))
