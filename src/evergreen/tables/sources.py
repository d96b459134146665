"""From what a catalog entry loads to one table with the contract's names."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError, named
from evergreen.problem import Column, Problem, Source
from evergreen.tables.cells import text_of
from evergreen.tables.derive import derive_column
from evergreen.tables.engines import Frame, as_frame, as_pandas, raw_column, same_engine, where
from evergreen.tables.folders import Partition, name_columns, read_folder
from evergreen.tables.guesses import refuse_guessed_forms, refuse_rounded_names, with_plain_words
from evergreen.tables.images import IMAGE_CELL, image_cell

_SEPARATORS = (",", ";", "\t", "|")

Schema = Mapping[str, nw.dtypes.DType]
RawSource = Any
"""A table of any engine, a mapping of partitions to loaders or content, or the records of a JSON answer."""


def read_source(raw: RawSource, problem: Problem, name: str) -> Frame:
    """Turn one loaded source into a table that holds what the contract asks of it.

    Args:
        raw: what the catalog loaded: a table, partitions, or JSON records.
        problem: the case.
        name: the name of the source.

    Returns:
        The table with the contract's column names, the join columns, ``known_since`` and ``effective_since`` under
        their raw names, on the engine it was loaded with; pictures as ``image_cell`` writes them.

    Raises:
        DataError: where the source is no table, is empty, lacks a column, has one twice, or holds what a reader
            guessed against the contract.
    """
    source = problem.sources[name]
    table = _as_table(raw, source, name, _forms(problem, name))
    if len(table.head(1).collect()) == 0:
        raise DataError(f"Source '{name}'", "has no rows", "Check the file or the query behind it.")
    if source.derive:
        table = _with_derived(table, source)
    wanted = contract_names(problem, name)
    found = table.collect_schema().names()
    _refuse_missing(found, [*wanted.values(), *source.join_on, *_moments(source)], name)
    words = (raw_name for column, raw_name in wanted.items() if problem.columns[column].type in ("category", "text"))
    refuse_rounded_names(table, dict.fromkeys([*words, *source.join_on]), f"Source '{name}'")
    extra = dict.fromkeys([*source.join_on, *_moments(source)])
    kept = [raw_column(raw_name, table).alias(column) for column, raw_name in wanted.items()]
    rest = [raw_column(name, table).alias(name) for name in extra if name not in wanted]
    pictures = [column for column in wanted if problem.columns[column].type == "image"]
    return _with_thumbnails(table.select(*kept, *rest), pictures, name)


def contract_names(problem: Problem, source: str) -> dict[str, str]:
    """Say which columns of the contract come from a source.

    Args:
        problem: the case.
        source: the name of the source.

    Returns:
        Contract name -> raw name.
    """
    return {
        name: column.raw_name or name
        for name, column in problem.columns.items()
        if (column.source or problem.spine) == source
    }


def _forms(problem: Problem, source: str) -> dict[str, Column]:
    """Raw name -> what the contract says of it."""
    return {raw_name: problem.columns[name] for name, raw_name in contract_names(problem, source).items()}


def _moments(source: Source) -> list[str]:
    return [name for name in (source.known_since, source.effective_since) if name is not None]


def _with_derived(table: Frame, source: Source) -> Frame:
    """Make columns that need the rows in their order, which only tables in memory keep."""
    in_memory = _in_memory(table)
    for derivation in source.derive:
        in_memory = derive_column(in_memory, derivation)
    return same_engine(in_memory.lazy(), table)


def _in_memory(table: Frame) -> nw.DataFrame[Any]:
    return table.collect() if table.implementation.is_polars() else nw.from_native(as_pandas(table))


def _with_thumbnails(table: Frame, columns: Sequence[str], name: str) -> Frame:
    """Write pictures that a table keeps as files, in bytes or in base64, as a folder of pictures is written."""
    schema = table.collect_schema()
    encoded = [column for column in columns if _has_files(table, column, schema[column])]
    if not encoded:
        return table
    in_memory = _in_memory(table)
    for column in encoded:
        cells = [_thumbnail(cell, f"Source '{name}', column '{column}'") for cell in in_memory[column].to_list()]
        in_memory = in_memory.with_columns(nw.new_series(column, cells, nw.String, backend=in_memory.implementation))
    return same_engine(in_memory.lazy(), table)


def _has_files(table: Frame, column: str, dtype: nw.dtypes.DType) -> bool:
    """Whether a cell holds something else than a thumbnail, which stays as it is."""
    if dtype != nw.String:
        return True
    is_other = ~where(nw.col(column).str.contains(IMAGE_CELL)) & ~nw.col(column).is_null()
    return len(table.filter(is_other).head(1).collect()) > 0


def _thumbnail(cell: Any, thing: str) -> str | None:
    try:
        return image_cell(cell) or None
    except DataError as error:
        raise DataError(thing, f"holds a picture that {error.finding}", error.cure) from error


def _as_table(raw: RawSource, source: Source, name: str, forms: Mapping[str, Column]) -> Frame:
    if source.records is not None:
        if not isinstance(raw, Mapping) or source.records not in raw:
            found = named(raw) if isinstance(raw, Mapping) else type(raw).__name__
            raise DataError(f"Source '{name}'", f"has no key '{source.records}' (found {found})", "Mend 'records'.")
        raw = raw[source.records]
    if isinstance(raw, Mapping):
        return _stack_partitions(raw, source, name, forms)
    if isinstance(raw, Sequence) and all(isinstance(record, Mapping) for record in raw):
        raw = pd.DataFrame.from_records(list(raw))
    return _table(raw, f"Source '{name}'", forms)


def _stack_partitions(
    partitions: Mapping[str, Partition], source: Source, name: str, forms: Mapping[str, Column]
) -> Frame:
    if not partitions:
        raise DataError(f"Source '{name}'", "has no partitions", "Check the folder behind it.")
    if source.content != "table":
        return as_frame(read_folder(partitions, source, name))
    thing = f"Source '{name}', partition"
    loaded = {key: _load(partitions[key], f"{thing} '{key}'") for key in sorted(partitions)}
    tables = {key: _named(_table(raw, f"{thing} '{key}'", forms), key, source, name) for key, raw in loaded.items()}
    schemas = {key: table.collect_schema() for key, table in tables.items()}
    columns = next(iter(schemas.values())).names()
    for key, schema in schemas.items():
        odd = sorted(set(schema.names()) ^ set(columns))
        if odd:
            raise DataError(f"{thing} '{key}'", f"differs in {named(odd)}", "Give all partitions the same columns.")
    if any(schema != schemas[next(iter(schemas))] for schema in schemas.values()):
        tables = _of_common_types(tables, schemas)
    return nw.concat([*tables.values()])


def _of_common_types(tables: dict[str, Frame], schemas: Mapping[str, Schema]) -> dict[str, Frame]:
    # An empty month of a file format without types says nothing of what its columns hold.
    filled = [key for key, table in tables.items() if len(table.head(1).collect()) > 0] or [*tables][:1]
    columns = list(schemas[filled[0]])
    types = {column: {schemas[key][column] for key in filled} for column in columns}
    return {
        key: tables[key].select(
            _common(raw_column(column, tables[key]), schemas[key][column], types[column]).alias(column)
            for column in columns
        )
        for key in filled
    }


def _load(partition: Partition, thing: str) -> Any:
    try:
        return partition() if callable(partition) else partition
    except Exception as error:
        # Whoever tells of it shall know which of many files it was.
        error.add_note(thing)
        raise


def _named(table: Frame, partition: str, source: Source, name: str) -> Frame:
    told = name_columns(partition, source, name)
    twice = sorted(set(told) & set(table.collect_schema().names()))
    if twice:
        finding = f"has {named(twice)} both inside and in its name"
        raise DataError(f"Source '{name}', partition '{partition}'", finding, "Rename the group in name_pattern.")
    return table.with_columns(nw.lit(value).alias(column) for column, value in told.items())


def _common(cell: nw.Expr, dtype: nw.dtypes.DType, types: set[nw.dtypes.DType]) -> nw.Expr:
    """A column in a type that all partitions can have: a month without a gap may come as integers, the next not."""
    if len(types) == 1:
        return cell.cast(next(iter(types)))
    return cell.cast(nw.Float64) if all(one.is_numeric() for one in types) else text_of(cell, dtype)


def _table(raw: Any, thing: str, forms: Mapping[str, Column]) -> Frame:
    if isinstance(raw, pd.DataFrame):
        twice = raw.columns[raw.columns.duplicated()].unique().tolist()
        if twice:
            raise DataError(thing, f"has {named(twice)} more than once", "Give every column a name of its own.")
        raw = with_plain_words(raw)
    try:
        table = as_frame(raw)
    except TypeError as error:
        finding = f"is of type {type(raw).__name__}, not a table"
        raise DataError(thing, finding, "Give a table, partitions or JSON records.") from error
    refuse_guessed_forms(table, forms, thing)
    return table


def _refuse_missing(found: list[str], wanted: list[str], name: str) -> None:
    missing = [column for column in dict.fromkeys(wanted) if column not in found]
    if missing:
        cure = "Mend the source, or the column's raw_name in the data contract."
        if len(found) == 1 and any(sep in found[0] for sep in _SEPARATORS):
            cure = "Name its separator in load_args (sep), or mend the lines that have more or fewer cells than others."
        raise DataError(f"Source '{name}'", f"lacks {named(missing)} (it has {named(found)})", cure)
