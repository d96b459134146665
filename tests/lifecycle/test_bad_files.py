"""Each fault a file can have is refused in plain words before anything is written, or treated, counted and kept."""

import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import EvergreenError
from evergreen.hooks.plain_errors import mendable_fault
from evergreen.models.features import feature_frame, linear_features, tree_features
from tests.lifecycle.orders import (
    N_ORDERS,
    Table,
    Treated,
    buyers,
    csv_text,
    entry_of,
    make_world,
    orders,
    problem,
    put,
    set_entry,
    treat,
)
from tests.lifecycle.world import World

Spoil = Callable[[World], Any]
ENGINES = ("pandas", "polars", "duckdb")
LINES = csv_text(orders()).splitlines()
ON_ALL = pytest.mark.parametrize("engine", ENGINES)


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


def each(**cells: str) -> Table:
    """All orders, with these cells."""
    return [{**row, **cells} for row in orders()]


def renamed(**names: str) -> Table:
    return [{names.get(name, name): cell for name, cell in row.items()} for row in orders()]


def without(*names: str) -> Table:
    return [{name: cell for name, cell in row.items() if name not in names} for row in orders()]


def planted(faults: dict[int, dict[str, str]]) -> Table:
    """All orders, some with other cells."""
    return [{**row, **faults.get(number, {})} for number, row in enumerate(orders(), start=1)]


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
        "Target 'is_returned' has no value in any of the usable rows.",
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


# Order -> its cells and why it cannot be used; "" where it can.
PLANTED: dict[int, tuple[dict[str, str], str]] = {
    1: ({"order_id": ""}, "order_id is missing"),
    2: ({"order_id": "second"}, "order_id is no number"),
    3: ({"order_id": str(2**53 + 1)}, "order_id is too large to be exact"),
    4: ({"order_id": "1" + "0" * 400}, "order_id is not finite"),
    5: ({"order_id": "6"}, "key order_id is shared by different rows"),
    6: ({}, "key order_id is shared by different rows"),
    8: ({**orders()[8]}, "a copy of 9"),
    10: ({"ordered_at": ""}, "ordered_at is missing"),
    11: ({"ordered_at": "06.03.2024 09:00"}, "ordered_at is no date or time"),
    12: ({"ordered_at": "03/07/2024"}, "ordered_at is no date or time"),
    13: ({"ordered_at": "2024-02-30"}, "ordered_at is no date or time"),
    14: ({"ordered_at": "2024-03-08T09:00:00Z"}, ""),
    15: ({"ordered_at": "2024-03-08T09:00:00+02:00"}, "ordered_at has a time zone other than UTC"),
    16: ({"ordered_at": "0001-01-01"}, ""),
    17: ({"paid_until": "9999-12-31"}, ""),
    18: ({"paid_until": "0000-00-00"}, "paid_until is no date or time"),
    19: ({"amount_eur": "1,234.50"}, "amount_eur is no number"),
    20: ({"amount_eur": "12,5"}, "amount_eur is no number"),
    21: ({"amount_eur": "inf"}, "amount_eur is no number"),
    22: ({"amount_eur": "-Infinity"}, "amount_eur is no number"),
    23: ({"amount_eur": "1e999"}, "amount_eur is not finite"),
    24: ({"amount_eur": "0x1F"}, "amount_eur is no number"),
    25: ({"amount_eur": "\uff11\uff12"}, "amount_eur is no number"),
    26: ({"amount_eur": " +1.5e1 "}, ""),
    27: ({"n_items": "2.5"}, "n_items is no whole number"),
    28: ({"n_items": "0", "channel": "phone"}, "n_items is below 1; channel is not an allowed value"),
    29: ({"channel": "  WEB\t"}, ""),
    30: ({"channel": "we\x07b"}, "channel is not an allowed value"),
    31: ({"is_gift": "perhaps"}, ""),
    32: ({"note": 'two\nlines, "quoted"; and\r\na third'}, ""),
    33: ({"note": ""}, ""),
    34: ({"note": "\x01\x02 bell \x07"}, ""),
    35: ({"is_returned": "maybe"}, "is_returned is not an allowed value"),
}
FALLEN = {number: reason for number, (_, reason) in PLANTED.items() if reason and not reason.startswith("a copy")}


