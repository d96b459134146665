"""From the bytes of a request to JSON: never more than is allowed, never longer, and nothing read that is not there."""

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import orjson

from evergreen.errors import bounded
from evergreen.serving.faults import Fault, RefusedError, refused

_TYPES = ("application/json", "text/json")
_AS_JSON = "Send UTF-8 text in the form of JSON (RFC 8259)."


async def read_body(parts: AsyncIterator[bytes], *, declared: str | None, max_bytes: int, seconds: float) -> bytes:
    """Read a body as it comes.

    Args:
        parts: of the body, in order.
        declared: what the header Content-Length says; only believed where it says too much.
        max_bytes: of the body.
        seconds: that it may take.

    Returns:
        The body.

    Raises:
        RefusedError: 413 as soon as it is too long, 408 where it takes too long.
    """
    if declared is not None and declared.isdecimal() and int(declared[:20]) > max_bytes:
        raise _too_long(max_bytes)
    whole = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in parts:
                whole += part
                if len(whole) > max_bytes:
                    raise _too_long(max_bytes)
    except TimeoutError as error:
        finding = f"The body has not come within {seconds:g} seconds"
        raise refused(HTTPStatus.REQUEST_TIMEOUT, finding, "Send it faster.", ends_connection=True) from error
    return bytes(whole)


def _too_long(max_bytes: int) -> RefusedError:
    finding, cure = f"The body has more than {max_bytes} bytes", "Send fewer rows at a time."
    return refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, finding, cure, ends_connection=True)


def parse_json(body: bytes, content_type: str | None) -> Any:
    """Read JSON strictly: no NaN or Infinity, no name twice in one object, no bytes that are not UTF-8.

    Args:
        body: of a request.
        content_type: what its header says.

    Returns:
        Objects, lists, text, numbers, Booleans and None.

    Raises:
        RefusedError: 415 for another type of content, 400 for what is no JSON.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        finding = f"The content type is '{bounded(kind)}'" if kind else "The request says no content type"
        raise refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, finding, "Send Content-Type: application/json.")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise refused(HTTPStatus.BAD_REQUEST, f"The body is no JSON ({place}: {error.msg})", _AS_JSON) from error
    if _has_twins(body, found):
        _refuse_twins(body)
    return found


def _has_twins(body: bytes, found: Any) -> bool:
    """Say whether a name may be lost: each stands before a colon, as long as no letter is written as an escape."""
    try:
        return b"\\" in body or body.count(b":") != orjson.dumps(found).count(b":")
    except orjson.JSONEncodeError as error:
        raise _too_deep() from error


def _too_deep() -> RefusedError:
    return refused(HTTPStatus.BAD_REQUEST, "The body is nested too deeply", _AS_JSON)


def _refuse_twins(body: bytes) -> None:
    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for name, value in pairs:
            if name in seen:
                fault = Fault("stands twice in one object", "Send each name once.", field=bounded(name))
                raise RefusedError(HTTPStatus.BAD_REQUEST, [fault])
            seen[name] = value
        return seen

    try:
        json.loads(body, object_pairs_hook=kept, parse_int=float)
    except RecursionError as error:
        raise _too_deep() from error
