"""What the suspicions make of public tables whose leaks are known."""

import pandas as pd
import pytest

from tests.lifecycle.conftest import real_files
from tests.models.leaks import suspects_of

pytestmark = pytest.mark.real_data


def _named(found: pd.DataFrame) -> dict[str, set[str]]:
    return {subject: set(rows["suspicion"]) for subject, rows in found.groupby("subject")}


def _target(rows: pd.DataFrame, target: str) -> pd.DataFrame:
    renamed = rows.rename(columns={target: "y"}).rename(columns=lambda name: name.replace(".", "_"))
    return renamed.assign(y=renamed["y"].str.lower()) if renamed["y"].dtype == "str" else renamed


def test_parts_of_the_rentals_are_found_and_the_hour_of_day_is_not() -> None:
    rows = pd.read_csv(real_files("bike") / "hour.csv", parse_dates=["dteday"], date_format="%Y-%m-%d")
    found = _named(suspects_of(_target(rows.drop(columns="instant"), "cnt")))
    assert found == {"casual": {"adds up to the target"}, "registered": {"adds up to the target", "tells the target"}}


def test_incomes_have_no_suspect() -> None:
    rows = pd.read_csv(real_files("adult") / "adult.data", header=None, skipinitialspace=True, na_values="?")
    assert _named(suspects_of(_target(rows.rename(columns="c{}".format), "c14"))) == {}


def test_strong_shapes_of_beans_are_no_leaks_but_copied_beans_are_found() -> None:
    rows = _target(pd.read_csv(real_files("dry_bean") / "Dry_Bean_Dataset.csv"), "Class")
    found = suspects_of(rows)
    assert _named(found) == {"(rows)": {"duplicate across splits"}}
    assert found["strength"].item() < 0.01


def test_messages_sent_twice_are_found() -> None:
    lines = (real_files("sms_spam") / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    rows = pd.DataFrame([line.split("\t", 1) for line in lines if line], columns=["y", "text"])
    found = suspects_of(rows, {"text": {"type": "text"}})
    assert _named(found) == {"(rows)": {"duplicate across splits"}}
    assert found["strength"].item() > 0.08


@pytest.mark.parametrize(("known_at", "is_blocked"), [("decision", False), ("outcome", True)])
def test_the_length_of_a_call_is_found_open_or_blocked(known_at: str, is_blocked: bool) -> None:
    """The file is in order of time: two thirds of it are the rows before the crisis changed who buys."""
    file = real_files("bank_marketing") / "bank-additional-full.csv"
    rows = _target(pd.read_csv(file, sep=";", na_values={"pdays": [999]}), "y").head(28_000)
    found = suspects_of(rows, {"duration": {"known_at": known_at}})
    assert _named(found) == {"duration": {"tells the target"}}
    assert found["is_blocked"].item() is is_blocked
