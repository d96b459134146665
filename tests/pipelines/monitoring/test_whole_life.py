"""The whole life over several runs and releases: what is kept, what counts, and the page of it."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import ReleaseError
from evergreen.pipelines.monitoring.life import find_incidents
from evergreen.pipelines.monitoring.tallies import tally_windows
from evergreen.pipelines.monitoring.whole_life import collect_life, tabulate_life, tell_life
from evergreen.pipelines.monitoring.windows import read_windows
from evergreen.problem import AsOf
from evergreen.releases import Champion, HistoryEntry, LoadedRelease, NoChampion, Succession
from tests.models.small import small_case, small_rows
from tests.pipelines.evaluation.line import champion
from tests.pipelines.monitoring import test_windows
from tests.pipelines.monitoring.test_windows import ENDS, FIRST, LIVE, MONTHLY, Life, april_to_july
from tests.reporting.outline import read_outline

FORMER = "former"
NO_RUNS = pd.DataFrame(columns=["status"])
AS_OF = AsOf(ENDS[-1])
Tallies = tuple[pd.DataFrame, pd.DataFrame]


def no_release(name: str) -> LoadedRelease:
    raise ReleaseError(f"Release '{name}'", "is gone", "Restore it.")


def succession_of(live: Champion, read: Any = no_release) -> Succession:
    at = "2020-04-01T00:00:00+00:00"
    first = HistoryEntry(FORMER, None, "2020-03-31", at, "anna", "first")
    second = HistoryEntry(LIVE.release_id, FORMER, "2020-05-31", at, "ben", "better")
    return Succession(live, FORMER, date(2020, 5, 31), is_promoted=True, read=read, history=(first, second))


def taken_over(life: Life, n_rows: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the windows up to May to a former release, which has seen some rows of June, too."""
    profiles, alarms = life.kept["profiles"].copy(), life.kept["alarms"].copy()
    for frame in (profiles, alarms):
        frame.loc[frame["window"] < "2020-06", "release_id"] = FORMER
    june = life.windows["2020-06"]
    few = june.model_copy(update={"record": june.record.model_copy(update={"n_rows": n_rows})})
    own = profiles[profiles["window"] == "2020-06"]
    row = own.assign(release_id=FORMER, n_rows=n_rows, record=few.model_dump_json())
    return pd.concat([profiles, row], ignore_index=True), alarms


@pytest.fixture(scope="module")
def moved() -> Life:
    rows = april_to_july()
    is_late = rows["decided_at"] >= "2020-06-01"
    known, life = rows[["row_id", "outcome"]], Life()
    for end in ENDS:
        life.run(end, rows.assign(strength=rows["strength"] + 1.0 * is_late), known)
    return life


