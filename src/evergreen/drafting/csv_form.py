"""How a file of separated values is written: its separator, encoding and quotes, and whether it has a header."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from evergreen.drafting.questions import Question
from evergreen.errors import DataError, named
from evergreen.problem import canonical_text

SEPARATORS = ("\t", ";", "|", ",")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LEAST_EQUAL = 0.95
_MAX_RECORDS = 500
_LONGEST_NAME = 80
_NUMBER_OR_TIME = re.compile(r"[+-]?[0-9.,' ]*[0-9][0-9.,' ]*(?:[eE][+-]?[0-9]+)?|[0-9]+[./:-][0-9]+[./:-][0-9]+.*")
_QUOTES = '"'

Record = list[str]


@dataclass(frozen=True)
class CsvHints:
    """What the owner of the file has said about it; None where it is to be found out.

    Attributes:
        sep: what stands between cells.
        has_header: whether the first line names the columns.
        names: what the columns shall be called.
    """

    sep: str | None = None
    has_header: bool | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class CsvForm:
    """How a file is written.

    Attributes:
        sep: what stands between cells.
        encoding: its encoding.
        has_header: whether the first line names the columns.
        names: names that replace or take the place of those of the first line; empty where that one's count.
        has_plain_quotes: whether quotes are letters like any other.
        has_spaces: whether white space follows the separators.
        questions: what was unsure.
    """

    sep: str
    encoding: str
    has_header: bool
    names: tuple[str, ...] = ()
    has_plain_quotes: bool = False
    has_spaces: bool = False
    questions: tuple[Question, ...] = ()

    @property
    def load_args(self) -> dict[str, Any]:
        """What ``pandas.read_csv`` must be told. Every cell comes as text: what it means is said by the contract."""
        told: dict[str, Any] = {} if self.sep == "," else {"sep": self.sep}
        if self.encoding != "utf-8":
            told["encoding"] = self.encoding
        if self.names:
            told |= {"header": 0 if self.has_header else None, "names": list(self.names)}
        if self.has_plain_quotes:
            told["quoting"] = csv.QUOTE_NONE
        if self.has_spaces:
            told["skipinitialspace"] = True
        return told | {"dtype": "str", "keep_default_na": False}


def sniff_csv(head: bytes, hints: CsvHints, *, is_utf8: bool = True) -> CsvForm:
    """Find out how a file is written.

    Args:
        head: its first bytes, some megabytes at most.
        hints: what is known already.
        is_utf8: whether the whole file can be read as UTF-8, where no mark at its beginning says what it is.

    Returns:
        Its form.

    Raises:
        DataError: where it is empty, no text, no table, or two columns share a name.
    """
    encoding = _encoding(head, is_utf8=is_utf8)
    text = _decoded(head, encoding)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise DataError("The file", "is empty", "Name another one.")
    sep = hints.sep or _separator(text)
    plain_quotes = _has_plain_quotes(text, lines, sep)
    records = _records(text, sep, plain_quotes=plain_quotes)
    width = _width(records, sep)
    has_header = looks_like_header(records) if hints.has_header is None else hints.has_header
    names = _names(records[0], hints.names, width=width, has_header=has_header)
    asked = [_ask_encoding()] if encoding == "cp1252" else []
    if hints.has_header is None:
        asked += _ask_header(records, has_header=has_header, names=names)
    spaces = sep != "\t" and text.count(f"{sep} ") > _LEAST_EQUAL * text.count(sep)
    return CsvForm(sep, encoding, has_header, names, plain_quotes, spaces, tuple(asked))


def _encoding(head: bytes, *, is_utf8: bool) -> str:
    marked = next((name for bom, name in _BOMS.items() if head.startswith(bom)), None)
    if marked is None and b"\0" in head:
        raise DataError("The file", "is no text", "Name a file of separated values, or one that ends in .parquet.")
    return marked or ("utf-8" if is_utf8 else "cp1252")


def _decoded(head: bytes, encoding: str) -> str:
    """Read the complete lines of the head."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head, final=False)
    last = text.rfind("\n")
    # A head without the end of its last line was cut there.
    return text[: last + 1] if last > 0 and not text.endswith("\n") and text.count("\n") > _MAX_RECORDS else text


def _records(text: str, sep: str, *, plain_quotes: bool = False) -> list[Record]:
    if len(sep) > 1:
        return [re.split(sep, line) for line in text.splitlines() if line.strip()][:_MAX_RECORDS]
    csv.field_size_limit(len(text) + 1)
    found: list[Record] = []
    for record in _reader(text, sep, plain_quotes=plain_quotes):
        if any(cell.strip() for cell in record):
            found.append(record)
        if len(found) == _MAX_RECORDS:
            break
    return found