@pytest.fixture(scope="module", params=ENGINES)
def treated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Treated:
    """One file with every fault of a row, read by each engine."""
    file = tmp_path_factory.mktemp("planted") / "orders.csv"
    file.write_bytes(csv_text(planted({number: cells for number, (cells, _) in PLANTED.items()})).encode())
    return treat(entry_of(request.param, file))


def test_every_row_is_used_set_aside_or_a_copy(treated: Treated) -> None:
    assert (len(treated.rows), treated.settled.n_duplicates, len(treated.quarantine)) == (
        N_ORDERS - len(FALLEN) - 1,
        1,
        len(FALLEN),
    )
    assert treated.settled.n_rows == N_ORDERS


def test_each_unusable_row_has_its_reason(treated: Treated) -> None:
    # The notes were left alone: with the time of the order they tell the rows apart.
    found = treated.quarantine.set_index(["buyer_id", "paid_until", "note"])["reasons"].to_dict()
    expected = {}
    for number, reason in FALLEN.items():
        cells = {**orders()[number - 1], **PLANTED[number][0]}
        day = f"{cells['paid_until']} 00:00:00" if "shared" in reason else cells["paid_until"]
        expected[cells["buyer_id"], day, cells["note"]] = reason
    assert found == expected


def test_raw_cells_stay_as_they_came(treated: Treated) -> None:
    kept = treated.quarantine.set_index("reasons")
    assert kept.loc["order_id is too large to be exact", "order_id"] == "9007199254740993"
    assert kept.loc["ordered_at has a time zone other than UTC", "ordered_at"] == "2024-03-08T09:00:00+02:00"
    assert "\uff11\uff12" in set(kept["amount_eur"])


@pytest.mark.parametrize(
    ("number", "column", "value"),
    [
        (14, "ordered_at", datetime(2024, 3, 8, 9)),
        (16, "ordered_at", datetime(1, 1, 1)),
        (17, "paid_until", datetime(9999, 12, 31)),
        (26, "amount_eur", 15.0),
        (29, "channel", "web"),
        (31, "is_gift", None),
        (32, "note", 'two\nlines, "quoted"; and\r\na third'),
        (33, "note", None),
        (34, "note", "\x01\x02 bell \x07"),
    ],
)
def test_what_can_be_read_is_read(treated: Treated, number: int, column: str, value: Any) -> None:
    cell = treated.rows.loc[number, column]
    assert pd.isna(cell) if value is None else cell == value


def test_changed_cells_are_counted(treated: Treated) -> None:
    repairs = {pair: n for pair, n in treated.settled.repairs.items() if pair[0] != "note"}
    assert repairs == {("channel", "canonical_text"): 1, ("is_gift", "blanked: is not an allowed value"): 1}


def test_the_run_writes_down_where_every_row_went(world: World) -> None:
    put(world, "orders.csv", csv_text(planted({number: cells for number, (cells, _) in PLANTED.items()})))
    set_entry(world, "orders", load_args={"dtype": "str", "keep_default_na": False})
    world.run("data_processing")
    ledger = world.table("03_primary", "row_ledger.parquet").set_index(["stage", "what"])["n_rows"]
    assert ledger["gathered", "gathered"] == ledger["repaired", "in"] == N_ORDERS
    assert ledger["repaired", "quarantined"] == len(FALLEN) == len(world.table("03_primary", "quarantine.parquet"))
    assert ledger["repaired", "duplicates"] == 1
    assert ledger["repaired", "repaired"] == len(world.table("03_primary", "repaired.parquet"))


