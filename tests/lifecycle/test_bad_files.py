"""Each fault of a whole file is refused in plain words before anything is written, or is no fault."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import EvergreenError
from evergreen.hooks.plain_errors import mendable_fault
from tests.lifecycle.orders import (
    N_ORDERS,
    Table,
    buyers,
    csv_text,
    each,
    make_world,
    orders,
    planted,
    put,
    renamed,
    set_entry,
    without,
)
from tests.lifecycle.world import World

Spoil = Callable[[World], Any]
LINES = csv_text(orders()).splitlines()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The case after one run on files without a fault."""
    world = make_world(tmp_path_factory.mktemp("orders"))
    world.run("data_processing")
    return world


@pytest.fixture
def world(line: World, tmp_path: Path) -> World:
    """The same, free to be spoilt."""
    copied = World.copy(line, tmp_path)
    return World(copied.folder, copied.case, copied.folder / "raw")


def write(content: str | bytes, file: str = "orders.csv") -> Spoil:
    return lambda world: put(world, file, content)


def with_rows(changed: Table, file: str = "orders.csv") -> Spoil:
    return write(csv_text(changed), file)


def by_month(first: Table, second: Table) -> Spoil:
    def spoil(world: World) -> None:
        put(world, "months/2024-03.csv", csv_text(first[:30]))
        put(world, "months/2024-04.csv", csv_text(second[30:]))
        entry: dict[str, Any] = {"path": "${runtime_params:raw_dir}/months", "filename_suffix": ".csv"}
        set_entry(world, "orders", type="partitions.PartitionedDataset", dataset="pandas.CSVDataset", **entry)

    return spoil


def as_parquet(spoilt: Callable[[bytes], bytes]) -> Spoil:
    def spoil(world: World) -> None:
        file = world.raw_dir / "orders.parquet"
        pd.DataFrame(orders()).to_parquet(file, index=False)
        file.write_bytes(spoilt(file.read_bytes()))
        set_entry(world, "orders", type="pandas.ParquetDataset", filepath=str(file))

    return spoil


def as_gzip(spoilt: Callable[[bytes], bytes]) -> Spoil:
    def spoil(world: World) -> None:
        file = put(world, "orders.csv.gz", spoilt(gzip.compress(csv_text(orders()).encode())))
        set_entry(world, "orders", filepath=str(file))

    return spoil


def with_contract(column: str, rows: Table, **changes: Any) -> Spoil:
    def spoil(world: World) -> None:
        put(world, "orders.csv", csv_text(rows))
        case = world.parameter("problem")
        case["columns"][column].update(changes)
        world.set_parameter("problem", case)

    return spoil


