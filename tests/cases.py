"""Small business cases and tables whose truth is known, for the tests of every stage.

``binary_case``, ``multiclass_case`` and ``regression_case`` are valid as they stand. Each takes changes by dotted path,
``binary_case({"split.holdout_share": 0.5, "payoff": GONE})``: a value replaces what stands there, ``GONE`` removes it.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from math import isnan
from typing import Any, Final, Literal

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from evergreen.problem import Column, Kind, Problem

GONE: Final = object()
Library = Literal["pandas", "polars", "duckdb", "spark"]
LIBRARIES: tuple[Library, ...] = ("pandas", "polars", "duckdb")
IN_MEMORY: tuple[Library, ...] = ("pandas", "polars")
FIRST_DAY = pd.Timestamp("2020-01-01")
_WHY = "For the test."

_BINARY: dict[str, Any] = {
    "name": "calls",
    "goal": "Sell deposits by phone.",
    "decision": "Call this client or skip the call.",
    "entity": "one planned call",
    "kind": "binary",
    "key": ["call_id"],
    "event_time": "called_at",
    "target": {"column": "bought", "classes": ["no", "yes"], "delay_days": 10},
    "sources": {
        "calls": {"is_spine": True},
        "clients": {"join_on": ["client_id"]},
        "rates": {"known_since": "published_on"},
        "notes": {"join_on": ["client_id"], "known_since": "written_at"},
    },
    "columns": {
        "call_id": {"type": "integer"},
        "client_id": {"type": "integer", "is_feature": False},
        "called_at": {"type": "timestamp"},
        "channel": {
            "type": "category",
            "values": ["mobile", "landline"],
            "synonyms": {"cell phone": "mobile"},
            "sentinels": ["unknown"],
            "when_invalid": "blank",
        },
        "n_calls_before": {"type": "integer", "range": [0, 50], "sentinels": [999], "unit": "calls"},
        "duration_seconds": {"type": "number", "range": [0, None], "known_at": "outcome", "when_invalid": "blank"},
        "bought": {"type": "category", "values": ["no", "yes"], "known_at": "outcome"},
        "age_years": {"type": "number", "source": "clients", "raw_name": "age", "range": [18, 100], "unit": "years"},
        "sex": {"type": "category", "source": "clients", "values": ["female", "male"], "is_sensitive": True},
        "is_owner": {"type": "boolean", "source": "clients", "when_invalid": "blank"},
        "rate_pct": {"type": "number", "source": "rates", "unit": "percent", "when_invalid": "blank"},
        "note": {"type": "text", "source": "notes"},
    },
    "payoff": {"unit": "EUR", "actions": {"call": {"no": -2, "yes": 8}, "skip": {"no": 0, "yes": 0}}},
    "rules": [
        {
            "name": "call_known",
            "action": "call",
            "when": {"column": "n_calls_before", "at_least": 1},
            "otherwise": "skip",
        }
    ],
    "criteria": [{"metric": "payoff_per_decision", "versus": "no_model", "at_least": 0, "unit": "EUR"}],
    "limits": {"min_training_rows": 10, "min_holdout_rows": 5},
    "split": {"by": "time", "new_rows_days": 7},
}

_MULTICLASS: dict[str, Any] = {
    "name": "beans",
    "goal": "Sort beans by variety.",
    "decision": "Choose the box of a bean.",
    "entity": "one bean",
    "kind": "multiclass",
    "key": ["bean_id"],
    "target": {"column": "variety", "classes": ["black", "red", "white"]},
    "sources": {"beans": {"is_spine": True}},
    "columns": {
        "bean_id": {"type": "category"},
        "area_mm2": {"type": "number", "range": [0, None], "unit": "mm2"},
        "colour": {"type": "category", "values": ["dark", "light"]},
        "variety": {"type": "category", "values": ["black", "red", "white"], "known_at": "outcome"},
    },
    "payoff": {
        "unit": "cent",
        "actions": {
            "sell": {"black": 3, "red": 1, "white": -4},
            "mix": {"black": 1, "red": 1, "white": 1},
        },
    },
    "criteria": [{"metric": "log_loss", "versus": "no_model", "at_most": 0}],
    "limits": {"min_training_rows": 10, "min_holdout_rows": 5},
    "split": {"by": "random", "new_rows_share": 0.2},
}

_REGRESSION: dict[str, Any] = {
    "name": "rentals",
    "goal": "Have enough bicycles and not too many.",
    "decision": "How many bicycles to keep ready in the hour.",
    "entity": "one hour",
    "kind": "regression",
    "key": ["hour_id"],
    "event_time": "starts_at",
    "target": {"column": "n_rentals", "delay_days": 1},
    "sources": {"hours": {"is_spine": True}},
    "columns": {
        "hour_id": {"type": "integer"},
        "starts_at": {"type": "timestamp"},
        "temperature_c": {"type": "number", "range": [-50, 60], "unit": "degrees"},
        "planned_bikes": {"type": "number", "unit": "bikes"},
        "is_holiday": {"type": "boolean"},
        "n_rentals": {"type": "number", "range": [0, None], "unit": "bikes", "known_at": "outcome"},
    },
    "payoff": {"unit": "EUR", "under_per_unit": 3, "over_per_unit": 1},
    "rules": [{"name": "as_planned", "column": "planned_bikes"}],
    "criteria": [{"metric": "mae", "at_most": 20, "unit": "bikes"}],
    "limits": {"min_training_rows": 10, "min_holdout_rows": 5},
    "split": {"by": "time", "new_rows_days": 7},
}

_TOLD: dict[Kind, dict[str, Any]] = {"binary": _BINARY, "multiclass": _MULTICLASS, "regression": _REGRESSION}


def told(kind: Kind, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A case as YAML would tell it, with changes by dotted path."""
    case = deepcopy(_TOLD[kind])
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        place = case
        for name in parents:
            place = place[name]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    for column in case["columns"].values():
        column.setdefault("why", _WHY)
    return case


