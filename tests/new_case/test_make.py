"""The folder of a new case: made whole or not at all, from a file or a table."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import yaml

from evergreen.drafting import CsvHints, Wishes
from evergreen.errors import CaseError, DataError
from evergreen.new_case import NewCase, Place, Request, make_case, tell_case
from evergreen.new_case import make as make_module
from tests.drafting.world import TODAY, orders

FILES = ["catalog.yml", "globals.yml", "parameters.yml", "parameters_problem.yml"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for env in ("base", "adhoc"):
        (tmp_path / "conf" / env).mkdir(parents=True)
    return Place(tmp_path / "conf", tmp_path / "data" / "01_raw", frozenset({"training", "orders_table"}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "delivered" / "orders.csv"
    path.parent.mkdir()
    orders().to_csv(path, index=False)
    return path


def made(table: object, place: Place, *, name: str = "shop", target: str = "bought", **told: object) -> NewCase:
    hints = CsvHints(**{key: told.pop(key) for key in ("sep", "names", "has_header") if key in told})
    return make_case(Request(name, str(table), Wishes(target), hints, **told), place, today=TODAY)


def everything(place: Place) -> list[str]:
    return sorted(str(path.relative_to(place.conf.parent)) for path in place.conf.parent.rglob("*"))


def test_a_file_becomes_a_folder(place: Place, file: Path) -> None:
    case = made(file, place)
    assert sorted(path.name for path in case.folder.iterdir()) == FILES
    assert not place.raw.exists()
    told = tell_case(case, root=place.conf.parent, width=90)
    assert "drafted in conf/shop: binary, 300 rows" in told.replace("\n", " ")
    assert f"--params raw_dir={file.parent.relative_to(place.conf.parent)}" in told
    assert [f"{n:3}." in told for n in range(1, len(case.draft.questions) + 1)] == [True] * len(case.draft.questions)


def test_the_file_is_copied_where_a_run_looks_for_it(place: Place, file: Path) -> None:
    case = made(file, place, has_copy=True)
    assert (place.raw / "shop" / "orders.csv").read_bytes() == file.read_bytes()
    assert tell_case(case, root=place.conf.parent, width=90).endswith("It runs as it is:\n  kedro run --env shop")


def test_another_file_in_the_place_of_the_copy_is_not_taken_for_it(place: Place, file: Path) -> None:
    there = place.raw / "shop" / file.name
    there.parent.mkdir(parents=True)
    there.write_text("of last year")
    with pytest.raises(
        CaseError, match=r"'shop/orders\.csv' exists among the raw files, and is another one\. Rename one"
    ):
        made(file, place, has_copy=True)
    assert everything(place).count("conf/shop") == 0
    told = tell_case(made(file, place), root=place.conf.parent, width=90)
    assert "data/01_raw/shop/, where another file of that name lies; replace it, or point to it" in told
    assert "--params raw_dir=delivered" in told
    made(file, place, has_copy=True, has_force=True)
    assert there.read_bytes() == file.read_bytes()


def test_parquet_keeps_its_types(place: Place, file: Path) -> None:
    parquet = file.with_suffix(".parquet")
    orders().assign(**{"ordered on": pd.date_range("2022-01-01", periods=300)}).to_parquet(parquet)
    case = made(parquet, place)
    assert case.draft.problem.event_time == "ordered_on"
    assert yaml.safe_load((case.folder / "catalog.yml").read_text())["orders"]["type"] == "pandas.ParquetDataset"


def test_what_parquet_hides_from_the_steps_is_refused(place: Place, file: Path) -> None:
    parquet = file.with_suffix(".parquet")
    orders().set_index("Order-No").to_parquet(parquet)
    with pytest.raises(DataError, match=r"keeps 'Order-No' as names of its rows .* Write it anew after reset_index"):
        made(parquet, place)
    orders().set_axis(range(8), axis=1).to_parquet(parquet)
    with pytest.raises(DataError, match=r"has columns whose names are no words \('0', '1', .*\)\. Give them names"):
        made(parquet, place, target="7")
    orders().iloc[3:].to_parquet(parquet)
    assert made(parquet, place).draft.n_rows == 297


def test_a_table_of_sqlite_is_read_from_its_file(place: Place, file: Path) -> None:
    database = file.with_name("shop.db")
    connection = sqlite3.connect(database)
    orders().to_sql("orders", connection, index=False)
    connection.close()
    case = made(f"sqlite:///{database}::orders", place)
    entry = yaml.safe_load((case.folder / "catalog.yml").read_text())["orders"]
    assert (entry["type"], entry["table_name"]) == ("pandas.SQLTableDataset", "orders")
    assert entry["credentials"]["con"].endswith("/shop.db}")
    assert not (case.folder / "credentials.yml").exists()
    assert case.file == database


def test_a_source_does_not_take_the_name_of_a_dataset(place: Place, file: Path) -> None:
    assert made(file.rename(file.with_name("Training.csv")), place).draft.problem.spine == "training_table"


def test_a_case_that_exists_is_replaced_only_by_force(place: Place, file: Path) -> None:
    made(file, place)
    (place.conf / "shop" / "parameters.yml").write_text("as_of: 1999-01-01\n")
    before = everything(place)
    with pytest.raises(CaseError, match=r"'conf/shop' exists already\. Choose another name, or say --force"):
        made(file, place)
    assert (place.conf / "shop" / "parameters.yml").read_text() == "as_of: 1999-01-01\n"
    case = made(file, place, has_force=True, target="Age")
    assert case.draft.problem.kind == "regression"
    assert everything(place) == before
    assert "1999" not in (place.conf / "shop" / "parameters.yml").read_text()


@pytest.mark.parametrize("name", ["base", "local", "demo", "adhoc"])
def test_an_environment_of_the_project_is_no_case(name: str, place: Place, file: Path) -> None:
    with pytest.raises(CaseError, match=f"'{name}' is that of an environment"):
        made(file, place, name=name, has_force=True)


def test_nothing_is_left_where_writing_fails(place: Place, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(place)
    monkeypatch.setattr(make_module, "case_files", lambda _: {"a.yml": "a: 1\n", "no/such/folder.yml": ""})
    with pytest.raises(FileNotFoundError):
        made(file, place)
    assert everything(place) == before


@pytest.mark.parametrize(
    ("text", "told", "sentence"),
    [
        (None, {}, r"does not exist\. Name a file"),
        ("", {}, "The file 'orders.csv' is empty"),
        ("a,b\n1,2\n3,4\n", {"target": "b"}, "The table has 2 rows"),
        ("a,b\n" + "1,2\n" * 600 + "1,2,3\n", {}, r"is not the same table in all its lines \(.*line 602"),
        ("a,b\n" + "1,x\n" * 60, {}, r"'bought' \(--target\) is not in the table\. It has 'a', 'b'"),
    ],
    ids=["absent", "empty", "two-rows", "longer-line", "no-target"],
)
def test_a_file_that_makes_no_case_leaves_nothing(text, told, sentence, place: Place, file: Path) -> None:
    file.unlink() if text is None else file.write_text(text)
    before = everything(place)
    with pytest.raises(DataError, match=sentence):
        made(file, place, has_copy=True, **told)
    assert everything(place) == before


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("sqlite:///no.db::t", r"The database 'no\.db' does not exist"),
        ("sqlite://::t", r"names no file\. Name a file: sqlite:///file\.db::table"),
        ("sqlite:///{db}", "names no table. Put it behind: ADDRESS::TABLE"),
        ("sqlite:///{db}::clients", "has no table 'clients'. It has 'orders'"),
        ("nosuch://u:secret@host/db::t", "has no driver here"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/db::t", r"u:\*\*\*@127\.0\.0\.1:1/db' cannot be read"),
        ("postgresql://u:secret@host:port/db::t", r"'postgresql://\*\*\*@host:port/db' cannot be read"),
        ("postgresql://u:secret@host/db", r"'postgresql://\*\*\*@host/db' names no table"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_without_its_password(address, sentence, place: Place, file: Path) -> None:
    connection = sqlite3.connect(file.with_suffix(".db"))
    orders().to_sql("orders", connection, index=False)
    connection.close()
    with pytest.raises(DataError, match=sentence) as refusal:
        made(address.format(db=file.with_suffix(".db")), place)
    assert "secret" not in str(refusal.value)
    assert not (place.conf / "shop").exists()


def test_a_folder_and_a_workbook_are_no_tables(place: Place, file: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        made(file.parent, place)
    workbook = file.rename(file.with_suffix(".xlsx"))
    with pytest.raises(DataError, match=r"of a kind that is not read here \(\.xlsx\)\. Save it as CSV or Parquet"):
        made(workbook, place)
    with pytest.raises(DataError, match="is no Parquet"):
        made(workbook.rename(file.with_suffix(".parquet")), place)


def test_a_file_that_is_not_utf8_far_behind_its_beginning_is_read(place: Place, file: Path) -> None:
    table = orders(50_000).assign(note="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    table.loc[49_999, "note"] = "caf\u00e9"
    table.to_csv(file, index=False, encoding="cp1252")
    assert file.stat().st_size > 4_000_000
    case = made(file, place)
    assert any("not UTF-8" in question.text for question in case.draft.questions)
    assert "caf\u00e9" in (case.draft.problem.columns["note"].values or ())
