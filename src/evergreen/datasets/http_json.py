"""Reading JSON over HTTP from servers that are slow, busy or out of order now and then."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from pydantic import Field
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import InvalidHeader, NewConnectionError, ReadTimeoutError
from urllib3.util import Retry

from evergreen.errors import DataError, named
from evergreen.problem import CaseModel

_MAX_SHOWN = 120
_OK, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
_TOO_MANY_REQUESTS = 429
_NOT_ALLOWED = (401, 403)
_ASK_THE_OWNER = "Run again later, or ask the owner of the service."
_WAIT_LONGER = "Check url and network, raise limits.timeout_seconds, or run again later."


class HttpLimits(CaseModel):
    """How patient a reader is, and how polite.

    Attributes:
        timeout_seconds: how long a server may be silent.
        attempts: how often one page is asked for; a server error, "too many requests", silence and a broken
            connection are tried again.
        first_wait_seconds: the wait before the second attempt; each further one is twice as long, and never shorter
            than the server asks for (Retry-After).
        longest_wait_seconds: no wait is longer; a server that asks for more is not waited for.
        requests_per_second: the most requests a second, null for as many as come.
        max_pages: after so many pages reading stops with an error.
    """

    timeout_seconds: float = Field(default=30.0, gt=0)
    attempts: int = Field(default=5, ge=1, le=100)
    first_wait_seconds: float = Field(default=0.5, ge=0)
    longest_wait_seconds: float = Field(default=60.0, ge=0)
    requests_per_second: float | None = Field(default=None, gt=0)
    max_pages: int = Field(default=1000, ge=1)

    def wait_seconds(self, attempt: int) -> float:
        """Give the wait after a failed attempt.

        Args:
            attempt: its number, from 1.

        Returns:
            Seconds: twice as long each time, up to the longest wait.
        """
        return min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (attempt - 1))


@dataclass(frozen=True)
class Answer:
    """What a server said.

    Attributes:
        content: the parsed JSON.
        next_link: where its ``Link`` header says the next page is, if it does.
    """

    content: Any
    next_link: str | None


@dataclass(frozen=True)
class _Failure:
    """An attempt that may go better next time: what was found, the way out, and how long the server asks to wait."""

    finding: str
    cure: str
    asked_seconds: float = 0.0


class JsonReader:
    """Asks one server for JSON, again where that may help, and never shows a credential.

    Args:
        limits: how patient and how polite it is.
        auth: what proves to the server who asks, from ``auth_of``.
        wait: waits some seconds.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        limits: HttpLimits,
        auth: AuthBase | None = None,
        *,
        wait: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._auth = auth
        self._wait = wait
        self._clock = clock
        self._free_at = clock()
        self._session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def read(self, url: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Ask for one page.

        Args:
            url: its address.
            params: its query.

        Returns:
            The answer.

        Raises:
            DataError: where the server refuses, or still fails after the last attempt; naming the address without its
                query.
        """
        attempt = 1
        while isinstance(found := self._try(url, params), _Failure):
            if found.asked_seconds > self._limits.longest_wait_seconds:
                finding = f"{found.finding} and asks to wait {found.asked_seconds:.0f} s"
                raise DataError(address(url), finding, "Run again then, or raise limits.longest_wait_seconds.")
            if attempt == self._limits.attempts:
                raise DataError(address(url), f"{found.finding} (attempts: {attempt})", found.cure)
            self._wait(max(self._limits.wait_seconds(attempt), found.asked_seconds))
            attempt += 1
        return found

    def _try(self, url: str, params: Mapping[str, Any] | None) -> Answer | _Failure:
        self._keep_pace()
        try:
            # A redirect may lead to another server, which must not see the credentials.
            response = self._session.get(
                url, params=params, auth=self._auth, timeout=self._limits.timeout_seconds, allow_redirects=False
            )
        except requests.Timeout:
            return _Failure(self._silent(), _WAIT_LONGER)
        except requests.exceptions.SSLError:
            cure = "Check url; let a certificate of your own be known by REQUESTS_CA_BUNDLE."
            raise DataError(address(url), "has no certificate that can be trusted", cure) from None
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            return _Failure(self._broken(error), "Check url and network, or run again later.")
        except (requests.RequestException, ValueError) as error:
            finding = f"cannot be asked ({type(error).__name__})"
            raise DataError(address(url), finding, "Check url, params and credentials.") from None
        return _answer_of(response, url)

    def _silent(self) -> str:
        return f"gave no answer within {self._limits.timeout_seconds:g} s"

    def _broken(self, error: requests.RequestException) -> str:
        cause = error.args[0] if error.args else None
        if isinstance(cause, ReadTimeoutError):
            return self._silent()
        is_new = isinstance(getattr(cause, "reason", None), NewConnectionError)
        return "cannot be reached" if is_new else "broke the connection off"

    def _keep_pace(self) -> None:
        if self._limits.requests_per_second is None:
            return
        left = self._free_at - self._clock()
        if left > 0:
            self._wait(left)
        self._free_at = max(self._free_at, self._clock()) + 1 / self._limits.requests_per_second


def auth_of(credentials: Mapping[str, Any] | None) -> AuthBase | None:
    """Read credentials; what they are stays out of every message.

    Args:
        credentials: ``token`` (sent as a bearer token), ``user`` and ``password`` (basic authentication), or ``header``
            and ``key`` (a header of that name); None where the server asks for none.

    Returns:
        What puts them into a request.

    Raises:
        DataError: where other keys are given, or one is empty.
    """
    if credentials is None:
        return None
    empty = [key for key, value in credentials.items() if not isinstance(value, str) or not value]
    if empty:
        raise DataError("The credentials", f"have no text under {named(empty)}", "Fill it in, in quotes.")
    match sorted(credentials):
        case ["token"]:
            return _HeaderAuth("Authorization", f"Bearer {credentials['token']}")
        case ["password", "user"]:
            return HTTPBasicAuth(credentials["user"].encode(), credentials["password"].encode())
        case ["header", "key"]:
            return _HeaderAuth(credentials["header"], credentials["key"])
        case keys:
            raise DataError(
                "The credentials", f"have the keys {named(keys)}", "Give token, user and password, or header and key."
            )


def address(url: str) -> str:
    """Show where something was asked for, without user, query and fragment, in bounded length.

    Args:
        url: the full address.

    Returns:
        ``https://host/path``.
    """
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}..."


class _HeaderAuth(AuthBase):
    def __init__(self, name: str, value: str) -> None:
        self._name = name
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self._name] = self._value
        return request


def _answer_of(response: requests.Response, url: str) -> Answer | _Failure:
    status = response.status_code
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        return _Failure(f"answered HTTP {status}", _ASK_THE_OWNER, _asked_seconds(response))
    if status in _NOT_ALLOWED:
        cure = "Check its credentials, and what they may read."
        raise DataError(address(url), f"does not let these credentials in (HTTP {status})", cure)
    if _REDIRECT <= status < _CLIENT_ERROR:
        target = address(response.headers.get("Location", ""))
        raise DataError(address(url), f"leads on to {target} (HTTP {status})", "Give the final address as url.")
    if status != _OK:
        raise DataError(address(url), f"answered HTTP {status}", "Check url and params.")
    try:
        content = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        place = f" (at character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        finding = f"answered something that is no JSON{place}"
        raise DataError(address(url), finding, "Check url and params: it may be a page for people.") from None
    return Answer(content, response.links.get("next", {}).get("url"))


def _asked_seconds(response: requests.Response) -> float:
    asked = response.headers.get("Retry-After")
    try:
        return 0.0 if asked is None else float(Retry().parse_retry_after(asked))
    except InvalidHeader:
        return 0.0
