"""Where the table of a new case comes from, as the catalog tells it."""

from dataclasses import dataclass
from typing import Any

from evergreen.drafting.csv_form import CsvForm
from evergreen.drafting.questions import Question

_RAW = "${runtime_params:raw_dir, ${globals:data}/01_raw/${globals:case}}"


@dataclass(frozen=True)
class Origin:
    """Where a table comes from.

    Attributes:
        source: the name of its catalog entry.
        file: what people call it: the file's name, or the table's.
        entry: the entry.
        questions: what was unsure when it was read.
        secret: name of credentials and the environment variable they are read from; None where there is nothing to
            hide.
        has_file: whether its file lies where ``raw_dir`` says.
    """

    source: str
    file: str
    entry: dict[str, Any]
    questions: tuple[Question, ...] = ()
    secret: tuple[str, str] | None = None
    has_file: bool = True


def csv_origin(source: str, file: str, form: CsvForm) -> Origin:
    """Describe a file of separated values.

    Args:
        source: the name of the catalog entry.
        file: the name of the file.
        form: how it is written.

    Returns:
        The origin.
    """
    entry = {"type": "pandas.CSVDataset", "filepath": f"{_RAW}/{file}", "load_args": form.load_args}
    return Origin(source, file, entry, form.questions)


def parquet_origin(source: str, file: str) -> Origin:
    """Describe a Parquet file.

    Args:
        source: the name of the catalog entry.
        file: the name of the file.

    Returns:
        The origin.
    """
    return Origin(source, file, {"type": "pandas.ParquetDataset", "filepath": f"{_RAW}/{file}"})


def sqlite_origin(source: str, file: str, table: str) -> Origin:
    """Describe a table of an SQLite file.

    Args:
        source: the name of the catalog entry.
        file: the name of the file.
        table: the table in it.

    Returns:
        The origin.
    """
    entry = {
        "type": "pandas.SQLTableDataset",
        "table_name": table,
        "credentials": {"con": f"sqlite:///${{project:{_RAW}/{file}}}"},
    }
    return Origin(source, file, entry)


def database_origin(source: str, table: str, *, schema: str | None, secret: tuple[str, str]) -> Origin:
    """Describe a table of a database server; how to reach it stays out of the configuration.

    Args:
        source: the name of the catalog entry.
        table: the table.
        schema: its schema, if it was named.
        secret: the name of the credentials, and the environment variable they are read from.

    Returns:
        The origin.
    """
    within = {"load_args": {"schema": schema}} if schema else {}
    entry = {"type": "pandas.SQLTableDataset", "table_name": table, "credentials": secret[0]} | within
    return Origin(source, table, entry, secret=secret, has_file=False)