FAULTS: dict[str, tuple[Spoil, str]] = {
    "a column gone": (with_rows(without("note")), "Source 'orders' lacks 'note' (it has 'order_id', "),
    "a column renamed": (
        with_rows(renamed(channel="Channel")),
        "Source 'orders' lacks 'channel' (it has 'order_id', 'ordered_at', 'buyer_id', 'amount_eur', 'n_items' and 5 "
        "more). Mend the source, or the column's raw_name",
    ),
    "a column new in one month": (
        by_month(orders(), each(colour="red")),
        "Source 'orders', partition '2024-04' differs in 'colour'. Give all partitions the same columns.",
    ),
    "a name twice in the header": (
        write("\n".join([f"{LINES[0]},amount_eur", *(f"{cells},1" for cells in LINES[1:])])),
        "Source 'orders' has 'amount_eur' more than once in its header. Give every column a name of its own",
    ),
    "a name twice in the header of one month": (
        lambda world: (
            by_month(orders(), orders())(world),
            put(world, "months/2024-04.csv", f"{LINES[0]},note\n{LINES[31]},x\n"),
        ),
        "Source 'orders', partition '2024-04' has 'note' more than once in its header.",
    ),
    "more cells than the header": (
        write("\n".join([*LINES[:5], f"{LINES[5]},x", *LINES[6:]])),
        "Dataset 'orders' has 11 cells in line 6, where 10 belong. Put cells that hold the separator into quotes",
    ),
    "more cells than the header, in one month": (
        lambda world: (
            by_month(orders(), orders())(world),
            put(world, "months/2024-04.csv", "\n".join([*LINES[:5], f"{LINES[5]},x"])),
        ),
        "Source 'orders', partition '2024-04' has 11 cells in line 6, where 10 belong.",
    ),
    "a separator at the end of each row": (
        write("\n".join([LINES[0], *(f"{cells}," for cells in LINES[1:])])),
        "Source 'orders' has 11 cells in its first row and 10 in its header. Name every cell in the first line; take",
    ),
    "another separator": (
        write("\n".join(LINES).replace(",", ";")),
        "Name its separator in load_args (sep), or mend the lines that have more or fewer cells than others.",
    ),
    "a quote that is never closed": (
        write("\n".join(LINES).replace("leave it", '"leave it', 1)),
        "Dataset 'orders' has a quote that is never closed",
    ),
    "letters of another encoding": (
        write("\n".join(LINES).replace("door", "Tür").encode("latin-1")),
        "Dataset 'orders' is not written in UTF-8. Save it as UTF-8, or name its encoding in its catalog entry",
    ),
    "letters of two bytes": (
        write("\n".join(LINES).encode("utf-16")),
        "Dataset 'orders' is not written in UTF-8. Save it as UTF-8",
    ),
    "an empty file": (write(b""), "Dataset 'orders' is empty. Look at how it was made or fetched."),
    "an empty file beside": (write(b"", "buyers.csv"), "Dataset 'buyers' is empty."),
    "a header without rows": (write(f"{LINES[0]}\n"), "Source 'orders' has no rows. Check the file or the query"),
    "one row": (
        write("\n".join(LINES[:2])),
        "Source 'orders' gives 1 usable row, fewer than the 15 that the case asks for to learn from and to judge on. "
        "Choose a later as_of, bring more data, or lower limits.min_training_rows and limits.min_holdout_rows.",
    ),
    "a Parquet file cut short": (
        as_parquet(lambda whole: whole[:-100]),
        "Dataset 'orders' is no whole Parquet file (Could not open Parquet input source",
    ),
    "a Parquet file of no bytes": (as_parquet(lambda _: b""), "Dataset 'orders' is empty."),
    "a Parquet file with a hole": (
        as_parquet(lambda whole: whole[:4] + bytes(500) + whole[504:]),
        "It was cut short or damaged: fetch or write it again.",
    ),
    "a packed file cut short": (
        as_gzip(lambda whole: whole[:-40]),
        "Dataset 'orders' is cut short or damaged (Compressed file ended before the end-of-stream marker",
    ),
    "no packed file at all": (as_gzip(gzip.decompress), "Dataset 'orders' is cut short or damaged (Not a gzipped file"),
    "points taken for decimals": (
        with_contract("amount_eur", each(amount_eur="1.250"), thousands=".", decimal=","),
        "Source 'orders' gives 'amount_eur' as numbers or times, but the contract says how the text of it is written. "
        "Have it read as text (load_args: dtype: str in pandas",
    ),
    "a column without a value, and required": (
        with_contract("n_items", each(n_items=""), is_required=True),
        "The 60 rows of 'orders' are all unusable (n_items is missing: 60 rows). Mend the data contract",
    ),
    "an outcome without a value": (
        with_rows(each(is_returned="")),
        "Target 'is_returned' has no value in any of the 60 usable rows. Choose",
    ),
    "two rows about one buyer": (
        with_rows([*buyers(), {"buyer_id": "103", "age": "99"}], "buyers.csv"),
        "Source 'buyers' has 2 rows that contradict each other (first: buyer_id=103). Keep one row for each key",
    ),
    "ids that lost their last digits": (
        with_rows([*buyers(), {"buyer_id": str(2**53 + 1), "age": "1"}, {"buyer_id": "", "age": "2"}], "buyers.csv"),
        "Source 'buyers' gives 'buyer_id' as floating point numbers whose last digits are lost (such as 900719925474",
    ),
    "a cell of ten million letters where a number belongs, in all rows": (
        with_rows([{**row, "ordered_at": "x" * 10_000_000 if n == 0 else "y"} for n, row in enumerate(orders())]),
        "as_of 2024-03-31 meets no readable event time. Choose a later as_of or check 'ordered_at'.",
    ),
    "a name of ten million letters": (
        write("x" * 10_000_000 + LINES[0] + "\n" + "\n".join(LINES[1:])),
        "Source 'orders' lacks 'order_id' (it has 'xxxx",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_one_sentence_and_the_outputs_stay_as_they_were(fault: str, world: World) -> None:
    spoil, told = FAULTS[fault]
    spoil(world)
    before = world.files()
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Kedro wraps it in errors of its own
        world.run("data_processing")
    found = mendable_fault(caught.value)
    assert isinstance(found, EvergreenError), caught.value
    assert told in str(found)
    assert len(str(found)) < 600
    assert world.files() == before


def test_a_column_that_nobody_asked_for_is_left_alone(line: World, world: World) -> None:
    put(world, "orders.csv", csv_text(each(colour="red")))
    world.run("data_processing")
    assert {**world.files()} == {**line.files()}


def test_months_of_different_types_agree_and_lose_nothing(line: World, world: World) -> None:
    rows = orders()
    for row in rows[:30]:
        row["n_items"] += ".0"
    by_month(rows, planted({31: {"n_items": "two"}, 32: {"amount_eur": "n/a"}}))(world)
    world.run("data_processing")
    quarantine = world.table("03_primary", "quarantine.parquet")
    assert quarantine[["order_id", "reasons"]].to_numpy().tolist() == [["31", "n_items is no number"]]
    expected = line.table("03_primary", "repaired.parquet").set_index("order_id").drop(31)
    expected.loc[32, "amount_eur"] = np.nan
    found = world.table("03_primary", "repaired.parquet").set_index("order_id").sort_index()
    pd.testing.assert_frame_equal(found, expected.sort_index())


def test_a_column_without_any_value_is_empty_and_no_fault(world: World) -> None:
    put(world, "orders.csv", csv_text(each(note="", paid_until="", amount_eur="")))
    world.run("data_processing")
    rows = world.table("03_primary", "repaired.parquet")
    assert len(rows) == N_ORDERS
    assert rows[["note", "paid_until", "amount_eur"]].isna().all(axis=None)
