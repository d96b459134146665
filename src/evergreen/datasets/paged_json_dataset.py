"""Records that a service hands out page by page."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NoReturn, Self
from urllib.parse import urljoin, urlsplit

from kedro.io import AbstractDataset, DatasetError
from pydantic import model_validator

from evergreen.datasets.http_json import Answer, HttpLimits, JsonReader, address, auth_of
from evergreen.errors import DataError, named
from evergreen.problem import CaseModel
from evergreen.problem.base import require

Records = list[dict[str, Any]]


class Pagination(CaseModel):
    """How a service cuts its records into pages.

    Attributes:
        by: "none": one answer holds all. "page_number": pages are counted; one without records is after the last.
            "cursor": each answer holds what to ask the next with. "next_link": each answer holds the next address.
        parameter: the query's name for the page number or the cursor.
        first: the number of the first page.
        key: where the answer holds the cursor or the link, a dot between nested keys ("meta.next"); the last page has
            none. A link without a key is looked for in the header ``Link``.
    """

    by: Literal["none", "page_number", "cursor", "next_link"] = "none"
    parameter: str | None = None
    first: int = 1
    key: str | None = None

    @model_validator(mode="after")
    def _check_arguments(self) -> Self:
        has_parameter = self.parameter is not None or self.by in ("none", "next_link")
        cure = "Name what the service calls it in the query."
        require(has_parameter, "pagination", f"by {self.by} lacks the parameter", cure)
        has_key = self.key is not None or self.by != "cursor"
        require(has_key, "pagination", "by cursor lacks the key", "Say where an answer holds the next cursor.")
        return self


class PagedJSONDataset(AbstractDataset[Records, Records]):
    """Records that a service hands out as JSON over HTTP; loading asks for all pages.

    ```yaml
    price_index:
      type: evergreen.datasets.paged_json_dataset.PagedJSONDataset
      url: https://service.example/v1/indices
      params: { area: EU }
      records: data.items
      pagination: { by: cursor, parameter: after, key: meta.next }
      limits: { requests_per_second: 5, attempts: 5 }
      credentials: price_service
    ```

    Args:
        url: the address, ``http`` or ``https``, without user and password.
        params: its query.
        records: the key that holds the list of records in an answer, a dot between nested keys; without it the answer
            is the list.
        pagination: see ``Pagination``.
        limits: see ``HttpLimits``.
        credentials: see ``auth_of``.
        metadata: free text for other tools.
    """

    # Tests put others in their place, so that they need not wait.
    wait = staticmethod(time.sleep)
    clock = staticmethod(time.monotonic)

    def __init__(  # noqa: PLR0913 - the keys of a catalog entry
        self,
        *,
        url: str,
        params: dict[str, Any] | None = None,
        records: str | None = None,
        pagination: dict[str, Any] | None = None,
        limits: dict[str, Any] | None = None,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._url = _checked(url)
        self._params = dict(params or {})
        self._records = records
        self._pagination = Pagination.model_validate(pagination or {})
        self._limits = HttpLimits.model_validate(limits or {})
        self._auth = auth_of(credentials)
        self.metadata = metadata

    def load(self) -> Records:
        """Ask for all pages.

        Returns:
            The records of all pages, in the order they came.

        Raises:
            DataError: where the service refuses, fails, gives no JSON, lacks the key, or does not come to an end.
        """
        with JsonReader(self._limits, self._auth, wait=self.wait, clock=self.clock) as reader:
            return [record for page in self._pages(reader) for record in page]

    def save(self, data: Records) -> NoReturn:
        """Refuse: a service is only read.

        Args:
            data: anything.

        Raises:
            DatasetError: always.
        """
        del data
        raise DatasetError(f"{address(self._url)} is only read.")

    def _pages(self, reader: JsonReader) -> Iterator[Records]:
        url, seen = self._url, set[str]()
        params: dict[str, Any] | None = self._first_params()
        last: Records | None = None
        for number in range(self._limits.max_pages):
            answer = reader.read(url, params)
            page = self._records_of(answer)
            if self._pagination.by == "page_number" and page and page == last:
                self._refuse("gives the same page again and again", "Check pagination.parameter.")
            yield page
            following = self._following(answer, page, number)
            if following is None:
                return
            if following in seen:
                self._refuse("leads back to a page it has given before", "Tell the owner of the service.")
            seen.add(following)
            url, params, last = *self._request_of(following), page
        finding = f"has more than {self._limits.max_pages} pages"
        self._refuse(finding, "Narrow params, or raise limits.max_pages if that many are right.")

    def _first_params(self) -> dict[str, Any]:
        if self._pagination.by != "page_number":
            return self._params
        return {**self._params, str(self._pagination.parameter): self._pagination.first}

    def _following(self, answer: Answer, page: Records, number: int) -> str | None:
        """What the next page is asked for by: its number, its cursor or its address; None after the last."""
        by, key = self._pagination.by, self._pagination.key
        if by == "none":
            return None
        if by == "page_number":
            return str(self._pagination.first + number + 1) if page else None
        found = answer.next_link if key is None else _at(answer.content, key)
        return str(found) if found not in (None, "", False) else None

    def _request_of(self, following: str) -> tuple[str, dict[str, Any] | None]:
        if self._pagination.by != "next_link":
            return self._url, {**self._params, str(self._pagination.parameter): following}
        url = urljoin(self._url, following)
        if _server(url) != _server(self._url):
            finding = f"leads on to another server, {address(url)}"
            self._refuse(finding, "Name that server in url if it is to be trusted with the credentials.")
        return url, None

    def _records_of(self, answer: Answer) -> Records:
        content = answer.content
        if self._records is not None:
            content = _at(content, self._records)
            if content is None:
                found = named(answer.content) if isinstance(answer.content, Mapping) else type(answer.content).__name__
                self._refuse(f"has no key '{self._records}' (found {found})", "Mend 'records' in the catalog.")
        if not isinstance(content, list) or not all(isinstance(record, dict) for record in content):
            found = f"an object with {named(content)}" if isinstance(content, Mapping) else f"{content!r:.40}"
            finding = f"gives no list of records (found {found})"
            self._refuse(finding, "Say in 'records' under which key the list stands.")
        return content

    def _refuse(self, finding: str, cure: str) -> NoReturn:
        raise DataError(address(self._url), finding, cure)

    def _describe(self) -> dict[str, Any]:
        return {"url": address(self._url), "pagination": self._pagination.by, "records": self._records}


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DataError(f"The url {address(url)}", "is no address of a service", "Write https://host/path.")
    if "@" in parts.netloc:
        cure = "Put user and password into the credentials."
        raise DataError(f"The url {address(url)}", "holds a user or a password", cure)
    return url


def _server(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _at(content: Any, key: str) -> Any:
    """Follow nested keys; None where one is missing."""
    for part in key.split("."):
        if not isinstance(content, Mapping):
            return None
        content = content.get(part)
    return content
