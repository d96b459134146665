"""What the service has answered is watched as what a batch has scored."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import evergreen
from evergreen.pipelines.monitoring.answered import ANSWER_COLUMNS, read_answers
from evergreen.prediction_log import LogReader
from evergreen.problem import AsOf
from evergreen.releases import NoChampion
from tests.pipelines.monitoring.served import (
    ENDS,
    LIVE,
    MONTHLY,
    SKEWED,
    Service,
    Slipping,
    WatchedLife,
    april_to_july,
    of_month,
    raw_of,
    reader,
    with_case,
)
from tests.postgres import Postgres

ROWS = april_to_july()


def test_answers_are_watched_as_a_batch_of_the_same_rows(april: WatchedLife, tmp_path: Path) -> None:
    batch = WatchedLife(reader(tmp_path)).run(ENDS[4], of_month(ROWS, 4))
    mine, other = april.kept["rows"], batch.kept["rows"]
    assert len(mine) == len(of_month(ROWS, 4)) > 100
    apart = ["_answered_at", "_key", "_score"]
    pd.testing.assert_frame_equal(mine.drop(columns=apart), other.drop(columns=apart))
    assert np.allclose(mine["_score"], other["_score"], rtol=1e-9, atol=0)
    one, two = april.windows["2020-04"].record, batch.windows["2020-04"].record
    assert {name: column.counts for name, column in one.columns.items()} == {
        name: column.counts for name, column in two.columns.items()
    }
    assert april.windows["2020-04"].service.n_answers == one.n_rows
    assert (april.windows["2020-04"].n_days_seen, april.windows["2020-04"].is_part) == (30, False)


def test_a_life_that_only_the_service_has_seen_is_quiet(asked: LogReader) -> None:
    life = WatchedLife(asked, params=SKEWED)
    for month in (4, 5, 6):
        life.run(ENDS[month], known=of_month(ROWS, month)[["row_id", "outcome"]] if month == 4 else None)
    assert {name: one.record.n_rows for name, one in life.windows.items()} == dict(
        life.kept["rows"]["_window"].value_counts()
    )
    assert life.incidents == []
    assert [one.service.n_asked_again for one in life.windows.values()] == [50, 50, 50]
    assert sum(one.service.n_differing for one in life.windows.values()) == 0
    assert dict(life.figures["n_answers"]) == {name: one.record.n_rows for name, one in life.windows.items()}


def test_a_row_that_was_answered_twice_counts_once_as_last_seen(tmp_path: Path) -> None:
    log, month = reader(tmp_path), of_month(ROWS, 4)
    service = Service(log.url)
    service.ask(raw_of(month), "2020-04-28", name="first")
    service.ask(raw_of(month.head(30).assign(strength=9.0)), "2020-04-29", name="second")
    life = WatchedLife(log).run(ENDS[4], batch=month)
    rows = life.kept["rows"].set_index("row_id")
    assert len(rows) == len(month)
    assert (rows.loc[month["row_id"].head(30), "strength"] == 9.0).all()
    assert life.windows["2020-04"].service.n_answers == len(month) + 30
    # A day that is delivered twice to the log changes nothing.
    service.ask(raw_of(month), "2020-04-28", name="first")
    again = WatchedLife(log).run(ENDS[4], batch=month)
    pd.testing.assert_frame_equal(again.kept["rows"], life.kept["rows"])
    # What the service has answered stays as it has answered it when the batch comes again.
    assert (life.run(ENDS[4], batch=month).kept["rows"].set_index("row_id")["_answered_at"] != "").all()


def test_answers_of_others_are_counted_and_not_mixed_in(tmp_path: Path) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))
    Service(log.url).ask(rows[:50], "2020-04-29")
    Service(log.url, role="shadow").ask(rows[:50], "2020-04-29", name="s")
    Service(log.url, release=replace(LIVE, release_id="former")).ask(rows[50:70], "2020-04-29", name="f")
    life = WatchedLife(log).run(ENDS[4])
    assert len(life.kept["rows"]) == life.windows["2020-04"].service.n_answers == 50
    assert life.kept["read"]["n_of_others"] == {"champion former": 20, f"shadow {LIVE.release_id}": 50}
    assert "70 answers are of other releases or roles" in life.checks["answers of others"]["finding"]


def test_a_new_champion_does_not_inherit_answers(asked: LogReader, april: WatchedLife) -> None:
    life = WatchedLife(asked, kept=dict(april.kept), live=replace(LIVE, release_id="next")).run(ENDS[5])
    assert life.kept["rows"].empty
    assert life.kept["answers"].empty
    assert life.kept["read"]["n_of_others"] == {
        f"champion {LIVE.release_id}": len(of_month(ROWS, 4)) + len(of_month(ROWS, 5))
    }


@pytest.mark.parametrize("live", [LIVE, NoChampion()], ids=["no log", "no champion"])
def test_without_a_log_or_a_champion_nothing_changes(live: Any, tmp_path: Path, asked: LogReader) -> None:
    log = reader(tmp_path) if live is LIVE else asked
    rows, answers, read = read_answers(MONTHLY, AsOf(ENDS[4]), live, log, lambda: None)
    assert (rows.empty, answers.empty, read) == (True, True, {})
    assert list(answers.columns) == list(ANSWER_COLUMNS)


def test_without_a_log_no_library_of_databases_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from evergreen.datasets.prediction_log_dataset import PredictionLogDataset as D\n"
        f"assert not D(case='small', filepath='{tmp_path}/log.db').load().is_there()\n"
        "assert 'sqlalchemy' not in sys.modules"
    )
    source = str(Path(evergreen.__file__).parents[1])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": source})


def test_rows_that_could_not_be_used_count_once_in_their_window(tmp_path: Path) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))
    bad = [row | {"decided_at": row["decided_at"], "row_id": None} for row in rows[:7]]
    Service(log.url).ask([*bad, *rows[7:]], "2020-04-29", per_request=200)
    life = WatchedLife(log).run(ENDS[4])
    life.run(ENDS[4])
    april = life.windows["2020-04"]
    assert (april.record.n_quarantined, april.service.n_unusable, april.record.n_rows) == (7, 7, len(rows) - 7)


def test_rows_that_the_release_failed_on_are_told_and_not_held_against_the_rows(tmp_path: Path) -> None:
    log, rows = reader(tmp_path), raw_of(of_month(ROWS, 4))[:20]

    def slip(row: dict[str, Any]) -> dict[str, Any]:
        assert row["row_id"] != rows[6]["row_id"]
        return row

    Service(log.url, answerer=Slipping(slip)).ask(rows, "2020-04-29")
    life = WatchedLife(log, params=SKEWED).run(ENDS[4])
    april = life.windows["2020-04"]
    assert (april.service.n_failed, april.service.n_unusable, april.record.n_quarantined) == (1, 0, 0)
    assert (april.service.n_asked_again, april.record.n_rows) == (19, 19)
    assert life.checks["answers that failed"]["finding"].startswith("The release failed on 1 of 20 rows in 2020-04.")


def test_a_new_word_of_nine_rows_in_ten_a_gone_column_and_a_constant_one_are_found(tmp_path: Path) -> None:
    log, rows = reader(tmp_path), april_to_july()
    is_late = (rows["decided_at"] >= "2020-06-01").to_numpy()
    is_new = is_late & (np.arange(len(rows)) % 10 > 0)
    broken = rows.assign(
        shop=rows["shop"],
        note=np.where(is_new, "never asked before, and for a long time", rows["note"]),
        is_known=rows["is_known"].mask(is_late, "true"),
        noise=rows["noise"].mask(is_late),
    )
    raw = [
        {name: cell for name, cell in one.items() if name != "noise"} if late else one
        for one, late in zip(raw_of(broken), is_late, strict=True)
    ]
    Service(log.url).ask(raw, "2020-07-31")
    life = WatchedLife(log)
    for month in (4, 5, 6):
        life.run(ENDS[month])
    assert life.causes == {"note": "2020-06", "is_known": "2020-06", "noise": "2020-06"}


def test_three_answers_and_a_month_without_any_raise_no_alarm(tmp_path: Path) -> None:
    log = reader(tmp_path)
    Service(log.url).ask(raw_of(of_month(ROWS, 4).head(3).assign(strength=99.0)), "2020-04-29")
    life = WatchedLife(log).run(ENDS[4]).run(ENDS[5])
    assert life.windows["2020-04"].record.n_rows == 3
    assert life.windows["2020-05"].record.n_rows == 0
    assert [(one.n_days_seen, one.is_part) for one in life.windows.values()] == [(1, True), (None, False)]
    assert life.causes.keys() <= {"volume"}


def test_without_time_each_day_of_answers_is_a_window(tmp_path: Path) -> None:
    split = {"by": "random", "new_rows_share": 0.2}
    live = with_case(LIVE, {"decided_at": {"is_feature": False}}, split=split, event_time=None)
    log, rows = reader(tmp_path), raw_of(ROWS)
    Service(log.url, release=live).ask(rows[:40], "2020-04-28T23:59", name="a")
    Service(log.url, release=live).ask(rows[40:80], "2020-04-29T00:01", name="b")
    Service(log.url, release=live).ask(rows[80:90], "2020-05-20", name="c")
    life = WatchedLife(log, live=live).run(ENDS[4])
    assert {name: one.record.n_rows for name, one in life.windows.items()} == {
        "2020-04-28": 40,
        "2020-04-29": 40,
        "2020-04-30": 0,
    }
    assert life.kept["read"]["n_later"] == 10
    life.run(date(2020, 5, 20))
    assert life.windows["2020-05-20"].record.n_rows == 10
    assert life.windows["2020-05-20"].n_days_seen is None


@pytest.mark.postgres
def test_a_log_on_a_server_is_watched_alike(april: WatchedLife, postgres: Postgres) -> None:
    url, month = postgres.con(), of_month(ROWS, 4)
    try:
        Service(url).ask(raw_of(month), "2020-04-30", name="m4-")
        Service(url, role="shadow").ask(raw_of(month.head(5)), "2020-04-30", name="s")
        Service(url).tell(dict(zip(month["row_id"], month["outcome"], strict=True)), "2020-04-30")
        life = WatchedLife(LogReader(url, "small")).run(ENDS[4])
        pd.testing.assert_frame_equal(life.kept["rows"], april.kept["rows"])
        assert life.windows["2020-04"].record.outcomes.n_outcomes == len(month)
        assert life.kept["read"]["n_of_others"] == {f"shadow {LIVE.release_id}": 5}
        assert life.run(ENDS[4]).kept["read"]["n_new"] == 0
    finally:
        for table in ("evergreen_predictions", "evergreen_outcomes", "evergreen_log"):
            postgres.run(f"drop table if exists {table}")
