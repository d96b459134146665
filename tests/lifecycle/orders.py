"""A tiny case of two CSV files, for faults that are planted in real files: sixty orders of ten buyers."""

import csv
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from kedro.io import DataCatalog

from evergreen.problem import Problem
from evergreen.tables.engines import as_pandas
from evergreen.tables.gather import gather_rows
from evergreen.tables.repair import mark_rows
from evergreen.tables.settle import Settled, settle_rows
from tests.cases import stored
from tests.lifecycle.world import ROOT, World

N_ORDERS = 60
FIRST = datetime(2024, 3, 1, 9)
AS_OF = date(2024, 3, 31)
Row = dict[str, str]
Table = list[Row]

_AS_TEXT: dict[str, dict[str, Any]] = {
    "pandas": {"dtype": "str", "keep_default_na": False},
    "polars": {"infer_schema": False},
    "duckdb": {"all_varchar": True},
}
_CASE: dict[str, Any] = {
    "name": "orders",
    "goal": "Ship what is kept.",
    "decision": "Ship this order at once, or ask first.",
    "entity": "one order",
    "kind": "binary",
    "key": ["order_id"],
    "event_time": "ordered_at",
    "target": {"column": "is_returned", "classes": ["no", "yes"], "delay_days": 3},
    "sources": {"orders": {"is_spine": True}, "buyers": {"join_on": ["buyer_id"]}},
    "columns": {
        "order_id": {"type": "integer"},
        "ordered_at": {"type": "timestamp"},
        "buyer_id": {"type": "integer", "is_feature": False},
        "amount_eur": {"type": "number", "range": [0, None]},
        "n_items": {"type": "integer", "range": [1, None]},
        "channel": {"type": "category", "values": ["web", "shop"]},
        "is_gift": {"type": "boolean", "when_invalid": "blank"},
        "paid_until": {"type": "timestamp"},
        "note": {"type": "text"},
        "is_returned": {"type": "category", "values": ["no", "yes"], "known_at": "outcome"},
        "age_years": {"type": "number", "source": "buyers", "raw_name": "age", "when_invalid": "blank"},
    },
    "criteria": [{"metric": "log_loss", "versus": "no_model", "at_most": 0}],
    "limits": {"min_training_rows": 10, "min_holdout_rows": 5, "max_quarantined_share": 0.5},
    "split": {"by": "time", "new_rows_days": 4},
}


def orders() -> Table:
    """Sixty orders, one every twelve hours, without a fault."""
    return [
        {
            "order_id": str(n),
            "ordered_at": (FIRST + timedelta(hours=12 * n)).isoformat(sep=" "),
            "buyer_id": str(100 + n % 10),
            "amount_eur": f"{20 + n * 7 % 50}.50",
            "n_items": str(1 + n % 4),
            "channel": ("web", "shop")[n % 2],
            "is_gift": ("yes", "no")[n % 3 == 0],
            "paid_until": f"{FIRST + timedelta(days=30 + n):%Y-%m-%d}",
            "note": f"leave it at door {n % 5}",
            "is_returned": ("no", "yes")[n * 7 % 50 > 25],
        }
        for n in range(1, N_ORDERS + 1)
    ]


def buyers() -> Table:
    """The ten buyers."""
    return [{"buyer_id": str(100 + n), "age": str(20 + 5 * n)} for n in range(10)]


def each(**cells: str) -> Table:
    """All orders, with these cells."""
    return [{**row, **cells} for row in orders()]


def renamed(**names: str) -> Table:
    """All orders, their columns under other names."""
    return [{names.get(name, name): cell for name, cell in row.items()} for row in orders()]


def without(*names: str) -> Table:
    """All orders, without these columns."""
    return [{name: cell for name, cell in row.items() if name not in names} for row in orders()]


def planted(faults: dict[int, dict[str, str]]) -> Table:
    """All orders, some with other cells."""
    return [{**row, **faults.get(number, {})} for number, row in enumerate(orders(), start=1)]


