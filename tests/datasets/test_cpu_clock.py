"""The processor's clock runs, and nobody sets it."""

import pytest
from kedro.io import DatasetError

from evergreen.datasets.cpu_clock import CpuClock


def test_it_runs_forward() -> None:
    clock = CpuClock().load()
    before = clock()
    assert sum(range(200_000)) > 0
    assert clock() > before


def test_it_is_not_set() -> None:
    with pytest.raises(DatasetError, match="is only read"):
        CpuClock().save(1.0)
