"""Columns that move in time, in worlds where one knows which do."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from evergreen.problem import Kind, Problem
from evergreen.tuning.movement import find_movement
from evergreen.tuning.space import movable_columns, number_dropped
from tests.models.small import KINDS, SEED, small_case, small_rows

COLUMNS = [
    "column",
    "order",
    "period_auc",
    "forward_gain",
    "forward_gain_se",
    "nested_gain",
    "nested_gain_se",
    "is_movable",
]


def _world(n_rows: int = 3_000, *, kind: Kind = "binary", turn: float = 0.5) -> pd.DataFrame:
    """``noise`` tells the outcome for half of the time, then the opposite; ``since`` goes with the calendar."""
    rng = np.random.default_rng(2)
    rows = small_rows(kind, n_rows)
    moved = rng.normal(size=n_rows)
    turned = np.where(np.arange(n_rows) < turn * n_rows, 1, -1)
    signal = rows["strength"].to_numpy() + 2 * turned * moved
    rows["noise"], rows["since"] = moved, rows["decided_at"] + pd.Timedelta(days=3)
    if kind == "regression":
        return rows.assign(outcome=signal)
    return rows.assign(outcome=np.where(rng.random(n_rows) < expit(signal), "yes", "no"))


def test_a_column_that_comes_to_mean_the_opposite_comes_first_and_a_stable_one_is_not_movable() -> None:
    found = find_movement(_world(), small_case("binary"), random_state=SEED).set_index("column")
    assert found.loc["noise", "order"] == 1
    assert found.loc["noise", "forward_gain"] > 5 * found.loc["noise", "forward_gain_se"]
    assert found.loc["noise", "period_auc"] == pytest.approx(0.5, abs=0.05)
    assert found.loc["strength", "forward_gain"] < 0
    assert found.loc["noise", "is_movable"]
    assert not found.loc[["strength", "colour", "is_known", "note"], "is_movable"].any()


def test_a_column_of_values_that_were_never_seen_before_is_movable() -> None:
    found = find_movement(_world(), small_case("binary"), random_state=SEED).set_index("column")
    assert found.loc["since", "period_auc"] > 0.99
    assert movable_columns(found.reset_index()) == ("noise", "since")


def test_dropping_what_misleads_gains_as_a_set_too() -> None:
    found = find_movement(_world(turn=0.75), small_case("binary"), random_state=SEED)
    assert found["nested_gain"].notna().tolist() == [True, True, *[False] * (len(found) - 2)]
    assert (found["nested_gain"][:2] > found["forward_gain"][0] / 2).all()
    assert number_dropped(found) in (1, 2)


def test_a_turn_that_can_be_learnt_by_now_is_no_reason_to_drop() -> None:
    found = find_movement(_world(), small_case("binary"), random_state=SEED)
    assert found["forward_gain"][0] > 0 > found["nested_gain"][1]
    assert number_dropped(found) == 0


def test_what_misled_only_while_the_past_was_short_is_kept() -> None:
    """A level that comes back: in the older folds its values are new, in the newest they are known."""
    rows = small_rows("binary", 3_000)
    draw = np.random.default_rng(SEED)
    block = np.arange(len(rows)) * 10 // len(rows)
    levels = (block % 5).astype(float)
    rows["noise"] = levels + draw.normal(scale=0.05, size=len(rows))
    likely = np.array([0.9, 0.1, 0.9, 0.1, 0.9])[levels.astype(int)]
    rows["outcome"] = np.where(draw.random(len(rows)) < likely, "yes", "no")
    problem = small_case("binary", split={"by": "time", "new_rows_days": 30, "n_folds": 4})
    found = find_movement(rows, problem, random_state=SEED)
    told = found.set_index("column").loc["noise"]
    assert told["is_movable"]
    short = find_movement(rows[block < 5].reset_index(drop=True), problem, random_state=SEED)
    assert number_dropped(short) > 0
    assert number_dropped(found) == 0


def test_columns_that_stand_for_each_other_are_seen_through_as_a_set() -> None:
    rows = _world()
    rows["strength"], rows["shop"] = rows["noise"] * 2 + 1, rows["shop"]
    found = find_movement(rows, small_case("binary"), random_state=SEED).set_index("column")
    assert abs(found.loc["noise", "forward_gain"]) < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_every_feature_has_a_place_whatever_the_kind(kind: Kind) -> None:
    problem = small_case(kind)
    found = find_movement(small_rows(kind, 300), problem, random_state=SEED)
    assert list(found) == COLUMNS
    assert sorted(found["column"]) == sorted(problem.feature_columns)
    assert found["order"].tolist() == list(range(1, len(found) + 1))
    assert found["forward_gain"].notna().all()


def test_a_world_that_stands_still_has_no_movable_column() -> None:
    found = find_movement(small_rows("regression", 2_000), small_case("regression"), random_state=SEED)
    assert not found["is_movable"].any()
    assert found["nested_gain"].isna().all()
    assert found["period_auc"].between(0.4, 0.6).all()


@pytest.mark.parametrize("split", ["random", "group"])
def test_without_time_in_the_split_the_table_is_empty(split: str) -> None:
    found = find_movement(small_rows("binary", 100), small_case("binary", split=split), random_state=SEED)
    assert (list(found), len(found)) == (COLUMNS, 0)
    assert movable_columns(found) == ()


def test_the_period_is_told_as_well_as_the_best_threshold_does() -> None:
    rows = _world()
    rng = np.random.default_rng(0)
    rows["noise"] = rng.normal(size=len(rows)) + 3 * np.linspace(0, 1, len(rows))
    problem = small_case("binary", split={"by": "time", "new_rows_days": 30, "n_folds": 2})
    found = find_movement(rows, problem, random_state=SEED).set_index("column")
    thirds = np.arange(len(rows)) // (len(rows) / 3)
    early, late = thirds <= 1, thirds == 1
    auc = np.mean([roc_auc_score(late[early], rows["noise"][early]), roc_auc_score(thirds == 2, rows["noise"])])
    assert found.loc["noise", "period_auc"] == pytest.approx(auc, abs=0.03)


def test_the_same_seed_gives_the_same_table_and_rows_stay_as_they_are() -> None:
    rows = _world(800)
    before = rows.copy()
    first, second = (find_movement(rows, small_case("binary"), random_state=SEED) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(rows, before)


def _wide(n_rows: int, n_columns: int) -> tuple[Problem, pd.DataFrame]:
    rng = np.random.default_rng(0)
    names = [f"x{number}" for number in range(n_columns)]
    told = small_case("binary").model_dump(mode="json", exclude_none=True)
    kept = ("row_id", "decided_at", "shop", "outcome")
    told["columns"] = {name: told["columns"][name] for name in kept}
    told["columns"] |= {name: {"type": "number", "why": "For the test."} for name in names}
    cells = pd.DataFrame(rng.normal(size=(n_rows, n_columns)), columns=names)
    turned = np.where(np.arange(n_rows) < n_rows / 2, 1, -1)
    outcome = np.where(rng.random(n_rows) < expit(2 * turned * cells["x7"] + cells["x1"]), "yes", "no")
    rows = small_rows("binary", n_rows)[["row_id", "decided_at", "shop"]]
    return Problem.model_validate(told), pd.concat([rows, cells], axis=1).assign(outcome=outcome)


def test_of_many_columns_only_the_likely_ones_are_tried_and_the_one_that_turned_is_among_them() -> None:
    problem, rows = _wide(2_000, 40)
    found = find_movement(rows, problem, random_state=SEED)
    assert found["forward_gain"].notna().sum() == 12
    assert found["column"].iloc[0] == "x7"


@pytest.mark.slow
def test_a_large_table_costs_seconds() -> None:
    problem, rows = _wide(28_000, 19)
    began = time.process_time()
    find_movement(rows, problem, random_state=SEED)
    assert time.process_time() - began < 10
