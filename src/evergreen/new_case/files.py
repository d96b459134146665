"""Read the file of a new case the way its catalog entry will."""

import codecs
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evergreen.drafting import CsvForm, CsvHints, Origin, canonical_name, csv_origin, parquet_origin, sniff_csv
from evergreen.errors import DataError, named

_PARQUET = (".parquet", ".pq")
_NO_TABLE = (".xlsx", ".xls", ".json", ".zip", ".gz", ".bz2", ".xz", ".feather", ".pkl", ".pickle", ".sav", ".dta")
_HEAD_BYTES = 4_000_000
_CHUNK_BYTES = 1_000_000
_MAX_TOLD = 200


@dataclass(frozen=True)
class ReadTable:
    """A table and where it comes from.

    Attributes:
        rows: the table.
        origin: where it comes from, as the catalog tells it.
        file: the file it lies in; None on a server.
    """

    rows: pd.DataFrame
    origin: Origin
    file: Path | None = None


def read_file(file: Path, *, hints: CsvHints, taken: AbstractSet[str]) -> ReadTable:
    """Read a file of separated values, or a Parquet file.

    Args:
        file: the file.
        hints: what is known of a file of separated values.
        taken: names that its catalog entry must not have.

    Returns:
        The table.

    Raises:
        DataError: where it does not exist, or cannot be read as a table.
    """
    _refuse_unfit(file)
    source = source_name(file.stem, taken)
    if file.suffix.lower() in _PARQUET:
        return ReadTable(_read_parquet(file), parquet_origin(source, file.name), file)
    form = _form_of(file, hints)
    return ReadTable(_read_csv(file, form), csv_origin(source, file.name, form), file)


def source_name(told: str, taken: AbstractSet[str]) -> str:
    """Name the catalog entry of a source after its file or table.

    Args:
        told: the name of the file without its ending, or of the table.
        taken: names it must not have.

    Returns:
        A canonical name that is not taken.
    """
    name = canonical_name(told)
    while name in taken:
        name = f"{name}_table"
    return name


def _refuse_unfit(file: Path) -> None:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "does not exist"
        cure = "Name a file, or a table as sqlite:///file.db::table."
        raise DataError(f"'{file}'", what, cure)
    if file.suffix.lower() in _NO_TABLE:
        cure = "Save it as CSV or Parquet."
        raise DataError(f"The file '{file.name}'", f"is of a kind that is not read here ({file.suffix})", cure)
    if file.stat().st_size == 0:
        raise DataError(f"The file '{file.name}'", "is empty", "Name another one.")


def _read_parquet(file: Path) -> pd.DataFrame:
    try:
        rows = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise DataError(
            f"The file '{file.name}'", f"is no Parquet ({str(error)[:_MAX_TOLD]})", "Write it anew."
        ) from error
    hidden = [str(name) for name in rows.index.names if name is not None]
    if hidden:
        # No step looks at names of rows, so that what they tell would be lost without a word.
        finding = f"keeps {named(hidden)} as names of its rows (a pandas index), not as a column"
        raise DataError(f"The file '{file.name}'", finding, "Write it anew after reset_index().")
    return rows


def _form_of(file: Path, hints: CsvHints) -> CsvForm:
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    return sniff_csv(head, hints, is_utf8=_is_utf8(file))


def _is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as opened:
        try:
            while chunk := opened.read(_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _read_csv(file: Path, form: CsvForm) -> pd.DataFrame:
    try:
        rows: pd.DataFrame = pd.read_csv(file, **form.load_args)
    except (ValueError, UnicodeError) as error:
        told = " ".join(str(error).split())[:_MAX_TOLD]
        cure = "Mend the lines that are named, or say how it is written with --sep, --header or --names."
        raise DataError(f"The file '{file.name}'", f"is not the same table in all its lines ({told})", cure) from error
    return rows