def binary_case(changes: Mapping[str, Any] | None = None) -> Problem:
    """Calls to clients, by time: four sources, a column of every type, outcomes ten days late."""
    return Problem.model_validate(told("binary", changes))


def multiclass_case(changes: Mapping[str, Any] | None = None) -> Problem:
    """Beans of three varieties, at random: no time, a word as key."""
    return Problem.model_validate(told("multiclass", changes))


def regression_case(changes: Mapping[str, Any] | None = None) -> Problem:
    """Rentals by the hour, by time: a quantity is decided, and somebody plans it already."""
    return Problem.model_validate(told("regression", changes))


def column_case(columns: Mapping[str, Mapping[str, Any]]) -> Problem:
    """Calls with these columns besides the key, the time, the client and the target, all from one source."""
    kept = ("call_id", "client_id", "called_at", "bought")
    base = {name: column for name, column in told("binary")["columns"].items() if name in kept}
    added = {name: dict(column) for name, column in columns.items()}
    changes = {"columns": {**base, **added}, "sources": {"calls": {"is_spine": True}}, "rules": []}
    return binary_case(changes)


def call_sources() -> dict[str, pd.DataFrame]:
    """Raw sources of ``binary_case``: five calls, three clients, revised rates and notes; see ``CALLS_GATHERED``."""
    return {
        "calls": pd.DataFrame(
            {
                "call_id": [1, 2, 3, 4, 5],
                "client_id": [10, 11, 10, 12, 99],
                "called_at": ["2020-01-05", "2020-01-10 12:00:00", "2020-02-01", "2020-03-01", "2020-03-08"],
                "channel": ["mobile", "CELL  phone", "landline", "unknown", "mobile"],
                "n_calls_before": [0, 3, 1, 999, 0],
                "duration_seconds": [60.0, 5.0, 240.0, 30.0, 12.0],
                "bought": ["no", "yes", "no", "yes", "no"],
            }
        ),
        "clients": pd.DataFrame(
            {
                "client_id": [10, 11, 12],
                "age": [30.0, 40.0, 50.0],
                "sex": ["female", "male", "female"],
                "is_owner": ["yes", "no", "y"],
            }
        ),
        "rates": pd.DataFrame(
            {
                "published_on": ["2020-01-06", "2020-02-01", "2020-03-02"],
                "rate_pct": [1.5, 1.25, 1.0],
            }
        ),
        "notes": pd.DataFrame(
            {
                "client_id": [10, 10, 11, 10],
                "written_at": ["2020-01-01", "2020-01-20", "2020-01-10 12:00:00", "2020-02-02"],
                "note": ["friendly", "in a hurry", "call again", "moved away"],
            }
        ),
    }


# What each call of ``call_sources`` could know when it was made.
CALLS_GATHERED: dict[str, list[Any]] = {
    "call_id": [1, 2, 3, 4, 5],
    "age_years": [30.0, 40.0, 30.0, 50.0, None],
    "is_owner": ["yes", "no", "yes", "y", None],
    "rate_pct": [None, 1.5, 1.25, 1.25, 1.0],
    "note": ["friendly", "call again", "in a hurry", None, None],
}


