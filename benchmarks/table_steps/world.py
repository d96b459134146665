"""The tables of the measurement: decisions, clients, and rates by day, with flaws of every kind; 20 columns in all."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator, default_rng

CHUNK = 1_000_000
_SECONDS = 3 * 365 * 24 * 3600
_START = np.datetime64("2020-01-01T00:00:00", "s")
_JOBS = ["nurse", "clerk", "Teacher ", "DRIVER", "cook", "unknown", "office  worker", "pilot"]
_CHANNELS = ["web", "Phone", " shop", "agent", "e-mail", "mail"]
_REGIONS = [f"region {n}" for n in range(40)]
_PRODUCTS = [f"Product {n}" for n in range(200)]


def fabricate(folder: Path, n_rows: int, *, random_state: int = 7) -> None:
    """Write the three sources.

    Args:
        folder: where ``orders.parquet``, ``clients.parquet`` and ``rates.parquet`` go.
        n_rows: number of decisions; there are a tenth as many clients.
        random_state: seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = default_rng(random_state)
    n_clients = max(n_rows // 10, 10)
    writer: pq.ParquetWriter | None = None
    for start in range(0, n_rows, CHUNK):
        table = _orders(draw, start, min(CHUNK, n_rows - start), n_clients)
        writer = writer or pq.ParquetWriter(folder / "orders.parquet", table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    pq.write_table(_clients(draw, n_clients), folder / "clients.parquet")
    pq.write_table(_rates(draw), folder / "rates.parquet")


def _orders(draw: Generator, start: int, n: int, n_clients: int) -> pa.Table:
    ids = np.arange(start, start + n, dtype="int64")
    # One row in a hundred is a second copy of the row before; one in a thousand has a key of another row.
    copies = np.flatnonzero(draw.random(n) < 0.01)
    copies = copies[copies > 0]
    source = np.arange(n)
    source[copies] = copies - 1
    ids[draw.random(n) < 0.001] -= 1
    columns = {
        "order_id": np.maximum(ids, 0),
        "client_id": draw.integers(0, n_clients, n),
        "ordered_at": _START + draw.integers(0, _SECONDS, n).astype("timedelta64[s]"),
        "price": np.where(draw.random(n) < 0.01, 99999.0, draw.gamma(2.0, 40.0, n).round(2)),
        "n_items": np.where(draw.random(n) < 0.003, -1, draw.integers(1, 20, n)),
        "discount": np.where(draw.random(n) < 0.02, np.nan, draw.random(n)),
        "weight_kg": draw.lognormal(0, 1, n),
        "distance_km": np.where(draw.random(n) < 0.002, 50000.0, draw.exponential(300, n)),
        "n_visits": draw.poisson(3, n),
        "channel": np.array(_CHANNELS)[draw.integers(0, len(_CHANNELS), n)],
        "region": np.array(_REGIONS)[draw.integers(0, len(_REGIONS), n)],
        "product": np.array(_PRODUCTS)[draw.integers(0, len(_PRODUCTS), n)],
        "is_gift": np.array(["yes", "No", "TRUE", "f"])[draw.integers(0, 4, n)],
        "was_returned": np.where(draw.random(n) < 0.02, None, np.array(["no", "yes"])[draw.integers(0, 2, n)]),
    }
    return pa.table({name: pa.array(cells[source]) for name, cells in columns.items()})


def _clients(draw: Generator, n: int) -> pa.Table:
    return pa.table(
        {
            "client_id": np.arange(n, dtype="int64"),
            "age_years": np.where(draw.random(n) < 0.002, 199, draw.integers(18, 95, n)),
            "sex": np.array(["female", "male", "F", "unknown"])[draw.integers(0, 4, n)],
            "job": np.array(_JOBS)[draw.integers(0, len(_JOBS), n)],
            "balance_eur": np.where(draw.random(n) < 0.01, -999999.0, draw.normal(1000, 3000, n)),
        }
    )


def _rates(draw: Generator) -> pa.Table:
    days = np.arange(np.datetime64("2019-12-01"), np.datetime64("2023-01-10"))
    return pa.table(
        {
            "published_on": pa.array(days.astype("datetime64[s]")),
            "rate_pct": draw.normal(2, 0.5, len(days)),
            "confidence": draw.normal(0, 10, len(days)),
        }
    )
