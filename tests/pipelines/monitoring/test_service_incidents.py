"""What can be wrong with a service whatever its model is worth: skew, latency, outcomes that do not come."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.pipelines.monitoring.answered import no_answers
from evergreen.pipelines.monitoring.notices import write_notices
from evergreen.pipelines.monitoring.report import summarise_window
from evergreen.pipelines.monitoring.service import count_answers
from evergreen.pipelines.retraining.facts import Watched
from evergreen.tables.schemas import Monitoring
from evergreen.watching.service import watch_service
from tests.models.small import small_case
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
    plain,
    raw_of,
    reader,
    with_case,
)
from tests.pipelines.monitoring.window import NO_QUARANTINE, PARAMS, scored, watch

ROWS = april_to_july()
OUTCOMES = ROWS[["row_id", "outcome"]]


def test_a_service_that_repairs_in_another_way_is_an_incident_with_the_column(tmp_path: Path) -> None:
    other = with_case(LIVE, {"noise": {"range": [-0.5, 0.5]}})
    log, month = reader(tmp_path), of_month(ROWS, 4)
    Service(log.url, answerer=plain(other)).ask(raw_of(month), "2020-04-29")
    life = WatchedLife(log, params=SKEWED).run(ENDS[4])
    (incident,) = [one for one in life.incidents if one["cause"] == "skew"]
    newest = month.sort_values("row_id").tail(50)
    n_out = int((newest["noise"].abs() > 0.5).sum())
    assert life.windows["2020-04"].service.differing == {"noise": n_out}
    finding = incident["latest"]["finding"]
    assert finding.startswith(f"{n_out} of 50 answers of the service are not what the release's own tables say")
    assert f"Repaired in other ways, or at all, were: 'noise' ({n_out})" in finding
    (told,) = [one for one in write_notices(small_case("binary"), life.incidents) if one["cause"] == "skew"]
    assert (told["state"], told["opened"]) == ("open", "2020-04")


def test_a_cell_that_is_read_otherwise_without_a_mark_is_seen_by_the_score(tmp_path: Path) -> None:
    log = reader(tmp_path)
    slip = Slipping(lambda row: row | {"strength": row["strength"] + 1e-6})
    Service(log.url, answerer=slip).ask(raw_of(of_month(ROWS, 4)), "2020-04-29")
    service = WatchedLife(log, params=SKEWED).run(ENDS[4]).windows["2020-04"].service
    # One or two scores are as good as 0 or 1, and no longer move.
    assert service.n_differing >= service.n_asked_again - 2 == SKEWED.skew_rows - 2
    assert 1e-9 < service.largest_gap < 1e-5


def test_skew_closes_after_quiet_windows_and_no_model_is_trained_for_it(tmp_path: Path) -> None:
    log = reader(tmp_path)
    slip = Slipping(lambda row: row | {"strength": -row["strength"]})
    Service(log.url, answerer=slip).ask(raw_of(of_month(ROWS, 4)), "2020-04-29", name="odd")
    life = WatchedLife(log, params=SKEWED).run(ENDS[4])
    rows = of_month(ROWS, 4)
    batch = rows.drop(columns="outcome")
    said = scored(LIVE, batch)
    watched = watch(LIVE, batch, said, OUTCOMES.head(0))
    table = summarise_window(PARAMS, LIVE, NO_QUARANTINE, said, watched, life.incidents, _checks(life))
    Monitoring.validate(table)
    (row,) = table[(table["check"] == "service") & (table["subject"] == "skew")].to_dict("records")
    assert row["severity"] == "alarm"
    assert "skew" not in set(Watched(table).spoken("alarm")["subject"])
    for month in (5, 6, 7):
        life.run(ENDS[month], batch=of_month(ROWS, month))
    (incident,) = [one for one in life.incidents if one["cause"] == "skew"]
    assert (incident["opened"], incident["closed"]) == ("2020-04", "2020-07")


def _checks(life: WatchedLife) -> pd.DataFrame:
    return pd.DataFrame(list(life.checks.values()))


def _answers(n_answers: int, **told: Any) -> pd.DataFrame:
    usual = {"at": pd.Timestamp("2020-04-29"), "reasons": "", "is_asked_again": False, "is_same": True}
    alone = {"request_id": [f"r{i}" for i in range(n_answers)], "latency_ms": 1.0, "request_rows": 1}
    return no_answers().reindex(range(n_answers)).assign(**usual | alone | told)


@pytest.mark.parametrize(
    ("n_slow", "n_requests", "rings"),
    [
        *[(1, 10, False), (2, 10, True), (1, 100, False), (2, 100, True), (3, 4, False), (1, 1, False)],
        # Two of these are more than one of a hundred; of two hundred they are not.
        *[(2, 102, True), (2, 150, True), (2, 199, True), (2, 200, False), (3, 200, True), (1, 150, False)],
    ],
)
def test_slow_answers_ring_where_more_than_one_of_a_hundred_is_slow(n_slow: int, n_requests: int, rings: bool) -> None:
    latency = np.repeat([9.0] * n_slow + [3.0] * (n_requests - n_slow), 2)
    # A request of two rows may take twice as long.
    ids = np.repeat([f"r{i}" for i in range(n_requests)], 2)
    answers = _answers(2 * n_requests, request_id=ids, latency_ms=latency, request_rows=2)
    record = count_answers(answers, "month", horizon=date(2020, 1, 1))["2020-04"]
    assert (record.n_requests, record.p50_ms) == (n_requests, 4.5 if n_slow > n_requests / 2 else 1.5)
    found = watch_service("2020-04", record, 2.0)
    assert [one.cause for one in found] == (["latency"] if rings else [])
    if rings:
        assert found[0].finding.startswith(
            "One request of a hundred takes 4.5 ms a row and more, where 2 ms are allowed"
        )


def test_a_request_takes_its_time_for_all_of_its_rows_wherever_they_lie(tmp_path: Path) -> None:
    rows = of_month(ROWS, 4)
    asked = [row for _, day in rows.groupby(rows["decided_at"].dt.day) for row in raw_of(day.head(1))]
    service = Service(reader(tmp_path).url)
    service.ask(asked[:20], "2020-04-29", name="one", taken_ms=60_000)
    # Of the same request, a canary has answered other rows.
    Service(service.url, role="canary").ask(asked, "2020-04-29", name="one")
    life = WatchedLife(reader(tmp_path), params=MONTHLY.model_copy(update={"window": "day"})).run(ENDS[4])
    told = [one.service for one in life.windows.values() if one.service is not None]
    assert [one.n_answers for one in told] == [1] * 20
    assert [one.p99_ms for one in told] == pytest.approx([60_000 / len(asked)] * 20, rel=0.1)


def test_the_largest_gap_is_that_of_scores_that_are_there() -> None:
    odd = {"is_asked_again": True, "is_same": False, "differing": "[]"}
    (one,) = count_answers(_answers(3, gap=[np.nan, 0.5, 0.25], **odd), "month", horizon=date(2020, 1, 1)).values()
    assert (one.n_differing, one.largest_gap) == (3, 0.5)
    (none,) = count_answers(_answers(2, gap=np.nan, **odd), "month", horizon=date(2020, 1, 1)).values()
    assert (none.n_differing, none.largest_gap) == (2, 0.0)


def test_a_window_of_which_answers_have_gone_is_not_counted_anew() -> None:
    answers = _answers(2, at=pd.to_datetime(["2020-04-29", "2020-05-02"]))
    assert list(count_answers(answers, "month", horizon=date(2020, 4, 1))) == ["2020-04", "2020-05"]
    assert list(count_answers(answers, "month", horizon=date(2020, 4, 2))) == ["2020-05"]


def test_a_scarce_action_that_went_to_others_is_no_skew(tmp_path: Path) -> None:
    payoff = LIVE.problem.payoff
    assert payoff is not None
    capacity = {"action": "call", "at_most": 2, "per": "batch"}
    live = with_case(LIVE, payoff=payoff.model_dump(mode="json", exclude_unset=True) | {"capacity": capacity})
    log = reader(tmp_path)
    Service(log.url, live, plain(live)).ask(raw_of(of_month(ROWS, 4)), "2020-04-29", per_request=25)
    life = WatchedLife(log, live=live, params=SKEWED).run(ENDS[4])
    # Together, two of them would have been called.
    assert (life.kept["rows"].tail(50)["_action"] == "call").sum() > 2
    assert (life.kept["read"]["n_asked_again"], life.kept["read"]["n_differing"]) == (50, 0)


def test_a_slow_month_is_an_incident_that_closes_when_answers_are_quick_again(tmp_path: Path) -> None:
    live = with_case(LIVE, limits={"max_latency_ms": 2000.0})
    life = WatchedLife(reader(tmp_path), live=live)
    for month, taken_ms in {4: 90_000, 5: 0}.items():
        rows = raw_of(of_month(ROWS, month))
        Service(life.log.url, live).ask(rows, f"2020-0{month}-28", name=f"m{month}-", per_request=10, taken_ms=taken_ms)
        life.run(ENDS[month])
    life.run(ENDS[6], batch=of_month(ROWS, 6)).run(ENDS[7], batch=of_month(ROWS, 7))
    (incident,) = [one for one in life.incidents if one["cause"] == "latency"]
    assert (incident["opened"], incident["closed"]) == ("2020-04", "2020-07")


def test_latency_is_told_and_rings_nowhere_without_a_limit(tmp_path: Path) -> None:
    log = reader(tmp_path)
    Service(log.url).ask(raw_of(of_month(ROWS, 4)), "2020-04-29", per_request=5, taken_ms=60_000)
    life = WatchedLife(log).run(ENDS[4])
    assert life.figures.loc["2020-04", "p99_ms"] > 10_000
    assert life.causes == {}


def _came(*months: int, share: float = 1.0) -> pd.DataFrame:
    known = ROWS[ROWS["decided_at"].dt.month.isin(months)]
    return known[np.random.default_rng(3).random(len(known)) < share][["row_id", "outcome"]]


def _life(told: dict[int, pd.DataFrame], folder: Path) -> WatchedLife:
    """Months of batches; outcomes come ten days after each decision, if they come."""
    life = WatchedLife(reader(folder))
    for month, known in told.items():
        life.run(ENDS[month], batch=of_month(ROWS, month), known=known)
    return life


def test_outcomes_that_stop_are_an_incident_when_they_are_due(tmp_path: Path) -> None:
    only_april = _came(4)
    life = _life({4: only_april, 5: only_april, 6: only_april}, tmp_path)
    (incident,) = [one for one in life.incidents if one["cause"] == "outcomes late"]
    n_may = len(of_month(ROWS, 5))
    assert (incident["opened"], incident["since"], incident["is_open"]) == ("2020-06", "2020-05", True)
    assert f"{n_may} of {n_may} outcomes of 2020-05 had not come when they were due" in incident["latest"]["finding"]
    # What comes later goes to its window, and does not rewrite what was told.
    life.run(ENDS[6], batch=of_month(ROWS, 6), known=_came(4, 5))
    assert life.windows["2020-05"].record.outcomes.n_outcomes == n_may
    assert life.causes["outcomes late"] == "2020-06"
    life.run(ENDS[7], batch=of_month(ROWS, 7), known=_came(4, 5, 6))
    (incident,) = [one for one in life.incidents if one["cause"] == "outcomes late"]
    assert (incident["last_seen"], incident["n_quiet"]) == ("2020-06", 1)
    assert "No outcome has ever come" not in str(life.checks)


@pytest.mark.parametrize("share", [1.0, 0.8, 0.5])
def test_outcomes_of_which_as_many_come_as_ever_are_quiet(share: float, tmp_path: Path) -> None:
    known = _came(4, 5, 6, 7, share=share)
    life = _life(dict.fromkeys((4, 5, 6, 7), known), tmp_path)
    assert "outcomes late" not in life.causes
    june = of_month(ROWS, 6)["row_id"]
    assert life.figures.loc["2020-06", "n_late"] == (~june.isin(known["row_id"])).sum()


def test_where_no_outcome_ever_comes_that_is_said_once_and_plainly(tmp_path: Path) -> None:
    life = _life(dict.fromkeys((4, 5, 6, 7), _came(4).head(0)), tmp_path)
    assert "outcomes late" not in life.causes
    n_due = sum(len(of_month(ROWS, month)) for month in (4, 5, 6))
    assert life.checks["outcomes late"]["finding"].startswith(
        f"No outcome has ever come, of {n_due} rows whose outcome"
    )
    assert life.checks["outcomes late"]["severity"] == "watch"


def test_the_area_that_is_expected_is_that_of_all_pairs(tmp_path: Path) -> None:
    life = _life({4: _came(4).head(0)}, tmp_path)
    exact = scored(LIVE, of_month(ROWS, 4).drop(columns="outcome"))["score"].to_numpy()
    assert life.windows["2020-04"].expected_roc_auc == pytest.approx(_pairs(exact), abs=1e-9)
    assert life.figures.loc["2020-04", "expected_accuracy"] == pytest.approx(
        np.maximum(exact, 1 - exact).mean(), abs=1e-9
    )
    # The figure is kept when the rows have gone.
    life.params = MONTHLY.model_copy(update={"watch_days": 20})
    life.run(ENDS[7], batch=of_month(ROWS, 7))
    assert life.windows["2020-04"].expected_roc_auc == pytest.approx(_pairs(exact), abs=1e-9)


def _pairs(p: Any) -> float:
    """The chance that of a positive and a negative the positive has the higher score, over all pairs; ties half."""
    weight = p[:, None] * (1 - p[None, :])
    wins = (p[:, None] > p[None, :]) + 0.5 * (p[:, None] == p[None, :])
    return float((weight * wins).sum() / weight.sum())
