"""Each fault of a cell or a row is treated as the contract says, counted, and nothing is lost, on every engine."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.features import feature_frame, linear_features, tree_features
from tests.lifecycle.orders import (
    N_ORDERS,
    Table,
    Treated,
    csv_text,
    entry_of,
    make_world,
    orders,
    planted,
    problem,
    put,
    set_entry,
    treat,
)

ENGINES = ("pandas", "polars", "duckdb")
ON_ALL = pytest.mark.parametrize("engine", ENGINES)


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


def test_the_run_writes_down_where_every_row_went(tmp_path: Path) -> None:
    world = make_world(tmp_path)
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


def test_rows_that_are_too_short_lack_their_last_cells(tmp_path: Path) -> None:
    lines = csv_text(orders()).splitlines()
    file = tmp_path / "orders.csv"
    file.write_text("\n".join([*lines[:3], "3,2024-03-02 21:00:00,103,1.5", *lines[4:]]))
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
