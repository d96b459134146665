"""From what a catalog entry loads to one table with the contract's names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError, named
from evergreen.problem import Problem, Source
from evergreen.tables.derive import derive_column

RawSource = Any
"""A dataframe, a mapping of partitions to loaders or frames, or the records of a JSON answer."""


def read_source(raw: RawSource, problem: Problem, name: str) -> nw.DataFrame[Any]:
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
    table = nw.from_native(_as_frame(raw, source, name), eager_only=True)
    if len(table) == 0:
        raise DataError(f"Source '{name}'", "has no rows", "Check the file or the query behind it.")
    for derivation in source.derive:
        table = derive_column(table, derivation)
    wanted = contract_names(problem, name)
    _refuse_missing(table.columns, [*wanted.values(), *source.join_on, *_known_since(source)], name)
    extra = dict.fromkeys([*source.join_on, *_known_since(source)])
    kept = [nw.col(raw_name).alias(column) for column, raw_name in wanted.items()]
    rest = [nw.col(name) for name in extra if name not in wanted]
    selected: nw.DataFrame[Any] = table.select(*kept, *rest)
    return selected


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


def _as_frame(raw: RawSource, source: Source, name: str) -> Any:
    if source.records is not None:
        if not isinstance(raw, Mapping) or source.records not in raw:
            found = named(raw) if isinstance(raw, Mapping) else type(raw).__name__
            raise DataError(f"Source '{name}'", f"has no key '{source.records}' (found {found})", "Mend 'records'.")
        raw = raw[source.records]
    if isinstance(raw, Mapping) and raw:
        return _stack_partitions(raw)
    if isinstance(raw, Sequence) and all(isinstance(record, Mapping) for record in raw):
        return pd.DataFrame.from_records(list(raw))
    try:
        return nw.from_native(raw).to_native()
    except TypeError as error:
        finding = f"is a {type(raw).__name__}, not a table"
        raise DataError(f"Source '{name}'", finding, "Give a table, partitions or JSON records.") from error


def _stack_partitions(partitions: Mapping[str, Callable[[], Any] | Any]) -> Any:
    loaded = (load() if callable(load) else load for _, load in sorted(partitions.items()))
    return nw.concat([nw.from_native(frame) for frame in loaded], how="vertical").to_native()


def _refuse_missing(found: list[str], wanted: list[str], name: str) -> None:
    missing = [column for column in dict.fromkeys(wanted) if column not in found]
    if missing:
        raise DataError(
            f"Source '{name}'",
            f"lacks {named(missing)} (it has {named(found)})",
            "Mend the source, or the column's raw_name in the data contract.",
        )
