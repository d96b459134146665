"""The first lines of files of separated values, where a reader takes a table for another one without a word."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import fsspec

from evergreen.errors import DataError, named

_HEAD_BYTES = 1_000_000
_UTF8 = ("utf-8", "utf8", "utf8-lossy")
_CURE_TWICE = "Give every column a name of its own in the first line, or name all of them in load_args."
_CURE_WIDE = (
    "Name every cell in the first line; take the separator away that ends all other lines; or, where the first cell "
    "only names its row, say so in load_args (index_col: 0)."
)
_CURE_GUESS = (
    "Write all_varchar: true into its load_args, for the contract says what each column is; or say how dates are "
    "written (dateformat)."
)


@dataclass(frozen=True)
class _Reader:
    """What a library calls the options that matter here.

    Attributes:
        sep: the separator.
        quote: the quote.
        own_head: options by which the header is something else than the first line.
        own_width: options by which rows may be wider than the header; None where the library tells of it itself.
        no_guess: options that say how dates are written; None where no date is guessed.
    """

    sep: str
    quote: str
    own_head: frozenset[str]
    own_width: frozenset[str] | None = None
    no_guess: frozenset[str] | None = None


_READERS = {
    "pandas": _Reader(
        "sep",
        "quotechar",
        frozenset({"header", "names", "skiprows", "comment", "quoting", "delimiter", "lineterminator"}),
        own_width=frozenset({"index_col", "usecols"}),
    ),
    "polars": _Reader(
        "separator",
        "quote_char",
        frozenset({"has_header", "new_columns", "skip_rows", "skip_lines", "comment_prefix", "schema", "eol_char"}),
    ),
    "ibis": _Reader(
        "sep",
        "quote",
        frozenset({"header", "names", "columns", "skip", "comment", "new_line", "delim", "delimiter"}),
        no_guess=frozenset({"all_varchar", "columns", "types", "dtypes", "dateformat"}),
    ),
}


def refuse_odd_heads(name: str, dataset: Any) -> None:
    """Refuse a source of separated values that would be read as another table than it is.

    Args:
        name: the source.
        dataset: its dataset; others than of separated values pass.

    Raises:
        DataError: where two columns have one name, the first row has more cells than the header, or DuckDB would guess
            how dates are written.
    """
    for thing, file in _files(f"Source '{name}'", dataset):
        reader, args = _READERS[_library(type(file))], file._load_args
        if reader.no_guess is not None and not reader.no_guess & set(args):
            raise DataError(thing, "is read by DuckDB, which takes 03/04 for the day that fits its guess", _CURE_GUESS)
        if reader.own_head & set(args):
            continue
        header, first = _head(file, reader, args)
        twice = [column for column, n in Counter(header).items() if n > 1 and column]
        if twice:
            raise DataError(thing, f"has {named(twice)} more than once in its header", _CURE_TWICE)
        # pandas then takes the first cells for names of rows, and gives every other one the name of its neighbour.
        if reader.own_width is not None and not reader.own_width & set(args) and len(first) > len(header):
            finding = f"has {len(first)} cells in its first row and {len(header)} in its header"
            raise DataError(thing, finding, _CURE_WIDE)


def _files(thing: str, dataset: Any) -> Iterator[tuple[str, Any]]:
    """The datasets of single files of separated values."""
    dataset = getattr(dataset, "_dataset", dataset)
    if type(dataset).__name__ == "PartitionedDataset" and _is_csv(dataset._dataset_type, dataset._dataset_config):
        # It loads nothing yet: it says how each of its files is loaded.
        for part, load in dataset.load().items():
            yield f"{thing}, partition '{part}'", load.__self__
    elif _is_csv(type(dataset), vars(dataset)):
        yield thing, dataset


def _is_csv(kind: type, options: Mapping[str, Any]) -> bool:
    form = options.get("file_format") or options.get("_file_format")
    return _library(kind) in _READERS and (form == "csv" or kind.__name__ == "CSVDataset")


def _library(kind: type) -> str:
    package, _, module = kind.__module__.partition(".")
    return module.partition(".")[0] if package == "kedro_datasets" else ""


def _head(dataset: Any, reader: _Reader, args: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The header and the first row; both empty where they cannot be read: whoever loads the file will tell."""
    told = str(args.get("encoding", "utf-8"))
    encoding = "utf-8-sig" if told.lower() in _UTF8 else told
    quote = args.get(reader.quote, '"')
    form: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    system = getattr(dataset, "_fs", None) or fsspec.filesystem("file")
    try:
        with system.open(str(dataset._get_load_path()), "rb", compression="infer") as opened:
            head = opened.read(_HEAD_BYTES)
        lines = io.StringIO(head.decode(encoding, errors="replace"), newline="")
        records = csv.reader(lines, delimiter=args.get(reader.sep, ","), **form)
        header, first = islice(filter(None, records), 2)
    except (OSError, EOFError, LookupError, TypeError, ValueError, csv.Error):
        return [], []
    # A head that ends within the first row does not tell how wide it is.
    return (header, first) if len(head) < _HEAD_BYTES or lines.read(1) else ([], [])
