"""The same tables by a Polars script, as one would write it for this case alone."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.table_steps.measure import measured

AS_OF_END = datetime(2022, 12, 31, 23, 59, 59, 999999)
NEW_AFTER = AS_OF_END - timedelta(days=30)
DELAY = timedelta(days=14)
SPACES = r"[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+"

COLUMNS = (
    "order_id", "client_id", "ordered_at", "price", "n_items", "discount", "weight_kg", "distance_km", "n_visits",
    "channel", "region", "product", "is_gift", "was_returned", "age_years", "sex", "job", "balance_eur", "rate_pct",
    "confidence",
)  # fmt: skip
NUMBERS = {
    "order_id": (0, None), "client_id": (None, None), "price": (0, 10000), "n_items": (0, 100), "discount": (0, 1),
    "weight_kg": (0, None), "distance_km": (0, 20000), "n_visits": (0, 1000), "age_years": (18, 100),
    "balance_eur": (-100000, None), "rate_pct": (-5, 25), "confidence": (-100, 100),
}  # fmt: skip
INTEGERS = {"order_id", "client_id", "n_items", "n_visits", "age_years"}
SENTINELS = {"price": 99999.0, "balance_eur": -999999.0}
WORDS = ("channel", "region", "product", "is_gift", "was_returned", "sex", "job")
SYNONYMS = {
    "channel": {"e-mail": "mail"},
    "is_gift": {"yes": "true", "t": "true", "y": "true", "1": "true", "no": "false", "f": "false", "n": "false",
                "0": "false"},
    "sex": {"f": "female"},
    "job": {"office worker": "clerk"},
}  # fmt: skip
ALLOWED = {
    "channel": ["web", "phone", "shop", "agent", "mail"],
    "is_gift": ["true", "false"],
    "was_returned": ["no", "yes"],
    "sex": ["female", "male"],
    "job": ["nurse", "clerk", "teacher", "driver", "cook"],
}
TEXT_SENTINELS = {"sex": "unknown", "job": "unknown"}
QUARANTINED = {"order_id", "client_id", "ordered_at", "n_items", "was_returned", "age_years"}
REQUIRED = ("order_id", "ordered_at")


def gather(raw: Path) -> pl.LazyFrame:
    """Join the sources as of each decision."""
    orders = pl.scan_parquet(raw / "orders.parquet").with_columns(pl.col("ordered_at").cast(pl.Datetime("us")))
    rates = pl.scan_parquet(raw / "rates.parquet").with_columns(pl.col("published_on").cast(pl.Datetime("us")))
    rows = orders.filter(pl.col("ordered_at").is_null() | (pl.col("ordered_at") <= AS_OF_END))
    rows = rows.join(pl.scan_parquet(raw / "clients.parquet"), on="client_id", how="left")
    rows = rows.sort("ordered_at").join_asof(
        rates.sort("published_on"), left_on="ordered_at", right_on="published_on", strategy="backward"
    )
    is_known = pl.col("ordered_at") <= AS_OF_END - DELAY
    return rows.with_columns(pl.when(is_known).then("was_returned").alias("was_returned")).select(COLUMNS)


def mark(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Repair cells; keep the raw ones as ``raw_``, count what changed as ``rule_``, and tell the reasons."""
    raw = [pl.col(name).alias(f"raw_{name}") for name in COLUMNS]
    plain = [
        pl.col(name).str.to_lowercase().str.replace_all(SPACES, " ").str.strip_chars(" ").alias(name) for name in WORDS
    ]
    marked = rows.with_columns(*raw).with_columns(
        *plain, *(pl.col(name).cast(pl.Float64).fill_nan(None) for name in NUMBERS)
    )
    changed = [(pl.col(name).ne_missing(pl.col(f"raw_{name}"))).alias(f"rule_{name}_canonical_text") for name in WORDS]
    marked = marked.with_columns(*changed, *(pl.col(name).replace(words) for name, words in SYNONYMS.items()))
    marked = marked.with_columns(
        (pl.col("channel") != pl.col("raw_channel").str.to_lowercase().str.strip_chars()).alias("rule_channel_synonym"),
        (pl.col("raw_sex").str.to_lowercase() == "f").alias("rule_sex_synonym"),
        pl.col("raw_job").str.to_lowercase().str.contains(r"^office\s+worker$").alias("rule_job_synonym"),
    )
    sentinels = {name: pl.col(name) == word for name, word in (TEXT_SENTINELS | SENTINELS).items()}
    marked = marked.with_columns(is_one.alias(f"rule_{name}_sentinel") for name, is_one in sentinels.items())
    marked = marked.with_columns(
        pl.when(~pl.col(f"rule_{name}_sentinel")).then(pl.col(name)).alias(name) for name in sentinels
    )
    faults = dict(_faults())
    marked = marked.with_columns(
        fault.fill_null(value=False).alias(f"fault_{key}") for key, (fault, _) in faults.items()
    )
    blanked = {
        name: [key for key in faults if key.startswith(f"{name}:")] for name in COLUMNS if name not in QUARANTINED
    }
    marked = marked.with_columns(
        pl.when(~pl.any_horizontal(f"fault_{key}" for key in keys)).then(pl.col(name)).alias(name)
        for name, keys in blanked.items()
        if keys
    )
    bad = [key for key in faults if key.split(":")[0] in QUARANTINED]
    told = [pl.when(pl.col(f"fault_{key}")).then(pl.lit(faults[key][1])) for key in bad]
    reasons = pl.concat_str(told, separator="; ", ignore_nulls=True)
    return marked.with_columns(pl.when(pl.any_horizontal(f"fault_{key}" for key in bad)).then(reasons).alias("reasons"))


