"""From what a catalog entry loads to one table with the contract's names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError, named
from evergreen.problem import Problem, Source
from evergreen.tables.cells import text_of
from evergreen.tables.derive import derive_column

RawSource = Any
"""A dataframe, a mapping of partitions to loaders or frames, or the records of a JSON answer."""

Table = nw.DataFrame[Any]


def read_source(raw: RawSource, problem: Problem, name: str) -> Table:
    """Turn one loaded source into a table that holds what the contract asks of it.

    Args:
        raw: what the catalog loaded: a dataframe, partitions, or JSON records.
        problem: the case.
        name: the name of the source.

    Returns:
        The table with the contract's column names, the join columns and ``known_since`` under their raw names.

    Raises:
        DataError: where the source is no table, is empty, or lacks a column.
    """
    source = problem.sources[name]
    table = _as_table(raw, source, name)
    if len(table) == 0:
        raise DataError(f"Source '{name}'", "has no rows", "Check the file or the query behind it.")
    for derivation in source.derive:
        table = derive_column(table, derivation)
    wanted = contract_names(problem, name)
    _refuse_missing(table.columns, [*wanted.values(), *source.join_on, *_known_since(source)], name)
    extra = dict.fromkeys([*source.join_on, *_known_since(source)])
    kept = [nw.col(raw_name).alias(column) for column, raw_name in wanted.items()]
    rest = [nw.col(name) for name in extra if name not in wanted]
    return table.select(*kept, *rest)


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


def _known_since(source: Source) -> list[str]:
    return [source.known_since] if source.known_since else []


def _as_table(raw: RawSource, source: Source, name: str) -> Table:
    if source.records is not None:
        if not isinstance(raw, Mapping) or source.records not in raw:
            found = named(raw) if isinstance(raw, Mapping) else type(raw).__name__
            raise DataError(f"Source '{name}'", f"has no key '{source.records}' (found {found})", "Mend 'records'.")
        raw = raw[source.records]
    if isinstance(raw, Mapping):
        return _stack_partitions(raw, name)
    if isinstance(raw, Sequence) and all(isinstance(record, Mapping) for record in raw):
        raw = pd.DataFrame.from_records(list(raw))
    return _eager(raw, f"Source '{name}'")


def _stack_partitions(partitions: Mapping[str, Callable[[], Any] | Any], name: str) -> Table:
    if not partitions:
        raise DataError(f"Source '{name}'", "has no partitions", "Check the folder behind it.")
    thing = f"Source '{name}', partition"
    loaded = {key: load() if callable(load) else load for key, load in sorted(partitions.items())}
    tables = {key: _eager(raw, f"{thing} '{key}'") for key, raw in loaded.items()}
    columns = next(iter(tables.values())).columns
    for key, table in tables.items():
        odd = sorted(set(table.columns) ^ set(columns))
        if odd:
            raise DataError(f"{thing} '{key}'", f"differs in {named(odd)}", "Give all partitions the same columns.")
    filled = [table for table in tables.values() if len(table) > 0] or [*tables.values()][:1]
    types = {column: {table.schema[column] for table in filled} for column in columns}
    return nw.concat([table.select(_common(table, name, types[name]) for name in columns) for table in filled])


def _common(table: Table, column: str, types: set[nw.dtypes.DType]) -> nw.Expr:
    """A column in a type that all partitions can have: a month without a gap may come as integers, the next not."""
    if len(types) == 1:
        return nw.col(column)
    if all(dtype.is_numeric() for dtype in types):
        return nw.col(column).cast(nw.Float64)
    return text_of(nw.col(column), table.schema[column]).alias(column)


def _eager(raw: Any, thing: str) -> Table:
    try:
        table = nw.from_native(raw)
    except TypeError as error:
        finding = f"is of type {type(raw).__name__}, not a table"
        raise DataError(thing, finding, "Give a table, partitions or JSON records.") from error
    return table.collect() if isinstance(table, nw.LazyFrame) else table


def _refuse_missing(found: list[str], wanted: list[str], name: str) -> None:
    missing = [column for column in dict.fromkeys(wanted) if column not in found]
    if missing:
        raise DataError(
            f"Source '{name}'",
            f"lacks {named(missing)} (it has {named(found)})",
            "Mend the source, or the column's raw_name in the data contract.",
        )
