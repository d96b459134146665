from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.profiles import ReferenceProfile
from evergreen.pipelines.monitoring.life import find_incidents, tabulate_windows
from evergreen.pipelines.monitoring.notices import write_notices
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.windows import (
    keep_watched_rows,
    profile_windows,
    read_windows,
    reference_windows_of,
)
from evergreen.problem import AsOf
from evergreen.releases import Champion, NoChampion
from tests.models.small import small_case, small_rows
from tests.pipelines.evaluation.line import champion
from tests.pipelines.monitoring.window import (
    NO_ANSWERS,
    NO_QUARANTINE,
    NOTHING_ANSWERED,
    PARAMS,
    scored,
    without_windows,
)

LIVE = champion("binary")
MONTHLY = PARAMS.model_copy(update={"window": "month", "watch_days": 400})
# Rows come four a day from the first number on: these fill April to July 2020.
FIRST, N_ROWS = 365, 4 * 121


class Life:
    """Runs of monitoring, one after the other; each reads what the one before has kept."""

    def __init__(self, live: Champion = LIVE, params: MonitoringParams = MONTHLY) -> None:
        self.live, self.params = live, params
        self.kept: dict[str, pd.DataFrame | None] = {"rows": None, "profiles": None, "alarms": None}
        self.incidents: list[dict[str, Any]] = []

    def run(self, as_of: date, rows: pd.DataFrame, outcomes: pd.DataFrame | None = None, *, bad: Any = NO_QUARANTINE):
        day = AsOf(as_of)
        new = rows[rows["decided_at"] > pd.Timestamp(as_of) - pd.Timedelta(days=29)]
        new = new[new["decided_at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
        new = new.drop(columns="outcome").reset_index(drop=True)
        said = scored(LIVE, new) if not isinstance(self.live, NoChampion) else scored(LIVE, new).head(0)
        self.kept["rows"] = keep_watched_rows(
            self.params, day, self.live, new, said, NOTHING_ANSWERED, lambda: self.kept["rows"]
        )
        told = outcomes if outcomes is not None else rows[["row_id", "outcome"]].head(0)
        watched = self.kept["rows"]
        known = told[told["row_id"].isin(watched["row_id"])] if watched is not None else told
        self.kept["profiles"] = profile_windows(
            self.params, day, self.live, watched, bad, known, NO_ANSWERS, lambda: self.kept["profiles"]
        )
        self.kept["alarms"], self.incidents = find_incidents(
            self.params, day, self.live, self.kept["profiles"], lambda: self.kept["alarms"]
        )
        return self

    @property
    def windows(self) -> dict[str, Any]:
        return {one.record.window: one for one in read_windows(self.kept["profiles"], LIVE.release_id, "month")}

    @property
    def causes(self) -> dict[str, str]:
        return {one["cause"]: one["opened"] for one in self.incidents}


def april_to_july(**changes: Any) -> pd.DataFrame:
    return small_rows("binary", N_ROWS, seed=5, first_id=FIRST).assign(**changes)


ENDS = [date(2020, 4, 30), date(2020, 5, 31), date(2020, 6, 30), date(2020, 7, 31)]


def lived(rows: pd.DataFrame, outcomes: pd.DataFrame | None = None) -> Life:
    life = Life()
    for end in ENDS:
        life.run(end, rows, outcomes)
    return life


@pytest.fixture(scope="module")
def quiet() -> Life:
    rows = april_to_july()
    return lived(rows, rows[["row_id", "outcome"]])


def test_each_month_is_a_window_and_a_quiet_life_has_no_incident(quiet: Life) -> None:
    assert sorted(quiet.windows) == ["2020-04", "2020-05", "2020-06", "2020-07"]
    rows = quiet.kept["rows"]
    assert rows is not None
    assert {name: one.record.n_rows for name, one in quiet.windows.items()} == dict(rows["_window"].value_counts())
    assert rows["row_id"].is_unique
    assert quiet.incidents == []


def test_a_shift_is_an_incident_of_its_column_in_its_month() -> None:
    rows = april_to_july()
    is_late = rows["decided_at"] >= "2020-06-01"
    life = lived(rows.assign(strength=rows["strength"] + 1.0 * is_late))
    assert life.causes["strength"] == "2020-06"
    assert life.causes.keys().isdisjoint({"noise", "colour", "note", "since"})
    (told,) = [one for one in write_notices(small_case("binary"), life.incidents) if one["cause"] == "strength"]
    assert (told["state"], told["since"], told["case"]) == ("open", "2020-06", "small")


def test_a_new_word_of_nine_rows_in_ten_and_a_gone_column_are_found() -> None:
    rows = april_to_july()
    is_late = (rows["decided_at"] >= "2020-06-01").to_numpy()
    is_new = is_late & (np.arange(len(rows)) % 10 > 0)
    life = lived(rows.assign(colour=np.where(is_new, "violet", rows["colour"]), noise=rows["noise"].mask(is_late)))
    assert {"colour", "noise"} <= life.causes.keys()
    assert {life.causes["colour"], life.causes["noise"]} == {"2020-06"}


def test_the_same_run_again_changes_nothing(quiet: Life) -> None:
    rows = april_to_july()
    again = Life()
    again.kept, again.incidents = dict(quiet.kept), quiet.incidents
    again.run(ENDS[-1], rows, rows[["row_id", "outcome"]])
    for name in ("rows", "profiles", "alarms"):
        pd.testing.assert_frame_equal(again.kept[name], quiet.kept[name])


def test_late_outcomes_go_to_their_window_whatever_has_come_since() -> None:
    rows, life = april_to_july(), Life()
    life.run(ENDS[0], rows).run(ENDS[1], rows)
    assert life.windows["2020-04"].record.outcomes is None
    n_rows = life.windows["2020-04"].record.n_rows
    came = rows[["row_id", "outcome"]]
    unknown = pd.DataFrame({"row_id": [-1], "outcome": ["yes"]})
    life.run(ENDS[1], rows, pd.concat([came, unknown], ignore_index=True))
    april = life.windows["2020-04"].record
    assert (april.n_rows, april.outcomes.n_outcomes) == (n_rows, n_rows)
    happened = (came["outcome"] == "yes").to_numpy()
    is_april = ((rows["decided_at"] > "2020-04-01") & (rows["decided_at"] < "2020-05-01")).to_numpy()
    assert april.outcomes.happened == happened[is_april].sum()


def test_a_window_stays_when_its_rows_are_no_longer_kept() -> None:
    rows, life = april_to_july(), Life(params=MONTHLY.model_copy(update={"watch_days": 45}))
    life.run(ENDS[0], rows)
    before = life.windows["2020-04"]
    life.run(ENDS[3], rows)
    assert set(life.kept["rows"]["_window"]) == {"2020-07"}
    assert life.windows["2020-04"] == before


def test_days_without_a_row_are_a_window_with_none() -> None:
    rows, life = april_to_july(), Life()
    life.run(ENDS[0], rows).run(ENDS[1], rows[rows["decided_at"] < "2020-05-01"])
    assert life.windows["2020-05"].record.n_rows == 0
    assert life.incidents == [] or life.causes.keys() == {"volume"}


def test_three_rows_raise_no_alarm() -> None:
    rows, life = april_to_july(), Life()
    few = rows[rows["decided_at"] < "2020-04-02"].head(3).assign(strength=99.0)
    life.run(ENDS[0], few)
    assert life.windows["2020-04"].record.n_rows == 3
    assert life.causes.keys().isdisjoint({"strength", "noise", "colour"})


def test_a_window_that_is_not_over_is_counted_and_not_tested() -> None:
    rows, life = april_to_july(strength=99.0), Life()
    life.run(date(2020, 4, 20), rows)
    assert life.windows["2020-04"].record.n_rows > 30
    assert life.incidents == []


def test_rows_in_quarantine_count_in_their_window() -> None:
    bad = pd.DataFrame({"decided_at": ["2020-04-03", "2020-04-04T10:00", "never", "2020-03-31"], "reasons": "odd"})
    life = Life().run(ENDS[0], april_to_july(), bad=bad)
    assert life.windows["2020-04"].record.n_quarantined == 2


def test_what_a_period_shares_is_held_against_the_range_the_model_knows() -> None:
    profile = ReferenceProfile.model_validate(LIVE.documents["reference_profile"])
    told = profile.model_copy(update={"ranges": {"strength": (-9.0, -8.0)}}).model_dump(mode="json")
    live = type(LIVE)(LIVE.release_id, LIVE.problem, LIVE.model_file, {**LIVE.documents, "reference_profile": told})
    life = Life(live).run(ENDS[0], april_to_july())
    (incident,) = [one for one in life.incidents if one["first"]["kind"] == "range"]
    assert incident["cause"] == "strength"
    assert "the model has learnt from -9 to -8 only" in incident["latest"]["finding"]


def test_incidents_of_a_former_release_end_with_it() -> None:
    life = lived(april_to_july(strength=3.0))
    assert {one["is_open"] for one in life.incidents} == {True}
    life.kept["alarms"]["release_id"] = "former"
    life.kept["profiles"]["release_id"] = "former"
    life.run(ENDS[-1], april_to_july())
    former = [one for one in life.incidents if one["release_id"] == "former"]
    assert former
    assert not any(one["is_open"] for one in former)


@pytest.mark.parametrize("live", [NoChampion(), without_windows(LIVE)], ids=["no champion", "an old release"])
def test_without_anything_to_be_held_against_there_is_nothing(live: Champion) -> None:
    life = Life(live).run(ENDS[0], april_to_july())
    assert life.kept["profiles"].empty
    assert life.kept["alarms"].empty
    assert life.incidents == []
    assert tabulate_windows(MONTHLY, live, life.kept["profiles"], life.kept["alarms"]).empty


def test_without_time_a_run_is_a_window() -> None:
    made = champion("binary")
    problem = small_case("binary", split="random")
    live = type(made)(made.release_id, problem, made.model_file, made.documents)
    life = Life(live).run(date(2020, 4, 30), april_to_july()).run(date(2020, 5, 31), april_to_july())
    own = read_windows(life.kept["profiles"], made.release_id, None)
    assert [one.record.window for one in own] == ["2020-04-30", "2020-05-31"]
    assert life.incidents == []


def test_what_is_expected_lies_beside_what_has_come(quiet: Life) -> None:
    found = tabulate_windows(MONTHLY, LIVE, quiet.kept["profiles"], quiet.kept["alarms"]).set_index("window")
    rows = quiet.kept["rows"]
    may = rows[rows["_window"] == "2020-05"]
    assert found.loc["2020-05", "expected_accuracy"] == pytest.approx(
        np.maximum(may["_score"], 1 - may["_score"]).mean()
    )
    truth = april_to_july().set_index("row_id").loc[may["row_id"], "outcome"].eq("yes").to_numpy()
    assert found.loc["2020-05", "outcome"] == pytest.approx(truth.mean())
    assert found.loc["2020-05", "loss"] == pytest.approx(((truth - may["_score"]) ** 2).mean())
    paid = np.where(may["_action"] == "call", np.where(truth, 5, -2), 0)
    assert found.loc["2020-05", "payoff"] == pytest.approx(paid.mean())


def test_a_release_keeps_its_holdout_as_it_was() -> None:
    told = reference_windows_of(LIVE)
    assert told is not None
    assert told.record.n_rows == 160
    assert told.record.outcomes is not None
    assert told.record.outcomes.n_outcomes == 160
    assert sum(rows for rows, _ in told.volumes["day"]) == pytest.approx(160, abs=8)
