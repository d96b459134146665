"""Files that a library cannot read, told as this house tells its own faults."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evergreen.errors import DataError

_MAX_TOLD = 120
_DATASET = re.compile(r"^([^\s:]+): Failed while loading data")
_PATH = re.compile(r"filepath=(?:\w*Path\()?'([^']+)'|\bfile = (\S+)|\b[Ff]ile ['\"]([^'\"]+)['\"]")
_LOADING = "Failed while loading data"
# A plan of these is run in a step, or where its result is saved, long after its dataset was loaded.
_LAZY = ("polars", "duckdb", "_duckdb")


@dataclass(frozen=True)
class _Fault:
    """A way in which a file can be broken.

    Attributes:
        pattern: what the exception says, as ``"JSONDecodeError: Expecting value"``.
        finding: what is said of it; ``{0}`` and so on are the groups of the pattern, ``{told}`` its first line.
        cure: the way out.
    """

    pattern: re.Pattern[str]
    finding: str
    cure: str


_AS_TEXT = "infer_schema: false in its load_args for Polars, all_varchar: true for DuckDB"
_QUOTE = "Put cells that hold the separator into quotes, or name the separator in load_args."
_FAULTS = (
    _Fault(
        re.compile(r"^UnicodeDecodeError: '([\w-]+)'|invalid (utf-?8|unicode)", re.IGNORECASE),
        "is not written in UTF-8",
        "Save it as UTF-8, or name its encoding in its catalog entry (load_args: {encoding: cp1252}).",
    ),
    _Fault(
        re.compile(r"^(?:EmptyDataError|NoDataError): |file size is 0 bytes"),
        "is empty",
        "Look at how it was made or fetched.",
    ),
    _Fault(
        re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)"),
        "has {2} cells in line {1}, where {0} belong",
        _QUOTE,
    ),
    _Fault(
        re.compile(r"found more fields than defined in 'Schema'"), "has a line with more cells than its header", _QUOTE
    ),
    _Fault(
        re.compile(r"EOF inside string|is not properly escaped"),
        "has a quote that is never closed ({told})",
        "Close it; where quotes are letters like any other, say so in load_args (quoting: 3; Polars: quote_char: '').",
    ),
    _Fault(
        re.compile(r"could not parse `(.{0,80}).*?` as dtype `(\w+)`", re.DOTALL),
        "holds '{0}' in a column whose first lines were taken for {1}",
        f"Have it read as text, for the contract says what it is: {_AS_TEXT}.",
    ),
    _Fault(
        re.compile(r"Could not convert string \"(.{0,80}).*?\" to '(\w+)'", re.DOTALL),
        "holds '{0}' in a column whose first lines were taken for {1}",
        f"Have it read as text, for the contract says what it is: {_AS_TEXT}.",
    ),
    _Fault(
        re.compile(r"Maximum line size of (\d+) bytes exceeded"),
        "has a line of more than {0} bytes",
        "Raise max_line_size in its load_args, or close the quote that makes many lines one.",
    ),
    _Fault(
        re.compile(
            r"parquet (?:file size|magic)|parquet: file out of spec|magic bytes|small to be a parquet|footer length"
            r"|corrupt|decompress|thrift|deserialize|base64|ARROW:schema",
            re.IGNORECASE,
        ),
        "is no whole Parquet file ({told})",
        "It was cut short or damaged: fetch or write it again.",
    ),
    _Fault(re.compile(r"^JSONDecodeError: "), "is no JSON ({told})", "Mend it, or fetch it again."),
    _Fault(
        re.compile(r"^(?:BadGzipFile|BadZipFile|LZMAError|error|EOFError): "),
        "is cut short or damaged ({told})",
        "Fetch it again.",
    ),
)


def broken_file(causes: Sequence[BaseException]) -> DataError | None:
    """Find a file that cannot be read behind an exception.

    Args:
        causes: the exception and what caused it, the outermost first.

    Returns:
        The fault in plain words, of bounded length; None where it is none, or none that is known.
    """
    is_loading = any(_LOADING in str(cause) for cause in causes)
    for cause in causes:
        said = f"{type(cause).__name__}: {cause}"
        is_lazy = type(cause).__module__.partition(".")[0] in _LAZY
        if _LOADING in said or not (is_loading or is_lazy):
            continue
        for fault in _FAULTS:
            if found := fault.pattern.search(said):
                finding = fault.finding.format(*found.groups(), told=_first_line(cause))
                return DataError(_thing(causes), finding, fault.cure)
    return None


def _thing(causes: Sequence[BaseException]) -> str:
    """The source and its partition where that is noted, else the dataset, else the file."""
    noted = next((note for cause in causes for note in getattr(cause, "__notes__", ())), None)
    if noted is not None:
        return str(noted)
    said = [str(cause) for cause in causes]
    if name := next(filter(None, map(_DATASET.search, said)), None):
        return f"Dataset '{name[1]}'"
    # The innermost speaks of the file that is read, the outermost may speak of one that is written.
    path = next(filter(None, map(_PATH.search, reversed(said))), None)
    return "A file" if path is None else f"The file '{next(filter(None, path.groups()))}'"


def _first_line(error: BaseException) -> str:
    line = " ".join(str(error).strip().partition("\n")[0].split())
    return line if len(line) <= _MAX_TOLD else f"{line[:_MAX_TOLD]}..."
