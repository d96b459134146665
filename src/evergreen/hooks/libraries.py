"""Which library's tables a dataset reads and writes, and that those of one run fit together."""

from typing import Any

from evergreen.errors import CaseError

# Written by the engine of the run, read in pandas by everything after it: its type says which engine that is.
_OF_THE_ENGINE = "training@table"
_ENGINES = {"polars": "Polars", "ibis": "DuckDB", "spark": "Spark"}
_PANDAS = "pandas"


def library_of(kind: type) -> str:
    """Name the library that a kind of dataset belongs to.

    Args:
        kind: the class of a dataset.

    Returns:
        ``pandas``, ``polars``, ``ibis``, ``spark``, ...: the folder of kedro-datasets; empty for all other classes.
    """
    package, _, module = kind.__module__.partition(".")
    return module.partition(".")[0] if package == "kedro_datasets" else ""


def refuse_mixed_engines(spine: str, catalog: Any) -> None:
    """Refuse a case whose decisions are read by another library than the one that keeps the tables made of them.

    Args:
        spine: the source with one row per decision.
        catalog: the catalog of the run.

    Raises:
        CaseError: naming the entry to be moved.
    """
    if spine not in catalog or _OF_THE_ENGINE not in catalog:
        return
    source, table = _uncached(catalog.get(spine)), _uncached(catalog.get(_OF_THE_ENGINE))
    # What is in memory was put there by whom it will suit.
    if source._EPHEMERAL or table._EPHEMERAL:
        return
    kind, table_kind = _kind_of_tables(source), _kind_of_tables(table)
    reads, keeps = library_of(kind), library_of(table_kind)
    if _ENGINES.get(reads) == _ENGINES.get(keeps):
        return
    reader, keeper = _ENGINES.get(reads, _PANDAS), _ENGINES.get(keeps, _PANDAS)
    finding = f"is read by {reader} ({_told(kind)}), while {keeper} keeps the tables that are made of its rows"
    moved = (
        f"Add its entry as {_told(table_kind)} to a catalog file of the engine's folder, as docs/how-to/scale.md "
        "shows, or run the case without the engine."
    )
    over = "Run it over the engine's environment (--env CASE,ENGINE, see docs/how-to/scale.md), or read it by pandas."
    raise CaseError(f"Source '{spine}'", finding, moved if keeps in _ENGINES else over)


def _told(kind: type) -> str:
    return f"{library_of(kind)}.{kind.__name__}".removeprefix(".")


def _uncached(dataset: Any) -> Any:
    return getattr(dataset, "_dataset", dataset)


def _kind_of_tables(dataset: Any) -> type:
    parts: type = getattr(dataset, "_dataset_type", type(dataset))
    return parts
