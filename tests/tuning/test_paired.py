import math

import numpy as np
import pandas as pd
import pytest

from evergreen.tuning.paired import Gain, paired_gain


def test_the_error_of_independent_rows_is_that_of_a_mean() -> None:
    gains = np.random.default_rng(0).normal(size=50)
    found = paired_gain(gains, None)
    assert found.mean == pytest.approx(gains.mean())
    assert found.se == pytest.approx(pd.Series(gains).sem())


def test_rows_of_a_day_count_as_one() -> None:
    daily = np.random.default_rng(0).normal(size=40)
    alone, repeated = paired_gain(daily, None), paired_gain(np.repeat(daily, 5), np.repeat(np.arange(40), 5))
    assert repeated.se == pytest.approx(alone.se)
    assert paired_gain(np.repeat(daily, 5), None).se < 0.5 * repeated.se


def test_intervals_of_clustered_means_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(60), 4)
    within = 0
    for _ in range(400):
        found = paired_gain(np.repeat(rng.normal(size=60), 4) + rng.normal(size=240), labels)
        within += abs(found.mean) < 1.96 * found.se
    assert 0.91 < within / 400 < 0.98


def test_too_few_days_tell_nothing() -> None:
    found = paired_gain(np.ones(90), np.repeat(np.arange(9), 10))
    assert found.mean == 1
    assert math.isnan(found.se)
    assert not found.is_beyond(0.0)


@pytest.mark.parametrize(("gain", "is_beyond"), [(Gain(2, 1), True), (Gain(1, 1), False), (Gain(-2, 1), False)])
def test_a_gain_counts_where_it_is_larger_than_its_error(gain: Gain, is_beyond: bool) -> None:
    assert gain.is_beyond(1.0) is is_beyond


def test_a_loss_that_is_sure_is_no_gain() -> None:
    assert not Gain(0.0, 0.0).is_beyond(1.0)
