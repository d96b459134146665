"""Reads the tables of a page of the reference."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Row = dict[str, str]


def read_page(name: str) -> str:
    """Give a page, such as ``reference/pipelines.md``."""
    return (ROOT / "docs" / name).read_text()


def sections(page: str) -> dict[str, str]:
    """Heading of the second level, without backticks -> what stands below it."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return {heading.replace("`", ""): text for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def rows(text: str, first: str) -> list[Row]:
    """The rows of all tables whose first column has that heading, as heading -> cell; headings without backticks."""
    found: list[Row] = []
    for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE):
        head, _, *body = ([cell.strip() for cell in line[1:-1].split("|")] for line in table.strip().splitlines())
        if head[0] == first:
            found += [dict(zip([cell.replace("`", "") for cell in head], cells, strict=True)) for cells in body]
    return found


def names(cell: str) -> list[str]:
    """What stands in backticks, in that order."""
    return re.findall(r"`([^`]+)`", cell)
