"""Small tables keep to one thread, and only for as long as they are worked on."""

import pytest
from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: F401 - loads OpenMP, so that there is a pool to look at
from threadpoolctl import threadpool_info

from evergreen.models.threads import threads_for


def n_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


@pytest.mark.parametrize(("n_rows", "is_limited"), [(0, True), (199_999, True), (200_000, False)])
def test_small_tables_use_one_thread(n_rows: int, is_limited: bool) -> None:
    before = n_threads()
    with threads_for(n_rows):
        assert n_threads() == ({1} if is_limited else before)
    assert n_threads() == before
