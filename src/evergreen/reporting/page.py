"""Sections to one HTML file that needs no network, no server and no second file."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2
import plotly.graph_objects as go
import plotly.io
import plotly.offline
from markupsafe import Markup, escape

from evergreen.reporting.bars import draw_bars
from evergreen.reporting.cells import ShownTable, tabulate
from evergreen.reporting.palette import PAGE, dark_partners
from evergreen.reporting.sections import Drawing, Section, Table

_MAX_DATA_ROWS = 500
_DEFAULT_HEIGHT = 400
# A day, or a month alone.
_DATE = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b")
# No tag or entity that this page writes has one inside, and no time of day.
_JOINT = re.compile(r"(?<=[^\W_])_+(?=[^\W_])|(?<=[^\W\d_]):(?=[^\W\d_])")
# What could end a script element or open a comment inside it is written as a JSON escape instead.
_UNSAFE_IN_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class _ShownDrawing:
    title: str
    alt: str
    height: int
    figure: Markup
    data: ShownTable | None


def render_page(title: str, sections: Sequence[Section], *, language: str = "en", subtitle: str = "") -> str:
    """Write one self-contained page.

    The page makes no network request, which its own content policy enforces: it may run the scripts it brings, named
    by their hashes, and load nothing. All text is escaped.

    Args:
        title: the page's heading.
        sections: its parts, in order.
        language: the language of the texts, as in BCP 47.
        subtitle: a sentence under the heading.

    Returns:
        HTML; equal inputs give equal bytes. It is about 2 MB where it holds figures and a few kB where not.
    """
    has_figures = any(section.figures for section in sections)
    has_search = any(table.is_searchable for section in sections for table in section.tables)
    environment = _environment()
    loader, search = _template_text("page.js"), _template_text("table.js")
    scripts = [search] * has_search + [loader] * has_figures
    return environment.get_template("page.html.j2").render(
        title=title,
        subtitle=subtitle,
        language=language,
        sections=sections,
        tables=[[tabulate(table) for table in section.tables] for section in sections],
        drawings=[[_show_drawing(drawing) for drawing in section.figures] for section in sections],
        style=Markup(_template_text("page.css")),  # noqa: S704 - a file of this package
        loader=Markup(loader),  # noqa: S704 - a file of this package
        search=Markup(search) if has_search else None,  # noqa: S704 - a file of this package
        policy=_content_policy([*map(_script_hash, scripts), *([_plotly_hash()] if has_figures else [])]),
        plotly=Markup(_packed_plotly()) if has_figures else None,  # noqa: S704 - base64
        settings=_safe_json({"dark": dark_partners()}),
        page=PAGE,
    )


def _show_drawing(drawing: Drawing) -> _ShownDrawing:
    height = drawing.figure.layout.height or _DEFAULT_HEIGHT
    return _ShownDrawing(drawing.title, drawing.alt, int(height), _figure_json(drawing.figure), _data_table(drawing))


def _data_table(drawing: Drawing) -> ShownTable | None:
    if drawing.data is None:
        return None
    n_rows = len(drawing.data)
    shown = drawing.data.head(_MAX_DATA_ROWS)
    part = f", first {_MAX_DATA_ROWS} of {n_rows:,} rows" if n_rows > _MAX_DATA_ROWS else ""
    return tabulate(Table(f"Data of the figure: {drawing.title}{part}", shown, drawing.formats))


def _figure_json(figure: go.Figure) -> Markup:
    content: dict[str, Any] = json.loads(plotly.io.to_json(figure, validate=False, engine="json"))
    return _safe_json({"data": content["data"], "layout": content["layout"]})


def _safe_json(content: Any) -> Markup:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_UNSAFE_IN_SCRIPT))  # noqa: S704 - no markup is left in it


def _content_policy(script_hashes: Sequence[str]) -> str:
    allowed = " ".join(script_hashes) or "'none'"
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


def _script_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@lru_cache(maxsize=1)
def _plotly_hash() -> str:
    return _script_hash(plotly.offline.get_plotlyjs())


@lru_cache(maxsize=1)
def _packed_plotly() -> str:
    packed = gzip.compress(plotly.offline.get_plotlyjs().encode(), compresslevel=9, mtime=0)
    return base64.b64encode(packed).decode()


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("evergreen.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["whole_dates"] = _keep_dates_whole
    environment.filters["breakable"] = _let_names_break
    environment.filters["drawn"] = draw_bars
    return environment


def _keep_dates_whole(text: str) -> Markup:
    marked = _DATE.sub(r'<span class="whole">\g<0></span>', str(escape(text)))
    return Markup(marked)  # noqa: S704 - escaped above


def _let_names_break(markup: Markup) -> Markup:
    """Let a name go on in the next line after its underscores and colons, and not in the middle of a word."""
    broken = _JOINT.sub(r"\g<0><wbr>", str(markup))
    return Markup(broken)  # noqa: S704 - only tags without content were added


def _template_text(name: str) -> str:
    environment = _environment()
    loader = environment.loader
    assert loader is not None  # noqa: S101 - given where the environment is made
    return loader.get_source(environment, name)[0]
