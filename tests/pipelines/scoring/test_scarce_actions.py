"""What was decided about a row stays decided, and uses up the capacity of its window."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.pipelines.scoring.params import ScoringParams
from evergreen.pipelines.scoring.score import score_new_rows
from evergreen.releases import LoadedRelease, assemble_release, load_release
from tests.models.small import small_case, small_rows, trained

# Chunks of three rows would each have a capacity of their own.
PARAMS = ScoringParams(random_state=5, chunk_rows=3)
NOBODY = pd.DataFrame(columns=["row_id", "reasons"], dtype="str")
DAILY = {"action": "call", "at_most": 2, "per": "day"}
CALLS = {"unit": "EUR", "actions": {"call": {"no": -1, "yes": 5}, "skip": {"no": 0, "yes": 0}}}


def champion(capacity: dict[str, Any] | None = None) -> LoadedRelease:
    problem = small_case("binary", payoff=CALLS | ({"capacity": capacity} if capacity else {}))
    release = assemble_release(problem, trained("binary").model, {})
    return load_release(release.release_id, release.files)


def score(live: LoadedRelease, rows: pd.DataFrame, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
    return score_new_rows(live.problem, PARAMS, live, rows, NOBODY, lambda: earlier)[0]


def new_rows(n_rows: int = 40) -> pd.DataFrame:
    return small_rows("binary", n_rows, seed=3, first_id=900).drop(columns="outcome")


def n_called(rows: pd.DataFrame, predictions: pd.DataFrame) -> pd.Series:
    return (predictions["action"] == "call").groupby(rows["decided_at"].dt.normalize().to_numpy()).sum()


def test_no_day_has_more_than_its_capacity() -> None:
    rows = new_rows()
    found, free = score(champion(DAILY), rows), score(champion(), rows)
    assert n_called(rows, free).max() > 2
    np.testing.assert_array_equal(n_called(rows, found), np.minimum(n_called(rows, free), 2))


def test_scoring_again_changes_nothing() -> None:
    rows, live = new_rows(), champion(DAILY)
    first = score(live, rows)
    pd.testing.assert_frame_equal(score(live, rows, first), first)
    mixed = rows.sample(frac=1, random_state=1)
    again = score(live, mixed, first).sort_values("row_id", ignore_index=True)
    pd.testing.assert_frame_equal(again, first)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_rows_that_come_later_in_the_day_get_what_is_left(size: int) -> None:
    rows, live, earlier = new_rows(), champion(DAILY), None
    for end in range(size, len(rows) + size, size):
        so_far = rows.iloc[:end]
        found = score(live, so_far, earlier)
        assert n_called(so_far, found).max() <= 2
        if earlier is not None:
            assert found["action"].iloc[: len(earlier)].tolist() == earlier["action"].tolist()
        earlier = found
    in_turn = score(champion(), rows)
    # One by one the first two of a day are called that pay.
    if size == 1:
        order = (in_turn["action"] == "call").groupby(rows["decided_at"].dt.normalize().to_numpy()).cumsum()
        expected = np.where((in_turn["action"] == "call") & (order <= 2), "call", "skip")
        assert earlier["action"].tolist() == expected.tolist()


def test_what_another_release_decided_is_decided_anew() -> None:
    rows = new_rows()
    other = score(champion(DAILY | {"at_most": 1}), rows)
    found = score(champion(DAILY), rows, other)
    pd.testing.assert_frame_equal(found, score(champion(DAILY), rows))


def test_predictions_under_another_key_are_of_no_use() -> None:
    rows = new_rows()
    other = pd.DataFrame({"name": ["a"], "action": ["call"], "release_id": ["0"]})
    pd.testing.assert_frame_equal(score(champion(DAILY), rows, other), score(champion(DAILY), rows))


def test_a_case_without_a_capacity_does_not_look_back() -> None:
    def read() -> pd.DataFrame:
        raise AssertionError("Nobody may ask.")

    live, rows = champion(), new_rows()
    found, *_ = score_new_rows(live.problem, PARAMS, live, rows, NOBODY, read)
    pd.testing.assert_frame_equal(found, score(live, rows))
