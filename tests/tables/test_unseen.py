"""Rows that a former model has not learnt from."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.split import may_be_learnt, split_rows
from evergreen.tables.split_card import SplitCard, make_split_card
from evergreen.tables.unseen import find_unseen
from tests.models.small import small_case, small_rows

AS_OF = date(2020, 6, 30)
BY_CHANCE = pytest.mark.parametrize("split", ["random", "group"])


FEW = {"min_training_rows": 10, "min_holdout_rows": 2}


def _rows(n_rows: int) -> pd.DataFrame:
    """Rows of sixty shops."""
    rows = small_rows("binary", n_rows)
    return rows.assign(shop="shop " + (rows["row_id"] % 60).astype("str"))


def _card(problem: Problem, rows: pd.DataFrame, *, random_state: int = 3) -> tuple[SplitCard, dict[str, pd.DataFrame]]:
    split = split_rows(as_frame(rows), problem, AS_OF, random_state=random_state)
    parts = {role: as_pandas(split.rows(role, problem)) for role in ("training", "holdout")}
    return make_split_card(split, problem, AS_OF, random_state=random_state), parts


def test_by_time_these_are_the_rows_after_the_newest_that_was_learnt_from() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 400)
    card, parts = _card(problem, rows)
    assert card.learnt_until == parts["training"]["decided_at"].max()
    assert card.random_state is None
    later = small_rows("binary", 300, first_id=200)
    is_unseen = find_unseen(later, training_id="other", former=problem, card=card)
    assert is_unseen.tolist() == (later["decided_at"] > card.learnt_until).tolist()
    assert 0 < is_unseen.sum() < len(later)
    assert not later.loc[is_unseen, "row_id"].isin(parts["training"]["row_id"]).any()


def test_a_row_of_the_very_moment_may_have_been_learnt_from() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 40)
    card = SplitCard(as_of=AS_OF, training_id="a", holdout_id="b", learnt_until=datetime(2020, 1, 5))
    is_unseen = find_unseen(rows, training_id="other", former=problem, card=card)
    assert rows.loc[is_unseen, "decided_at"].min() == pd.Timestamp("2020-01-05 06:00")


def test_an_older_card_tells_the_day_until_which_rows_were_judged() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 40)
    card = SplitCard(as_of=AS_OF, training_id="a", holdout_id="b", judged_until=date(2020, 1, 5))
    is_unseen = find_unseen(rows, training_id="other", former=problem, card=card)
    assert rows.loc[is_unseen, "decided_at"].min() == pd.Timestamp("2020-01-06")


def test_all_rows_that_were_kept_from_the_same_training_rows_are_unseen() -> None:
    card = SplitCard(as_of=AS_OF, training_id="a", holdout_id="b")
    rows = small_rows("binary", 40)
    assert find_unseen(rows, training_id="a", former=small_case("binary"), card=card).all()


@BY_CHANCE
def test_by_chance_these_are_the_rows_that_the_former_split_keeps(split: str) -> None:
    problem, rows = small_case("binary", split=split, limits=FEW), _rows(400)
    card, parts = _card(problem, rows.iloc[:300])
    _, now = _card(problem, rows, random_state=4)
    is_unseen = find_unseen(now["holdout"], training_id="other", former=problem, card=card)
    assert card.random_state == 3
    assert 0 < is_unseen.sum() < len(now["holdout"])
    assert not now["holdout"].loc[is_unseen, "row_id"].isin(parts["training"]["row_id"]).any()


@BY_CHANCE
@given(seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_what_may_be_learnt_is_what_the_split_gives_to_training(split: str, seed: int) -> None:
    problem, rows = small_case("binary", split=split, limits=FEW), _rows(200)
    _, parts = _card(problem, rows, random_state=seed)
    learnt = rows.loc[may_be_learnt(rows, problem, random_state=seed), "row_id"]
    assert set(learnt) == set(parts["training"]["row_id"])


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ("random", "The champion's split card does not tell by which seed rows were kept from it."),
        ("time", "The champion's split card does not tell until when it has learnt."),
    ],
)
def test_a_card_that_does_not_tell_is_refused(split: str, sentence: str) -> None:
    card = SplitCard(as_of=AS_OF, training_id="a", holdout_id="b")
    with pytest.raises(DataError, match=sentence):
        find_unseen(small_rows("binary", 5), training_id="x", former=small_case("binary", split=split), card=card)


def test_the_answer_is_one_a_row() -> None:
    card = SplitCard(as_of=AS_OF, training_id="a", holdout_id="b", learnt_until=datetime(2020, 1, 5))
    found = find_unseen(small_rows("binary", 7), training_id="x", former=small_case("binary"), card=card)
    assert (found.dtype, found.shape) == (np.dtype(bool), (7,))