def _faults() -> list[tuple[str, tuple[pl.Expr, str]]]:
    found: list[tuple[str, tuple[pl.Expr, str]]] = []
    for name in COLUMNS:
        if name in NUMBERS:
            low, high = NUMBERS[name]
            found.append((f"{name}:inf", (pl.col(name).is_infinite(), f"{name} is not finite")))
            if name in INTEGERS:
                found.append((f"{name}:whole", (pl.col(name) > pl.col(name).floor(), f"{name} is no whole number")))
            if low is not None:
                found.append((f"{name}:low", (pl.col(name) < low, f"{name} is below {low}")))
            if high is not None:
                found.append((f"{name}:high", (pl.col(name) > high, f"{name} is above {high}")))
        if name in ALLOWED:
            odd = ~pl.col(name).is_in(ALLOWED[name])
            found.append((f"{name}:odd", (odd, f"{name} is not an allowed value")))
        if name in REQUIRED:
            found.append((f"{name}:missing", (pl.col(name).is_null(), f"{name} is missing")))
    return found


def settle(marked: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Part usable rows, unusable ones and the counts."""
    usable = marked.filter(pl.col("reasons").is_null()).select(COLUMNS)
    usable = usable.with_columns(pl.col("order_id").cast(pl.Int64))
    is_shared = usable["order_id"].is_duplicated()
    different = usable.filter(is_shared).unique()
    is_conflict = different["order_id"].is_duplicated()
    repaired = pl.concat([usable.filter(~is_shared), different.filter(~is_conflict)])
    conflicts = different.filter(is_conflict).with_columns(
        pl.lit("key order_id is shared by different rows").alias("reasons")
    )
    bad = marked.filter(pl.col("reasons").is_not_null())
    raw = bad.select(*(pl.col(f"raw_{name}").alias(name) for name in COLUMNS), "reasons")
    quarantine = pl.concat([raw.cast(pl.String), conflicts.cast(pl.String)])
    rules = [name for name in marked.columns if name.startswith("rule_")]
    rules += [f"fault_{key}" for key, _ in _faults() if key.split(":")[0] not in QUARANTINED]
    return repaired, quarantine, marked.select(pl.col(rules).sum()).unpivot()


def split(repaired: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the rows that are learnt from and those that are judged on."""
    past = repaired.filter(pl.col("was_returned").is_not_null() & (pl.col("ordered_at") <= NEW_AFTER))
    times = past["ordered_at"].sort()
    start = times[int(len(times) * 0.8)]
    holdout = past.filter(pl.col("ordered_at") >= start).sort("ordered_at", "order_id")
    training = past.filter(pl.col("ordered_at") <= start - DELAY).sort("ordered_at", "order_id")
    return training, holdout


def main(raw: Path, data: Path) -> None:
    """Make the tables once and print what they cost.

    Args:
        raw: the folder of the sources.
        data: where tables go.
    """
    with measured():
        repaired, quarantine, repairs = settle(mark(gather(raw)).collect())
        training, holdout = split(repaired)
        data.mkdir(parents=True, exist_ok=True)
        tables = {"repaired": repaired, "quarantine": quarantine, "repairs": repairs}
        for name, table in {**tables, "training": training, "holdout": holdout}.items():
            table.write_parquet(data / f"{name}.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