def repaired_rows(problem: Problem, n_rows: int, *, seed: int = 7) -> pd.DataFrame:
    """Rows that keep the contract, one every six hours; the first number among the features tells the outcome."""
    rng = np.random.default_rng(seed)
    cells = {name: _cells(column, n_rows, rng) for name, column in problem.columns.items()}
    for name in problem.key:
        number = np.arange(1, n_rows + 1)
        cells[name] = number if problem.columns[name].is_numeric else [f"row {n}" for n in number]
    if problem.event_time is not None:
        cells[problem.event_time] = (FIRST_DAY + pd.to_timedelta(np.arange(n_rows) * 6, unit="h")).as_unit("us")
    driver = next(name for name, column in problem.feature_columns.items() if column.is_numeric)
    rank = pd.Series(cells[driver]).rank(pct=True).to_numpy() + rng.normal(0, 0.2, n_rows)
    return pd.DataFrame(cells | {problem.target.column: _outcomes(problem, rank)})


def _cells(column: Column, n_rows: int, rng: np.random.Generator) -> Any:
    low, high = column.range or (0, 1000)
    low = low if low is not None else 0
    high = high if high is not None else low + 1000
    if column.type == "integer":
        return rng.integers(int(low), int(high), n_rows, endpoint=True).astype(float)
    if column.type == "number":
        return rng.uniform(low, high, n_rows)
    if column.type == "timestamp":
        return (FIRST_DAY - pd.to_timedelta(rng.integers(1, 900, n_rows), unit="D")).as_unit("us")
    words = ("true", "false") if column.type == "boolean" else column.values or ("some", "words", "here")
    return pd.Series(rng.choice(words, n_rows), dtype="str")


def _outcomes(problem: Problem, rank: Any) -> Any:
    if not problem.is_classification:
        return 100 * np.clip(rank, 0, None)
    classes = np.array(problem.target.classes)
    position = np.clip((rank * len(classes)).astype(int), 0, len(classes) - 1)
    return pd.Series(classes[position], dtype="str")


def table_of(data: Mapping[str, Iterable[Any]] | pd.DataFrame, library: Library) -> nw.DataFrame[Any]:
    """The same small table in a library that keeps tables in memory."""
    if library == "pandas":
        return nw.from_native(pd.DataFrame(data), eager_only=True)
    import polars as pl

    columns = data.to_dict("list") if isinstance(data, pd.DataFrame) else data
    cells = {name: [None if _is_missing(cell) else cell for cell in column] for name, column in columns.items()}
    return nw.from_native(pl.DataFrame(cells), eager_only=True)


def frame_of(data: Mapping[str, Iterable[Any]] | pd.DataFrame, library: Library) -> nw.LazyFrame[Any]:
    """The same small table on any engine; Spark only in tests marked so."""
    if library in IN_MEMORY:
        return table_of(data, library).lazy()
    arrow = table_of(data, "polars").to_arrow()
    if library == "spark":
        from pyspark.sql import SparkSession

        return nw.from_native(SparkSession.active().createDataFrame(arrow)).lazy()
    import ibis

    return nw.from_native(ibis.memtable(arrow)).lazy()


def stored(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The same table computed once, as the catalog would hand it on; its rows in no certain order."""
    if frame.implementation.is_pandas():
        return frame
    arrow = frame.collect("pyarrow").to_native()
    if frame.implementation.is_spark_like():
        return nw.from_native(frame.to_native().sparkSession.createDataFrame(arrow)).lazy()
    if frame.implementation.is_polars():
        import polars as pl

        return nw.from_native(pl.from_arrow(arrow)).lazy()
    import ibis

    return nw.from_native(ibis.memtable(arrow)).lazy()


def plain(table: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> dict[str, list[Any]]:
    """The cells of a table of any engine as plain values; whatever is missing is None."""
    if isinstance(table, nw.LazyFrame):
        table = table.collect() if table.implementation.is_pandas() else table.collect("pyarrow")
    return {name: [None if _is_missing(cell) else cell for cell in table[name].to_list()] for name in table.columns}


def rows_of(table: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """The rows of a table of any engine; lazy engines give them in no certain order."""
    columns = plain(table)
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is pd.NaT or (isinstance(cell, float) and isnan(cell))
