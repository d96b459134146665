"""A connection as uvicorn keeps it, but for what clients do: dawdle, never end a head, close their half, send on."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
MAX_HEAD_BYTES = 65_536
LINGER_SECONDS = 2.0


class Connection(HttpToolsProtocol):
    """Gives up on a head that does not come, or does not end.

    A client that has closed its half after asking is answered. One that is refused before it has sent its body can read
    why: what it still sends is thrown away for a while, where closing at once would take the answer from it.
    """

    head_seconds = HEAD_SECONDS
    max_head_bytes = MAX_HEAD_BYTES
    linger_seconds = LINGER_SECONDS
    _head_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None
    _n_head_bytes = 0
    _is_half_closed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        lingering: Any = _Lingering(transport, self)
        super().connection_made(lingering)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, but for what comes after a refusal, or in a head that is too long."""
        if self._linger_timer is not None:
            return
        head = self._head_timer
        super().data_received(data)
        if head is not None and self._head_timer is head:
            self._n_head_bytes += len(data)
            if self._n_head_bytes > self.max_head_bytes and not self.transport.is_closing():
                self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """Wait for the rest of a head that has begun."""
        self._wait_for_head()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a line of the head; lines that follow a body in parts are left out."""
        if self._head_timer is not None:
            super().on_header(name, value)

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

    def lingers(self, transport: asyncio.Transport) -> bool:
        """Close one half alone where the client may still be sending.

        Args:
            transport: that is to be closed.

        Returns:
            Whether it will be closed later.
        """
        cycle = self.cycle
        is_sending = cycle is not None and cycle.response_complete and cycle.more_body
        if not is_sending or self._linger_timer is not None or transport.is_closing():
            return False
        self._linger_timer = self.loop.call_later(self.linger_seconds, transport.close)
        transport.write_eof()
        self.flow.resume_reading()
        return True

    @property
    def is_lingering(self) -> bool:
        """Whether its last answer has been sent, and what comes is thrown away."""
        return self._linger_timer is not None

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._n_head_bytes = 0
        self._head_timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class _Lingering:
    """A transport that its connection may close one half at a time."""

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        self._transport = transport
        self._connection = connection
        self.write = transport.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Say whether nothing more can be sent."""
        return self._connection.is_lingering or self._transport.is_closing()

    def close(self) -> None:
        """Close both halves, or one now and the other in a while."""
        if not self._connection.lingers(self._transport):
            self._transport.close()
