"""Drafts run as they are: from the public files, cut short, to a verdict with nothing decided by hand."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pandas as pd
import pytest
import yaml
from kedro_datasets.pandas import SQLTableDataset

from evergreen.drafting import CsvHints, Draft, Wishes
from evergreen.new_case import Place, Request, make_case
from tests.drafting.world import TODAY, orders
from tests.lifecycle.conftest import real_files
from tests.lifecycle.world import ROOT, World
from tests.postgres import PASSWORD, Postgres

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_connection_is_left() -> Iterator[None]:
    """Kedro keeps connections for the whole process."""
    yield
    for engine in SQLTableDataset.engines.values():
        engine.dispose()
    SQLTableDataset.engines.clear()


# File, target, every how many lines are kept.
FILES = {
    "adult": ("adult.data", "col_15", 12),
    "bike": ("hour.csv", "cnt", 6),
    "dry_bean": ("Dry_Bean_Dataset.csv", "Class", 16),
    "sms_spam": ("SMSSpamCollection", "col_1", 4),
}


def draft(folder: Path, file: Path | str, target: str, **wishes: str) -> tuple[Draft, World]:
    """Draft a case in a world of its own."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    place = Place(folder / "conf", folder / "raw", frozenset())
    request = Request("drafted", str(file), Wishes(target, **wishes), CsvHints())
    made = make_case(request, place, today=TODAY)
    env = made.folder.rename(folder / "conf" / "test")
    (env / "globals.yml").write_text(yaml.safe_dump({"case": "drafted", "data": str(folder / "data")}))
    world = World(folder, "drafted", (made.file or folder).parent)
    world.set_parameter("modelling", {"candidates": ["linear"], "random_state": 1, "budget_trials": 1})
    return made.draft, world


def cut(case: str, folder: Path) -> Path:
    """A public file with its first line and every so many of the others."""
    name, _, every = FILES[case]
    lines = (real_files(case) / name).read_bytes().splitlines(keepends=True)
    folder.mkdir()
    (folder / name).write_bytes(b"".join([lines[0], *lines[1::every]]))
    return folder / name


@pytest.mark.real_data
@pytest.mark.parametrize("case", FILES)
def test_a_draft_of_a_public_file_runs_to_a_verdict(case: str, tmp_path: Path) -> None:
    drafted, world = draft(tmp_path, cut(case, tmp_path / "delivered"), FILES[case][1])
    world.run()
    assert world.verdict["verdict"] == "release", world.verdict["reasons"]
    assert len(world.table("03_primary", "repaired.parquet")) == drafted.n_rows
    assert len(drafted.questions) >= 4


@pytest.mark.real_data
def test_the_leak_of_the_rentals_is_found(tmp_path: Path) -> None:
    drafted, _ = draft(tmp_path, real_files("bike") / "hour.csv", "cnt")
    assert set(drafted.problem.outcome_columns) == {"casual", "registered", "cnt"}
    assert any("cnt is 1 x casual + 1 x registered" in question.text for question in drafted.questions)


@pytest.mark.real_data
def test_the_bank_file_is_understood(tmp_path: Path) -> None:
    drafted, _ = draft(tmp_path, real_files("bank_marketing") / "bank-additional-full.csv", "y")
    columns = drafted.problem.columns
    assert drafted.problem.target.classes == ("no", "yes")
    assert (columns["pdays"].sentinels, columns["job"].sentinels) == ((999,), ("unknown",))
    assert {"age", "marital"} <= set(drafted.problem.sensitive_columns)
    assert any("'month' holds months" in question.text for question in drafted.questions)


def test_a_small_table_with_everything_odd_runs_to_a_verdict(tmp_path: Path) -> None:
    table = orders(120).assign(
        customer_id=[f"C{n % 40:03d}" for n in range(120)],
        note=[None, "a longer note about nothing at all"] * 60,
        joined=pd.date_range("1999-01-01", periods=120).strftime("%m/%d/%y"),
        constant="same",
        empty=None,
        weight=[f"{n / 7:.2f}".replace(".", ",") for n in range(120)],
    )
    file = tmp_path / "orders.csv"
    table.to_csv(file, index=False, sep=";", encoding="utf-16")
    drafted, world = draft(tmp_path, file, "bought")
    world.run()
    assert world.verdict["verdict"] in ("release", "hold", "undecided")
    assert world.verdict["metrics"].keys() >= {"log_loss"}
    assert len(drafted.questions) >= 8


def test_a_table_of_sqlite_runs_to_a_verdict(tmp_path: Path) -> None:
    database = tmp_path / "shop.db"
    connection = sqlite3.connect(database)
    orders().assign(**{"ordered on": pd.date_range("2022-01-01", periods=300)}).to_sql("orders", connection)
    connection.close()
    drafted, world = draft(tmp_path, f"sqlite:///{database}::orders", "Age")
    world.run()
    assert drafted.problem.event_time == "ordered_on"
    assert world.verdict["metrics"].keys() >= {"rmse"}


@pytest.mark.postgres
def test_a_table_of_a_server_runs_to_a_verdict_and_its_password_stands_nowhere(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.write("orders", orders().assign(**{"ordered on": pd.date_range("2022-01-01", periods=300)}))
    drafted, world = draft(tmp_path, f"{postgres.con()}::public.orders", "bought")
    written = "".join(path.read_text() for path in (tmp_path / "conf" / "test").iterdir())
    assert quote_plus(PASSWORD) not in written
    assert PASSWORD not in written
    monkeypatch.setenv("DRAFTED_DATABASE", postgres.con())
    world.run()
    assert drafted.problem.event_time == "ordered_on"
    assert world.verdict["metrics"].keys() >= {"log_loss"}