def csv_text(rows: Table, **form: Any) -> str:
    """Write rows as a spreadsheet would."""
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n", **form)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def told(changes: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """The case as YAML tells it, with changes to its columns."""
    columns = {
        name: {"why": "For the test.", **column, **(changes or {}).get(name, {})}
        for name, column in _CASE["columns"].items()
    }
    return {**_CASE, "columns": columns}


def problem(**columns: Mapping[str, Any]) -> Problem:
    """The case, with changes to its columns."""
    return Problem.model_validate(told(columns))


def make_world(folder: Path) -> World:
    """The case as an environment of its own, its two files below the folder."""
    shutil.copytree(ROOT / "conf" / "base", folder / "conf" / "base")
    world = World(folder, "orders", folder / "raw")
    world.raw_dir.mkdir()
    env = folder / "conf" / "test"
    env.mkdir()
    (env / "globals.yml").write_text(yaml.safe_dump({"case": "orders", "data": str(world.data)}))
    world.set_parameter("as_of", str(AS_OF))
    world.set_parameter("problem", told())
    for name, rows in {"orders": orders(), "buyers": buyers()}.items():
        put(world, f"{name}.csv", csv_text(rows))
        set_entry(world, name)
    return world


def put(world: World, file: str, content: str | bytes) -> Path:
    """Write a raw file."""
    path = world.raw_dir / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def set_entry(world: World, name: str, **entry: Any) -> None:
    """Write the catalog entry of a source; where not said otherwise, that of a plain CSV file."""
    full = {"type": "pandas.CSVDataset", **entry}
    if "path" not in full:
        full.setdefault("filepath", f"${{runtime_params:raw_dir}}/{name}.csv")
    (world.folder / "conf" / "test" / f"catalog_{name}.yml").write_text(yaml.safe_dump({name: full}))


@dataclass(frozen=True)
class Treated:
    """What became of the orders of a file.

    Attributes:
        settled: the counts.
        rows: usable rows by their id.
        quarantine: the others, as text.
    """

    settled: Settled
    rows: pd.DataFrame
    quarantine: pd.DataFrame

    @property
    def reasons(self) -> dict[str, str]:
        """Raw id -> why the row cannot be used."""
        return dict(zip(self.quarantine["order_id"], self.quarantine["reasons"], strict=True))

    @property
    def n_rows_told(self) -> int:
        """All rows that are accounted for."""
        return len(self.rows) + self.settled.n_duplicates + len(self.quarantine)


def entry_of(engine: str, file: Path, load_args: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A catalog entry that reads a file on an engine; separated values as text, where not said otherwise."""
    is_csv = file.suffix == ".csv"
    args = dict((_AS_TEXT[engine] if is_csv else {}) if load_args is None else load_args)
    if engine == "pandas":
        kind = "CSVDataset" if is_csv else "ParquetDataset"
        return {"type": f"pandas.{kind}", "filepath": str(file), "load_args": args}
    kind = {"polars": "polars.EagerPolarsDataset", "duckdb": "ibis.FileDataset"}[engine]
    return {"type": kind, "filepath": str(file), "file_format": file.suffix[1:], "load_args": args}


def treat(entry: Mapping[str, Any], **columns: Mapping[str, Any]) -> Treated:
    """Read orders through the catalog, and gather, repair and settle them; columns of the contract may be changed."""
    case = problem(**columns)
    buyer_table = pd.DataFrame(buyers())
    raw = DataCatalog.from_config({"orders": dict(entry)}).load("orders")
    gathered = gather_rows(case, AS_OF, {"orders": raw, "buyers": buyer_table})
    # Computed once, as the catalog would keep it.
    marked = stored(mark_rows(gathered.rows, case))
    settled = settle_rows(marked, case)
    rows = as_pandas(settled.rows).set_index("order_id").sort_index()
    return Treated(settled, rows, as_pandas(settled.quarantine).astype("str"))
