"""A connection as uvicorn keeps it, but for two things that clients do: dawdle over a head, and close their half."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0


class Connection(HttpToolsProtocol):
    """Gives up on a head that does not come, and answers a client that has closed its half after asking."""

    head_seconds = HEAD_SECONDS
    _head_timer: asyncio.TimerHandle | None = None
    _is_half_closed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of a head that has begun."""
        self._wait_for_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().on_headers_complete()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keep the other half open while an answer is owed to a request that came whole."""
        cycle = self.cycle
        self._is_half_closed = cycle is not None and not cycle.response_complete and not cycle.more_body
        return self._is_half_closed or None

    def on_response_complete(self) -> None:
        """Close what the client has closed already."""
        super().on_response_complete()
        if self._is_half_closed and not self.transport.is_closing():
            self.transport.close()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._head_timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