def tallied(life: Life, rules: Any = None, groups: Any = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    outcomes = april_to_july()[["row_id", "outcome"]]
    rows, profiles = life.kept["rows"], life.kept["profiles"]
    return tally_windows(MONTHLY, life.live, rows, outcomes, profiles, lambda: rules, lambda: groups)


@pytest.fixture(scope="module")
def tallies(moved: Life) -> Tallies:
    return tallied(moved)


def test_all_releases_stand_side_by_side_and_each_window_counts_once(moved: Life) -> None:
    profiles, alarms = taken_over(moved)
    table, _ = tabulate_life(MONTHLY, AS_OF, LIVE, succession_of(LIVE, lambda _: LIVE), profiles, alarms)
    told = list(zip(table["window"], table["release_id"], table["is_counted"], strict=True))
    assert told == [
        ("2020-04", FORMER, True),
        ("2020-05", FORMER, True),
        ("2020-06", FORMER, False),
        ("2020-06", LIVE.release_id, True),
        ("2020-07", LIVE.release_id, True),
    ]
    assert table["is_over"].all()
    own = table[table["is_counted"]].set_index("window")
    assert own.loc["2020-06", "n_alarms"] > 0
    record = moved.windows["2020-07"].record
    assert own.loc["2020-07", "payoff"] == record.outcomes.segments[""].money.s[0] / record.outcomes.n_outcomes


@pytest.mark.parametrize(("more", "counts"), [(-1, LIVE.release_id), (0, FORMER), (1, FORMER)])
def test_the_release_with_more_rows_of_a_window_counts_and_of_as_many_the_earlier(
    moved: Life, more: int, counts: str
) -> None:
    profiles, alarms = taken_over(moved, moved.windows["2020-06"].record.n_rows + more)
    table, _ = tabulate_life(MONTHLY, AS_OF, LIVE, succession_of(LIVE), profiles, alarms)
    june = table[(table["window"] == "2020-06") & table["is_counted"]]
    assert june["release_id"].tolist() == [counts]


def test_a_window_that_is_not_over_is_said_to_be(moved: Life) -> None:
    profiles, alarms = taken_over(moved)
    early = AsOf(date(2020, 7, 20))
    table, _ = tabulate_life(MONTHLY, early, LIVE, succession_of(LIVE), profiles, alarms)
    assert table.set_index("window")["is_over"].to_dict() == {
        "2020-04": True,
        "2020-05": True,
        "2020-06": True,
        "2020-07": False,
    }


def test_a_window_that_begins_after_the_date_has_not_happened(moved: Life) -> None:
    profiles, alarms = taken_over(moved)
    table, _ = tabulate_life(MONTHLY, AsOf(date(2020, 6, 30)), LIVE, succession_of(LIVE), profiles, alarms)
    assert table["window"].max() == "2020-06"


def test_the_map_shows_the_shift_where_it_happened_and_where_it_rang(moved: Life) -> None:
    profiles, alarms = taken_over(moved)
    _, cells = tabulate_life(MONTHLY, AS_OF, LIVE, succession_of(LIVE, lambda _: LIVE), profiles, alarms)
    own = cells[(cells["column"] == "strength") & (cells["aspect"] == "values")].set_index("window")
    assert (own.loc[["2020-04", "2020-05"], "score"].abs() < 3).all()
    assert (own.loc[["2020-06", "2020-07"], "score"] > 4).all()
    assert own["is_alarm"].sort_index().tolist() == [False, False, True, True]
    assert not cells.loc[cells["column"] == "noise", "is_alarm"].any()


def test_of_a_former_release_that_is_gone_shares_are_told(moved: Life) -> None:
    profiles, alarms = taken_over(moved)
    _, cells = tabulate_life(MONTHLY, AS_OF, LIVE, succession_of(LIVE), profiles, alarms)
    former, live = cells[cells["release_id"] == FORMER], cells[cells["release_id"] == LIVE.release_id]
    assert former["score"].isna().all()
    missing = former.set_index(["window", "column", "aspect"])["share"]["2020-04", "noise", "missing"]
    assert 0.05 < missing < 0.2
    assert live["score"].notna().any()


def test_what_rang_and_has_no_distance_has_a_place(moved: Life) -> None:
    profiles, alarms = taken_over(moved)
    rang = '[{"cause": "volume", "kind": "volume"}]'
    loud = alarms.assign(alarms=np.where(alarms["window"] == "2020-07", rang, "[]"))
    _, cells = tabulate_life(MONTHLY, AS_OF, LIVE, succession_of(LIVE), profiles, loud)
    found = cells[cells["is_alarm"]]
    assert found[["window", "column", "aspect"]].to_numpy().tolist() == [["2020-07", "volume", "values"]]
    assert found["score"].isna().all()


def test_what_rules_would_have_earned_adds_up_to_what_the_model_did(moved: Life, tallies: Tallies) -> None:
    rules, _ = tallies
    for window, part in rules.groupby("window"):
        record = moved.windows[window].record
        paid = record.outcomes.segments[""].money.s[0]
        assert (part["money"] + part["lead"]).to_numpy() == pytest.approx(paid)
        assert set(part["n_outcomes"]) == {record.outcomes.n_outcomes}
    assert sorted(rules["window"].unique()) == ["2020-04", "2020-05", "2020-06", "2020-07"]


def test_a_tally_stays_when_its_rows_are_no_longer_kept_and_is_counted_again_while_they_are(
    moved: Life, tallies: Tallies
) -> None:
    rules, groups = tallies
    old = rules.head(2).assign(window="2019-01", money=99.0)
    stale = pd.concat([old, rules.assign(money=-1.0)], ignore_index=True)
    again, same = tallied(moved, stale, groups)
    pd.testing.assert_frame_equal(again[again["window"] == "2019-01"].reset_index(drop=True), old)
    pd.testing.assert_frame_equal(again[again["window"] != "2019-01"].reset_index(drop=True), rules)
    pd.testing.assert_frame_equal(same, groups)


@pytest.mark.parametrize("live", [NoChampion(), None], ids=["no champion", "no rows"])
def test_without_anything_to_count_the_tallies_stay(moved: Life, tallies: Tallies, live: Champion | None) -> None:
    rules, groups = tallies
    nobody = Life(LIVE if live is None else live)
    nobody.kept["rows"] = moved.kept["rows"].head(0)
    again = tallied(nobody, rules, groups)
    pd.testing.assert_frame_equal(again[0], rules)
    pd.testing.assert_frame_equal(again[1], groups)
    assert tallied(nobody)[0].empty


def page_of(life: Life, live: Champion, profiles: pd.DataFrame, alarms: pd.DataFrame) -> str:
    succession = replace(succession_of(live), history=() if live.release_id is None else succession_of(live).history)
    windows, cells = tabulate_life(MONTHLY, AS_OF, live, succession, profiles, alarms)
    _, incidents = find_incidents(MONTHLY, AS_OF, live, profiles, lambda: alarms)
    told = collect_life(windows, cells, *tallied(life), incidents)
    problem = small_case("binary") if isinstance(live, NoChampion) else live.problem
    nothing: Any = lambda: None  # noqa: E731
    return tell_life(problem, MONTHLY, AS_OF, live, succession, told, nothing, nothing, NO_RUNS)


def test_the_page_tells_the_life(moved: Life) -> None:
    profiles, alarms = taken_over(moved)
    page = page_of(moved, LIVE, profiles, alarms)
    assert re.search(r'class="word">.* open incidents?</p>', page)
    assert "What became live, the newest first" in page


def test_without_a_champion_the_page_says_so(moved: Life) -> None:
    page = page_of(Life(NoChampion()), NoChampion(), moved.kept["profiles"].head(0), moved.kept["alarms"].head(0))
    assert read_outline(page).all("p", class_="word")[0].text == "No champion"


def test_without_time_every_run_is_a_window() -> None:
    made = champion("binary")
    live = type(made)(made.release_id, small_case("binary", split="random"), made.model_file, made.documents)
    life = Life(live).run(date(2020, 4, 30), april_to_july()).run(date(2020, 5, 31), april_to_july())
    table, cells = tabulate_life(MONTHLY, AS_OF, live, succession_of(live), life.kept["profiles"], life.kept["alarms"])
    assert table["window"].tolist() == ["2020-04-30", "2020-05-31"]
    assert set(cells["window"]) == {"2020-04-30", "2020-05-31"}


def test_a_regression_has_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    live = champion("regression")
    monkeypatch.setattr(test_windows, "LIVE", live)
    rows = small_rows("regression", 120, seed=5, first_id=FIRST)
    came = rows[["row_id", "outcome"]]
    life = Life(live).run(ENDS[0], rows, came)
    told = collect_life(
        *tabulate_life(MONTHLY, AS_OF, live, succession_of(live), life.kept["profiles"], life.kept["alarms"]),
        *tally_windows(MONTHLY, live, life.kept["rows"], came, life.kept["profiles"], lambda: None, lambda: None),
        life.incidents,
    )
    nothing: Any = lambda: None  # noqa: E731
    page = tell_life(live.problem, MONTHLY, AS_OF, live, succession_of(live), told, nothing, nothing, NO_RUNS)
    assert "<dt>Windows seen</dt>" in page
    assert ">Quality, window by window</figcaption>" in page
    record = life_record(life, live)
    paid = told["rules"]["money"] + told["rules"]["lead"]
    assert paid.to_numpy() == pytest.approx(record.outcomes.segments[""].money.s[0])


def life_record(life: Life, live: LoadedRelease) -> Any:
    (window,) = read_windows(life.kept["profiles"], live.release_id, "month")
    return window.record
