"""The first lines of files of separated values, where a reader takes a table for another one without a word."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Any

import fsspec
from fsspec.utils import infer_compression

from evergreen.errors import DataError, named
from evergreen.hooks.libraries import library_of

_HEAD_BYTES = 1_000_000
_TAIL_BYTES = 4
_UNREADABLE = (OSError, EOFError, LookupError, TypeError, ValueError, csv.Error)
_UTF8 = ("utf-8", "utf8", "utf8-lossy")
_CURE_TWICE = "Give every column a name of its own in the first line, or name all of them in load_args."
_CURE_WIDE = "Name every cell in the first line; or take the separator away that ends all other lines."
_CURE_WIDE_PANDAS = (
    "Name every cell in the first line; take the separator away that ends all other lines; or, where the first cell "
    "only names its row, say so in load_args (index_col: 0)."
)
_CURE_GUESS = (
    "Write all_varchar: true into its load_args, for the contract says what each column is; or say how dates are "
    "written (dateformat)."
)

_CURE_BLANK = "Take it away, or read the file by pandas, which passes over it."


@dataclass(frozen=True)
class _Reader:
    """What a library calls the options that matter here.

    Attributes:
        sep: the separator.
        quote: the quote.
        own_head: options by which the header is something else than the first line.
        own_width: options by which rows may be wider than the header; None where the library tells of it itself.
        no_guess: options that say how dates are written; None where no date is guessed.
        cure_width: the way out where a row is wider than the header.
        keeps_blank: whether a blank line is a row without values; all others pass over it.
        head: the option without which the first line is a row like any other; None where it is the header anyhow.
    """

    sep: str
    quote: str
    own_head: frozenset[str]
    own_width: frozenset[str] | None = None
    no_guess: frozenset[str] | None = None
    cure_width: str = _CURE_WIDE
    keeps_blank: bool = False
    head: str | None = None


_READERS = {
    "pandas": _Reader(
        "sep",
        "quotechar",
        frozenset({"header", "names", "skiprows", "comment", "quoting", "delimiter", "lineterminator"}),
        own_width=frozenset({"index_col", "usecols"}),
        cure_width=_CURE_WIDE_PANDAS,
    ),
    "polars": _Reader(
        "separator",
        "quote_char",
        frozenset({"has_header", "new_columns", "skip_rows", "skip_lines", "comment_prefix", "schema", "eol_char"}),
        keeps_blank=True,
    ),
    "ibis": _Reader(
        "sep",
        "quote",
        frozenset({"header", "names", "columns", "skip", "comment", "new_line", "delim", "delimiter"}),
        no_guess=frozenset({"all_varchar", "columns", "types", "dtypes", "dateformat"}),
    ),
    "spark": _Reader(
        "sep",
        "quote",
        frozenset({"schema", "comment", "delimiter", "lineSep"}),
        # By default what a row has more than the header is dropped without a word.
        own_width=frozenset({"mode"}),
        head="header",
    ),
}


def refuse_odd_heads(name: str, dataset: Any) -> None:
    """Refuse a source of separated values that would be read as another table than it is.

    Args:
        name: the source.
        dataset: its dataset; others than of separated values pass.

    Raises:
        DataError: where two columns have one name, the first row has more cells than the header, DuckDB would guess
            how dates are written, or Polars would make a row of a blank line.
    """
    for thing, file in _files(f"Source '{name}'", dataset):
        reader, args = _READERS[library_of(type(file))], _load_args(file)
        if reader.no_guess is not None and not reader.no_guess & set(args):
            raise DataError(thing, "is read by DuckDB, which takes 03/04 for the day that fits its guess", _CURE_GUESS)
        if reader.keeps_blank and _has_blank_line(file, reader, args):
            raise DataError(thing, "has a blank line, which Polars takes for a row without values", _CURE_BLANK)
        if reader.own_head & set(args) or not _has_header(reader, args):
            continue
        header, first = _head(file, reader, args)
        twice = [column for column, n in Counter(header).items() if n > 1 and column]
        if twice:
            raise DataError(thing, f"has {named(twice)} more than once in its header", _CURE_TWICE)
        # pandas then takes the first cells for names of rows and gives every other one the name of its neighbour, Spark
        # drops the last ones.
        if reader.own_width is not None and not reader.own_width & set(args) and len(first) > len(header):
            finding = f"has {len(first)} cells in its first row and {len(header)} in its header"
            raise DataError(thing, finding, reader.cure_width)


def _files(thing: str, dataset: Any) -> Iterator[tuple[str, Any]]:
    """The datasets of single files of separated values."""
    dataset = getattr(dataset, "_dataset", dataset)
    if type(dataset).__name__ == "PartitionedDataset" and _is_csv(dataset._dataset_type, dataset._dataset_config):
        # It loads nothing yet: it says how each of its files is loaded.
        for part, load in dataset.load().items():
            yield f"{thing}, partition '{part}'", load.__self__
    elif _is_csv(type(dataset), vars(dataset)):
        yield thing, dataset


def _load_args(file: Any) -> dict[str, Any]:
    # Spark's dataset keeps the schema by itself.
    schema = getattr(file, "_schema", None)
    return dict(file._load_args) | ({} if schema is None else {"schema": schema})


def _has_header(reader: _Reader, args: Mapping[str, Any]) -> bool:
    return reader.head is None or str(args.get(reader.head)).lower() == "true"


def _is_csv(kind: type, options: Mapping[str, Any]) -> bool:
    form = options.get("file_format") or options.get("_file_format")
    return library_of(kind) in _READERS and (form == "csv" or kind.__name__ == "CSVDataset")


def _head(file: Any, reader: _Reader, args: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The header and the first row; both empty where they cannot be read: whoever loads the file will tell."""
    try:
        header, first = islice(filter(None, _records(file, reader, args)), 2)
    except _UNREADABLE:
        return [], []
    return header, first


def _has_blank_line(file: Any, reader: _Reader, args: Mapping[str, Any]) -> bool:
    """Whether a line among the first ones is blank, or the last one; those before the header do not count."""
    try:
        records = dropwhile(lambda record: not record, _records(file, reader, args))
        return not all(records) or _ends_blank(file)
    except _UNREADABLE:
        return False


def _ends_blank(file: Any) -> bool:
    path = str(file._get_load_path())
    if infer_compression(path) is not None:
        return False
    with _system_of(file).open(path, "rb") as opened:
        opened.seek(-min(_TAIL_BYTES, opened.seek(0, io.SEEK_END)), io.SEEK_END)
        return bool(opened.read().replace(b"\r", b"").endswith(b"\n\n"))


def _system_of(file: Any) -> Any:
    return getattr(file, "_fs", None) or fsspec.filesystem("file")


def _records(file: Any, reader: _Reader, args: Mapping[str, Any]) -> Iterator[list[str]]:
    """The records at the beginning of a file that are whole for certain."""
    told = str(args.get("encoding", "utf-8"))
    encoding = "utf-8-sig" if told.lower() in _UTF8 else told
    quote = args.get(reader.quote, '"')
    form: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    with _system_of(file).open(str(file._get_load_path()), "rb", compression="infer") as opened:
        head = opened.read(_HEAD_BYTES)
    text = head.decode(encoding, errors="replace")
    lines = io.StringIO(text, newline="")
    for record in csv.reader(lines, delimiter=args.get(reader.sep, ","), **form):
        # A head that ends within a record does not tell how wide that is.
        if len(head) < _HEAD_BYTES or lines.tell() < len(text):
            yield record
