from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.models.folds import forward_folds, make_folds
from tests.models.small import KINDS, SEED, small_case, small_rows

_TIMES = st.lists(st.integers(0, 60), min_size=1, max_size=40)


def _dates(days: list[int]) -> pd.Series:
    return pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D"))


def test_folds_move_forward_and_leave_the_gap_out() -> None:
    folds = list(forward_folds(_dates(list(range(12))), 3, timedelta(days=2)))
    assert [(learnt.tolist(), judged.tolist()) for learnt, judged in folds] == [
        ([0, 1], [3, 4, 5]),
        ([0, 1, 2, 3, 4], [6, 7, 8]),
        ([0, 1, 2, 3, 4, 5, 6, 7], [9, 10, 11]),
    ]


@settings(max_examples=60, deadline=None)
@given(_TIMES, st.integers(1, 5), st.integers(0, 10))
def test_what_is_learnt_was_known_before_what_is_judged(days: list[int], n_folds: int, gap_days: int) -> None:
    times, gap = _dates(days), timedelta(days=gap_days)
    for learnt, judged in forward_folds(times, n_folds, gap):
        if len(learnt) and len(judged):
            known_at = times.iloc[learnt] + gap
            assert known_at.max() <= times.iloc[judged].min()
            assert times.iloc[learnt].max() < times.iloc[judged].min()


@settings(max_examples=60, deadline=None)
@given(_TIMES, st.integers(1, 5))
def test_blocks_follow_each_other_and_together_hold_all_rows_from_the_first_start_on(
    days: list[int], n_folds: int
) -> None:
    times = _dates(days)
    blocks = [judged for _, judged in forward_folds(times, n_folds, timedelta())]
    judged = np.concatenate(blocks)
    assert len(set(judged)) == len(judged)
    filled = [times.iloc[block] for block in blocks if len(block)]
    assert all(one.max() < later.min() for one, later in pairwise(filled))
    assert set(judged) == set(np.flatnonzero(times >= times.iloc[judged].min()))


@settings(max_examples=40, deadline=None)
@given(_TIMES, st.integers(1, 4), st.randoms(use_true_random=False))
def test_folds_do_not_depend_on_the_order_of_the_rows(days: list[int], n_folds: int, random: object) -> None:
    shuffled = list(days)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def days_of(chosen: list[int]) -> list[tuple[list[int], list[int]]]:
        folds = forward_folds(_dates(chosen), n_folds, timedelta(days=1))
        return [(sorted(np.array(chosen)[a].tolist()), sorted(np.array(chosen)[b].tolist())) for a, b in folds]

    assert days_of(days) == days_of(shuffled)


@pytest.mark.parametrize("kind", KINDS)
def test_time_folds_wait_for_the_label_delay_of_the_case(kind: str) -> None:
    problem, rows = small_case(kind), small_rows(kind, 200)
    folds = make_folds(rows, problem, random_state=SEED)
    assert len(folds) == 3
    for learnt, judged in folds:
        first = rows["decided_at"].iloc[judged].min()
        assert (rows["decided_at"].iloc[learnt] + timedelta(days=10) <= first).all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_group_is_on_both_sides(kind: str) -> None:
    rows = small_rows(kind, 200)
    folds = make_folds(rows, small_case(kind, split="group"), random_state=SEED)
    assert all(not set(rows["shop"].iloc[a]) & set(rows["shop"].iloc[b]) for a, b in folds)
    assert sorted(np.concatenate([judged for _, judged in folds])) == list(range(200))


def test_random_folds_keep_the_shares_of_the_classes() -> None:
    rows = small_rows("multiclass", 200)
    codes = rows["outcome"].value_counts()
    for _, judged in make_folds(rows, small_case("multiclass", split="random"), random_state=SEED):
        found = rows["outcome"].iloc[judged].value_counts()
        assert ((found - codes / 3).abs() <= 1).all()


def test_random_folds_follow_the_seed() -> None:
    rows, problem = small_rows("regression", 60), small_case("regression", split="random")
    once, again, other = (make_folds(rows, problem, random_state=seed) for seed in (1, 1, 2))
    assert all((a[1] == b[1]).all() for a, b in zip(once, again, strict=True))
    assert any(len(a[1]) != len(b[1]) or (a[1] != b[1]).any() for a, b in zip(once, other, strict=True))


def test_folds_with_one_class_are_left_out() -> None:
    rows = small_rows("binary", 240).assign(outcome=["no"] * 40 + ["no", "yes"] * 100)
    folds = make_folds(rows, small_case("binary"), random_state=SEED)
    assert len(folds) == 2
    assert all(rows["outcome"].iloc[side].nunique() == 2 for fold in folds for side in fold)


def test_too_little_history_is_refused() -> None:
    rows = small_rows("binary", 40)  # ten days; an outcome takes as long
    with pytest.raises(DataError, match=r"give 0 folds .* Bring a longer history"):
        make_folds(rows, small_case("binary"), random_state=SEED)


def test_fewer_groups_than_folds_make_fewer_folds_and_one_group_none() -> None:
    problem = small_case("binary", split={"by": "group", "group": "shop", "new_rows_share": 0.2, "n_folds": 4})
    rows = small_rows("binary", 80)
    three = rows.assign(shop=[f"shop {i % 3}" for i in range(80)])
    assert len(make_folds(three, problem, random_state=SEED)) == 3
    with pytest.raises(DataError, match="give 0 folds"):
        make_folds(rows.assign(shop="the only one"), problem, random_state=SEED)


def test_fewer_rows_of_every_class_than_folds_make_fewer_folds() -> None:
    rows = small_rows("binary", 12).assign(outcome=["no", "yes"] * 6)
    problem = small_case("binary", split={"by": "random", "new_rows_share": 0.2, "n_folds": 9})
    assert len(make_folds(rows, problem, random_state=SEED)) == 6
