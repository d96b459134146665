"""Sections to Markdown: the facts of a page as plain text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from evergreen.reporting.cells import Cell, ShownTable, tabulate
from evergreen.reporting.sections import Drawing, Fact, Point, Section, Table

_MAX_DATA_ROWS = 20
# Of a table that nobody reads through.
_N_FIRST_ROWS = 12
# Signs that Markdown would take for its own. An underscore within a word is none, an ampersand only before a name.
_SIGNS = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_MARKS = {"good": "✓ ", "watch": "! ", "bad": "✕ ", "plain": ""}
# What begins a list or a rule where a line starts with it.
_STARTS = re.compile(r"^(\d*)(?=[#+=-]|[.)]\s)")


def render_markdown(title: str, sections: Sequence[Section], *, subtitle: str = "") -> str:
    """Write sections as Markdown with tables in the manner of GitHub.

    Args:
        title: the heading of the whole.
        sections: its parts, in order.
        subtitle: a sentence under the heading.

    Returns:
        Markdown; no text of a cell is taken for markup. A figure is told in words, its data as a table where they
        have at most 20 rows. Of a searchable table the first 12 rows are told. What is left out is counted.
    """
    parts = [f"# {literal_markdown(title)}", *_paragraph(subtitle)]
    for section in sections:
        parts += _section_parts(section)
    return "\n\n".join(parts) + "\n"


def literal_markdown(text: object) -> str:
    """Write text so that Markdown shows it as it stands.

    Args:
        text: anything printable.

    Returns:
        One line with markup made harmless.
    """
    return _STARTS.sub(r"\1\\", _cell(text))


def _section_parts(section: Section) -> list[str]:
    parts = [f"## {literal_markdown(section.title)}"]
    if section.banner is not None:
        banner = section.banner
        word = f"**{_MARKS[banner.tone]}{literal_markdown(banner.word)}**"
        parts.append(f"{word} {literal_markdown(banner.text)}".rstrip())
    parts += _paragraph(section.lead)
    parts += _list(_point_line(point) for point in section.points)
    parts += _fact_table(section.facts)
    for drawing in section.figures:
        parts += _drawing_parts(drawing)
    for table in section.tables:
        parts += _table_parts(table)
    return parts + _list(map(literal_markdown, section.notes))


def _paragraph(text: str) -> list[str]:
    return [literal_markdown(text)] if text else []


def _list(lines: Iterable[str]) -> list[str]:
    items = [f"- {line}" for line in lines]
    return ["\n".join(items)] if items else []


def _point_line(point: Point) -> str:
    word = f"**{literal_markdown(point.word)}:** " if point.word else ""
    return f"{_MARKS[point.tone]}{word}{literal_markdown(point.text)}"


def _fact_table(facts: Sequence[Fact]) -> list[str]:
    if not facts:
        return []
    rows = [f"| {_cell(fact.name)} | {_cell(fact.value)} | {_cell(fact.detail)} |" for fact in facts]
    return ["\n".join(["| Fact | Value | Detail |", "|---|---|---|", *rows])]


def _drawing_parts(drawing: Drawing) -> list[str]:
    parts = [f"**{literal_markdown(drawing.title)}.** {literal_markdown(drawing.alt)}"]
    if drawing.data is None:
        return parts
    if len(drawing.data) > _MAX_DATA_ROWS:
        return [*parts, _left_out(len(drawing.data))]
    return parts + _table_parts(Table(f"Data of the figure: {drawing.title}", drawing.data, drawing.formats))


def _table_parts(table: Table) -> list[str]:
    n_left_out = max(0, len(table.frame) - _N_FIRST_ROWS) if table.is_searchable else 0
    kept = replace(table, frame=table.frame.head(len(table.frame) - n_left_out))
    return _shown_parts(tabulate(kept)) + ([_left_out(n_left_out, "more ")] if n_left_out else [])


def _left_out(n_rows: int, more: str = "") -> str:
    return f"{n_rows} {more}rows are in report.html."


def _shown_parts(table: ShownTable) -> list[str]:
    head = f"| {' | '.join(_cell(cell.text) for cell in table.head)} |"
    rule = f"|{'|'.join('---:' if cell.is_number else '---' for cell in table.head)}|"
    rows = [f"| {' | '.join(map(_marked, row))} |" for row in table.rows]
    none = [f"| No rows |{' |' * (len(table.head) - 1)}"]
    return [f"**{literal_markdown(table.caption)}**", "\n".join([head, rule, *(rows or none)])]


def _marked(cell: Cell) -> str:
    return f"{_MARKS[cell.tone or 'plain']}{_cell(cell.text)}"


def _cell(text: object) -> str:
    return _SIGNS.sub(r"\\\g<0>", " ".join(str(text).split()))