def file_of(folder: Path, rows: Table, **form: Any) -> Path:
    file = folder / "orders.csv"
    file.write_bytes(csv_text(rows, **form).encode())
    return file


@ON_ALL
@pytest.mark.parametrize("quoting", [0, 1], ids=["bare", "quoted"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(engine: str, quoting: int, tmp_path: Path) -> None:
    file = file_of(tmp_path, orders(), quoting=quoting)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert treat(entry_of(engine, file)).rows.index.tolist() == list(range(1, N_ORDERS + 1))


@pytest.mark.parametrize(
    ("engine", "form", "amounts", "value"),
    [
        ("pandas", {"thousands": ","}, ["1,234.50", "1234.50", "+1,234.5"], 1234.5),
        ("pandas", {"thousands": "'"}, ["1'234.50", "1234.5"], 1234.5),
        ("pandas", {"decimal": ","}, ["0,5", ",5"], 0.5),
        *((engine, {"thousands": ".", "decimal": ","}, ["1.234,50", "1234,50"], 1234.5) for engine in ENGINES),
    ],
)
def test_a_number_is_read_as_the_contract_says_it_is_written(
    engine: str, form: dict[str, str], amounts: list[str], value: float, tmp_path: Path
) -> None:
    faults = {number: {"amount_eur": text} for number, text in enumerate([*amounts, "1,23,4.5"], start=1)}
    others = [{**row, "amount_eur": "7"} for row in orders()]
    file = file_of(tmp_path, [{**row, **faults.get(number, {})} for number, row in enumerate(others, start=1)])
    found = treat(entry_of(engine, file), amount_eur=form)
    assert found.rows.loc[range(1, len(amounts) + 1), "amount_eur"].tolist() == [value] * len(amounts)
    assert found.reasons == {str(len(amounts) + 1): "amount_eur is no number"}


@ON_ALL
def test_of_dates_in_mixed_forms_those_in_the_form_of_the_contract_are_read(engine: str, tmp_path: Path) -> None:
    words = {1: "03/04/2024", 2: "3.4.2024", 3: "2024-04-03", 4: "04/13/2024", 5: "31/04/2024", 6: "3 April 2024"}
    rows = [{**row, "paid_until": "01/02/2024"} for row in orders()]
    file = file_of(tmp_path, [{**row, "paid_until": words.get(n, row["paid_until"])} for n, row in enumerate(rows, 1)])
    found = treat(entry_of(engine, file), paid_until={"time_format": "day_first"})
    assert found.rows.loc[[1, 2], "paid_until"].tolist() == [datetime(2024, 4, 3)] * 2
    assert set(found.rows["paid_until"]) == {datetime(2024, 4, 3), datetime(2024, 2, 1)}
    assert found.reasons == dict.fromkeys("3456", "paid_until is no date or time")


@ON_ALL
def test_a_word_for_nothing_is_a_sentinel_or_no_number(engine: str, tmp_path: Path) -> None:
    words = dict(enumerate(["nan", "NaN", "NA", "null", "None", "N/A", "-"], start=1))
    entry = entry_of(engine, file_of(tmp_path, planted({n: {"amount_eur": word} for n, word in words.items()})))
    assert treat(entry).reasons == {str(number): "amount_eur is no number" for number in words}
    found = treat(entry, amount_eur={"sentinels": list(words.values())})
    assert found.reasons == {}
    assert found.rows.index[found.rows["amount_eur"].isna()].tolist() == list(words)
    assert found.settled.repairs["amount_eur", "sentinel"] == len(words)


def test_pandas_alone_takes_words_for_nothing_unless_told_otherwise(tmp_path: Path) -> None:
    file = file_of(tmp_path, planted({7: {"amount_eur": "NaN", "note": "NA"}, 8: {"amount_eur": "inf"}}))
    found = treat(entry_of("pandas", file, load_args={}))
    assert found.rows.loc[7, ["amount_eur", "note"]].isna().all()
    assert found.reasons == {"8": "amount_eur is not finite"}


@ON_ALL
def test_typed_cells_keep_to_the_contract_too(engine: str, tmp_path: Path) -> None:
    rows = pd.DataFrame(orders())
    amounts = np.array([np.inf, -np.inf, np.nan, *[1.5] * (N_ORDERS - 3)])
    times = pd.to_datetime(rows["ordered_at"]).dt.tz_localize("Europe/Paris")
    days = [datetime(9999, 12, 31), datetime(1, 1, 1), None, *[datetime(2024, 5, 1)] * (N_ORDERS - 3)]
    ids = pd.array([*range(1, N_ORDERS - 1), None, 2**53], dtype="Int64")
    gifts = [n % 2 == 0 for n in range(N_ORDERS)]
    typed = rows.assign(amount_eur=amounts, ordered_at=times, paid_until=days, order_id=ids, is_gift=gifts)
    typed["is_returned"] = rows["is_returned"] == "yes"
    typed.to_parquet(tmp_path / "orders.parquet", index=False)
    found = treat(entry_of(engine, tmp_path / "orders.parquet"))
    lost = found.quarantine["reasons"].tolist()
    assert sorted(lost) == [
        "amount_eur is not finite",
        "amount_eur is not finite; amount_eur is below 0",
        "order_id is missing",
        "order_id is too large to be exact",
    ]
    assert found.rows["amount_eur"].isna().sum() == 1
    assert found.rows.loc[3, "ordered_at"] == datetime(2024, 3, 2, 20)  # 21:00 of Paris, in winter
    assert found.rows["is_returned"].dropna().isin(["no", "yes"]).all()
    assert found.rows.loc[4, "is_gift"] == "false"


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


def test_rows_that_are_too_short_lack_their_last_cells(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("\n".join([*LINES[:3], "3,2024-03-02 21:00:00,103,1.5", *LINES[4:]]))
    found = treat(entry_of("pandas", file))
    assert found.rows.loc[3, "amount_eur"] == 1.5
    assert found.rows.loc[3, ["n_items", "channel", "note", "is_returned"]].isna().all()


@pytest.mark.parametrize("engine", ["pandas", "polars"])
@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("note", None),
        ("channel", "channel is not an allowed value"),
        ("amount_eur", "amount_eur is no number"),
        ("paid_until", "paid_until is no date or time"),
    ],
)
def test_a_cell_of_ten_million_letters_is_kept_whole(
    engine: str, column: str, reason: str | None, tmp_path: Path
) -> None:
    cell = "Lorem, ipsum" * 850_000
    found = treat(entry_of(engine, file_of(tmp_path, planted({7: {column: cell}}))))
    assert found.reasons == ({} if reason is None else {"7": reason})
    assert (found.rows.loc[7, "note"] if reason is None else found.quarantine[column].iloc[0]) == cell


def test_ten_thousand_categories_stay_few_features(tmp_path: Path) -> None:
    few = orders()
    rows = [{**few[n % N_ORDERS], "order_id": str(n + 1), "channel": f"shop {n % 10_000}"} for n in range(11_000)]
    others = ("amount_eur", "n_items", "is_gift", "paid_until", "note", "age_years")
    contract: dict[str, Any] = {"channel": {"values": None}, **{name: {"is_feature": False} for name in others}}
    found = treat(entry_of("pandas", file_of(tmp_path, rows)), **contract)
    assert found.rows["channel"].nunique() == 10_000
    case = problem(**contract)
    features = feature_frame(found.rows.reset_index(), case)
    assert features.columns.tolist() == ["channel"]
    assert linear_features(case, random_state=1).fit_transform(features).shape[1] <= 50
    codes = tree_features(case, random_state=1).fit_transform(features)
    assert codes.shape[1] == 1
    assert codes.max() < 255