def _equal_share(records: list[Record]) -> tuple[float, int]:
    """The commonest number of cells, and how many records have it; 0 where the first one has not."""
    width, n_records = Counter(map(len, records)).most_common(1)[0]
    return (n_records / len(records) if len(records[0]) == width else 0.0), width


def _separator(text: str) -> str:
    shares = {}
    for sep in SEPARATORS:
        both = [_equal_share(_records(text, sep, plain_quotes=plain)) for plain in (False, True)]
        share, width = max(both)
        shares[sep] = share if width > 1 else 0.0
    best = max(SEPARATORS, key=lambda sep: shares[sep])
    if shares[best] < _LEAST_EQUAL:
        finding = "has no separator that gives all lines the same number of cells"
        raise DataError("The file", finding, "Name it with --sep, or mend the lines that are longer or shorter.")
    return best


def _has_plain_quotes(text: str, lines: list[str], sep: str) -> bool:
    """Say whether quotes are plain letters: taken for quotes they would join lines that are whole as they are."""
    if _QUOTES not in text or len(sep) > 1:
        return False
    widths = Counter(line.count(sep) for line in lines)
    if widths.most_common(1)[0][1] < _LEAST_EQUAL * len(lines):
        return False
    quoted = _reader(text, sep, plain_quotes=False)
    return sum(any(cell.strip() for cell in record) for record in quoted) < len(lines)


def _reader(text: str, sep: str, *, plain_quotes: bool) -> Iterator[Record]:
    opened = StringIO(text, newline="")
    if plain_quotes:
        return csv.reader(opened, delimiter=sep, quoting=csv.QUOTE_NONE, skipinitialspace=True)
    return csv.reader(opened, delimiter=sep, skipinitialspace=True)


def _width(records: list[Record], sep: str) -> int:
    share, width = _equal_share(records)
    if share == 0:
        finding = f"has {len(records[0])} cells in its first line and {width} in most others"
        raise DataError("The file", finding, "Give every column a name in the first line, or say --no-header.")
    if width == 1:
        raise DataError(
            "The file", f"has one cell in each line, with the separator {sep!r}", "Name another with --sep."
        )
    return width


def looks_like_header(records: list[Record]) -> bool:
    """Say whether the first record names the columns.

    It does not where a cell is a number or a time, long, blank (but the first, which some programs leave so), or
    comes again in its own column.

    Args:
        records: the first ones of the file.

    Returns:
        Whether it seems to.
    """
    first, rest = [canonical_text(cell) for cell in records[0]], records[1:]
    if any(not cell for cell in first[1:]) or any(len(cell) > _LONGEST_NAME for cell in first):
        return False
    if any(_NUMBER_OR_TIME.fullmatch(cell) for cell in first):
        return False
    below = [{canonical_text(record[i]) for record in rest if i < len(record)} for i in range(len(first))]
    return not any(cell and cell in words for cell, words in zip(first, below, strict=True))


def _names(first: Record, wished: tuple[str, ...], *, width: int, has_header: bool) -> tuple[str, ...]:
    if wished and len(wished) != width:
        raise DataError(
            "The option --names", f"gives {len(wished)} names for {width} columns", "Name every column once."
        )
    names = wished or (tuple(first) if has_header else tuple(f"col_{number}" for number in range(1, width + 1)))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        cure = "Rename them in the first line, or name all columns with --names."
        raise DataError("The file", f"has the columns {named(twice)} more than once", cure)
    return () if has_header and not wished else names


def _ask_encoding() -> Question:
    return Question(
        "The file is not UTF-8",
        "it is cp1252, the encoding of western Windows",
        "write another one into load_args, or convert the file",
        (("catalog", "load_args"),),
    )


def _ask_header(records: list[Record], *, has_header: bool, names: tuple[str, ...]) -> list[Question]:
    if not has_header:
        first = ", ".join(cell.strip() for cell in records[0])
        shown = first if len(first) <= _LONGEST_NAME else f"{first[:_LONGEST_NAME]}..."
        called = f"the columns are called {names[0]} to {names[-1]}"
        return [
            Question(
                f"The first line looks like data ({shown})",
                f"the file has no header, and {called}",
                "--header, if it names the columns; --names a,b,c to name them yourself",
                (("catalog", "load_args"),),
            )
        ]
    if any(_NUMBER_OR_TIME.fullmatch(cell.strip()) for record in records[1:] for cell in record):
        return []
    return [
        Question(
            "All cells are words, in the first line too",
            "the first line names the columns",
            "--no-header, if it is a row like any other",
            (("catalog", "load_args"),),
        )
    ]
