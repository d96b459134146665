"""Cells that the log never holds, and cells that the batch has seen otherwise."""

from pathlib import Path
from typing import Any

import pytest

from evergreen.pipelines.monitoring.answered import read_answers
from evergreen.problem import AsOf
from tests.pipelines.monitoring.served import (
    ENDS,
    LIVE,
    SKEWED,
    Service,
    WatchedLife,
    april_to_july,
    of_month,
    plain,
    raw_of,
    reader,
    with_case,
)

ROWS = april_to_july()
SHOPS = [f"shop {number}" for number in range(11)]


def test_inputs_that_the_batch_has_seen_otherwise_are_named(tmp_path: Path) -> None:
    log, month = reader(tmp_path), of_month(ROWS, 4)
    odd = month.head(40).assign(
        strength=lambda rows: rows["strength"].where(rows.index >= 10, 77.0),
        # A cell that only one of the two knows is not the same, and one that neither knows is.
        note=lambda rows: rows["note"].where(rows.index >= 10),
    )
    Service(log.url).ask(raw_of(odd), "2020-04-29")
    life = WatchedLife(log).run(ENDS[4], batch=month)
    found = life.kept["skew"].set_index("column")
    assert dict(found.loc["strength"]) == {"n_shared": 40, "n_differing": 10, "share": 0.25}
    n_noted = int(month["note"].head(10).notna().sum())
    assert 0 < n_noted < 10
    assert found.loc["note", "n_differing"] == n_noted
    assert found["n_differing"].sum() == 10 + n_noted
    assert life.checks["strength"]["finding"].startswith("'strength' is not the same in 25.0% of 40 rows that both")


def test_columns_that_the_log_never_holds_are_not_taken_for_missing(tmp_path: Path) -> None:
    log, live = reader(tmp_path), with_case(LIVE, {"noise": {"is_logged": False}, "colour": {"is_logged": False}})
    month = of_month(ROWS, 4)
    Service(log.url, release=live).ask(raw_of(month.head(60)), "2020-04-29")
    life = WatchedLife(log, live=live, params=SKEWED)
    life.run(ENDS[4], batch=month, known=ROWS[["row_id", "outcome"]])
    record, batch = life.windows["2020-04"].record, month.iloc[60:]
    assert record.n_rows == len(month)
    for name in ("noise", "colour"):
        column = record.columns[name]
        assert (column.n_known, column.n_missing) == (batch[name].notna().sum(), batch[name].isna().sum())
        assert sum(record.outcomes.segments[name].n) == len(batch)
    assert sum(record.outcomes.segments["strength"].n) == record.outcomes.n_outcomes == len(month)
    assert life.kept["read"]["n_asked_again"] == 0
    assert set(life.kept["skew"]["column"]) == set(live.problem.feature_columns) - {"noise", "colour"}
    assert "The log never holds 'noise', 'colour'" in life.checks["hidden columns"]["finding"]
    only = WatchedLife(log, live=live).run(ENDS[4], known=ROWS[["row_id", "outcome"]])
    assert only.windows["2020-04"].record.columns["noise"].n_missing == 0
    assert only.incidents == []


def test_without_a_column_that_every_row_needs_nothing_can_be_watched(tmp_path: Path) -> None:
    live = with_case(LIVE, {"strength": {"is_logged": False, "is_required": True}})
    log = reader(tmp_path)
    Service(log.url, release=live).ask(raw_of(of_month(ROWS, 4)), "2020-04-29")
    life = WatchedLife(log, live=live).run(ENDS[4])
    assert life.kept["rows"].empty
    assert (
        "cannot be watched: of what the log holds no usable row can be made (it never holds 'strength')"
        in (life.checks["answers not watched"]["finding"])
    )


@pytest.mark.parametrize(
    ("change", "shops"),
    [({}, [name.upper() for name in SHOPS]), ({"values": SHOPS[:-1], "when_invalid": "quarantine"}, SHOPS)],
    ids=["other letters", "a word that is refused"],
)
def test_repairs_of_a_column_that_the_log_hides_are_no_skew(
    change: dict[str, Any], shops: list[str], tmp_path: Path
) -> None:
    live = with_case(LIVE, {"shop": {"is_feature": False, "is_logged": False, **change}})
    raw = [row | {"shop": shops[place % len(shops)]} for place, row in enumerate(raw_of(of_month(ROWS, 4)))]
    log = reader(tmp_path)
    Service(log.url, live, plain(live)).ask(raw, "2020-04-29")
    life = WatchedLife(log, live=live, params=SKEWED).run(ENDS[4])
    n_refused = sum(row["shop"] == SHOPS[-1] for row in raw[-50:])
    assert life.windows["2020-04"].service.n_asked_again == 50 - n_refused
    assert life.kept["read"]["n_differing"] == 0
    assert "skew" not in life.causes


def test_skew_is_still_found_where_the_log_hides_another_column(tmp_path: Path) -> None:
    live = with_case(LIVE, {"shop": {"is_feature": False, "is_logged": False}})
    other = with_case(live, {"noise": {"range": [-0.5, 0.5]}})
    log, month = reader(tmp_path), of_month(ROWS, 4)
    Service(log.url, live, plain(other)).ask(raw_of(month), "2020-04-29")
    life = WatchedLife(log, live=live, params=SKEWED).run(ENDS[4])
    n_out = int((month.sort_values("row_id").tail(50)["noise"].abs() > 0.5).sum())
    assert life.windows["2020-04"].service.differing == {"noise": n_out}


_BY_GROUP = {
    "columns": ["shop"],
    "metric": "selection_rate",
    "at_most": 1.0,
    "favourable_action": "call",
    "allowed": ["none", "thresholds"],
    "may_use_group": True,
    "remedy": "thresholds",
}
_BY_ROW = {
    "unit": "EUR",
    "actions": {
        "call": {"no": {"column": "noise", "times": -1, "plus": -2, "if_missing": 0}, "yes": 5},
        "skip": {"no": 0, "yes": 0},
    },
}


@pytest.mark.parametrize(
    ("hidden", "change"),
    [("shop", {"fairness": _BY_GROUP}), ("noise", {"payoff": _BY_ROW})],
    ids=["thresholds of groups", "money by row"],
)
def test_nothing_is_asked_again_where_the_log_hides_what_the_action_hangs_on(
    hidden: str, change: dict[str, Any], tmp_path: Path
) -> None:
    column = {"is_feature": False, "is_logged": False, "is_sensitive": hidden == "shop"}
    log, live = reader(tmp_path), with_case(LIVE, {hidden: column}, **change)
    Service(log.url, live, plain(LIVE)).ask(raw_of(of_month(ROWS, 4)), "2020-04-29")
    _, _, read = read_answers(SKEWED, AsOf(ENDS[4]), live, log, lambda: None)
    assert (read["n_new"], read["n_asked_again"]) == (len(of_month(ROWS, 4)), 0)
