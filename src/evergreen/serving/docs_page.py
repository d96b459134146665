"""The document of a service as a page for people, which needs no network but the service itself."""

import json
import shlex
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jinja2

_ROWS_AT = "/predict"


def write_docs_page(document: Mapping[str, Any], address: str) -> str:
    """Write the page.

    Args:
        document: of ``write_openapi``.
        address: where the service is reached, such as ``http://127.0.0.1:8000``.

    Returns:
        HTML without scripts; all text is escaped.
    """
    info = document["info"]
    calls = [_tell_call(document, address, *call) for call in _calls(document)]
    return _template().render(title=info["title"], description=info["description"], calls=calls)


def _calls(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """What people ask for first comes first: what takes a body."""
    every = [(path, method, told) for path, methods in document["paths"].items() for method, told in methods.items()]
    yield from sorted(every, key=lambda call: "requestBody" not in call[2])


def _tell_call(
    document: Mapping[str, Any], address: str, path: str, method: str, told: Mapping[str, Any]
) -> dict[str, Any]:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "path": path,
        "method": method.upper(),
        "summary": told["summary"],
        "command": _command(address + path, body["example"]) if "example" in body else f"curl {address}{path}",
        "fields": list(_fields(document["components"]["schemas"]["Row"])) if path == _ROWS_AT else [],
        "answers": [(status, answer["description"]) for status, answer in told["responses"].items()],
    }


def _command(url: str, example: Any) -> str:
    body = shlex.quote(json.dumps(example, ensure_ascii=False, indent=1))
    return f"curl {url} -H 'Content-Type: application/json' -d {body}"


def _fields(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, cell in row["properties"].items():
        types = ", ".join(kind for kind in cell["type"] if kind != "null")
        is_needed = name in row["required"]
        yield {"name": name, "is_needed": is_needed, "types": types, "description": cell["description"]}


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("evergreen.serving")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True).get_template("docs.html.j2")
