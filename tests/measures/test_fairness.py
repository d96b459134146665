from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from hypothesis import given
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.measures.fairness import (
    GAPS,
    RATES,
    Decided,
    decided_rows,
    group_rates,
    judged_groups,
    rate_gaps,
)

NAMES = ("a", "b", "c")


def some_rows(n_rows: int = 400, seed: int = 1) -> Decided:
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, n_rows)
    is_positive = rng.random(n_rows) < 0.2 + 0.2 * group
    return decided_rows(rng.random(n_rows) < 0.3 + 0.3 * is_positive, is_positive, group, NAMES)


def by_group(decided: Decided) -> dict[str, Any]:
    return {"y_true": decided.is_positive, "y_pred": decided.is_selected, "sensitive_features": decided.group}


def test_an_example_by_hand() -> None:
    #                       group a            group b
    is_selected = [True, True, False, False, True, False, False, False]
    is_positive = [True, False, True, False, True, True, False, False]
    decided = decided_rows(is_selected, is_positive, [0] * 4 + [1] * 4, ("a", "b"))
    rates = group_rates(decided)
    assert {name: values[0].tolist() for name, values in rates.items()} == {
        "selection_rate": [0.5, 0.25],
        "true_positive_rate": [0.5, 0.5],
        "false_positive_rate": [0.5, 0.0],
    }
    gaps = {name: values.item() for name, values in rate_gaps(rates).items()}
    expected = {"selection_rate": 0.25, "true_positive_rate": 0, "false_positive_rate": 0.5, "equalized_odds": 0.5}
    assert gaps == expected


@pytest.mark.parametrize("seed", range(5))
def test_rates_and_gaps_are_fairlearns(seed: int) -> None:
    decided = some_rows(seed=seed)
    told, rates = by_group(decided), group_rates(decided)
    theirs = (selection_rate, true_positive_rate, false_positive_rate)
    frame = MetricFrame(metrics=dict(zip(RATES, theirs, strict=True)), **told)
    for name in RATES:
        np.testing.assert_allclose(rates[name][0], frame.by_group[name])
    gaps = rate_gaps(rates)
    for name, gap in frame.difference().items():
        assert gaps[str(name)].item() == pytest.approx(gap)
    assert gaps["selection_rate"].item() == pytest.approx(demographic_parity_difference(**told))
    assert gaps["equalized_odds"].item() == pytest.approx(equalized_odds_difference(**told))


@given(seed=st.integers(0, 50))
def test_a_weight_counts_like_as_many_rows_and_the_order_does_not(seed: int) -> None:
    decided, rng = some_rows(60, seed), np.random.default_rng(seed)
    weights = rng.integers(0, 3, 60)
    weighted = rate_gaps(group_rates(decided, sample_weight=weights[None, :]))
    place = rng.permutation(np.repeat(np.arange(60), weights))
    repeated = Decided(decided.is_selected[place], decided.is_positive[place], decided.group[place], NAMES)
    plain = rate_gaps(group_rates(repeated))
    for name in GAPS:
        np.testing.assert_allclose(weighted[name], plain[name])


def test_a_group_too_small_is_not_judged() -> None:
    group = [0] * 100 + [1] * 100 + [2] * 3
    is_selected = [1] * 50 + [0] * 50 + [1] * 40 + [0] * 60 + [1] * 3
    decided = decided_rows(is_selected, [1, 0] * 101 + [1], group, NAMES)
    judged = judged_groups(decided, min_rows=60)
    assert judged["selection_rate"].tolist() == [True, True, False]
    # Of each group only 50 rows have the favourable outcome: too few for a rate of these.
    assert not judged["true_positive_rate"].any()
    gaps = rate_gaps(group_rates(decided), judged)
    assert gaps["selection_rate"].item() == pytest.approx(0.1)
    assert np.isnan(gaps["true_positive_rate"]).all()
    assert np.isnan(gaps["equalized_odds"]).all()


def test_rows_of_an_unknown_group_are_not_judged() -> None:
    judged = judged_groups(some_rows(), min_rows=2, is_known=[True, True, False])
    assert [judged[name][2] for name in RATES] == [False] * 3


def test_a_group_without_such_rows_has_no_rate() -> None:
    decided = decided_rows([1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 1], ("a", "b"))
    rates = group_rates(decided)["true_positive_rate"]
    pd.testing.assert_series_equal(pd.Series(rates[0]), pd.Series([1.0, np.nan]))


def test_more_than_fits_is_refused() -> None:
    with pytest.raises(DataError, match="differ in number"):
        decided_rows([1, 0], [1, 0, 1], [0, 0, 0], NAMES)
    with pytest.raises(DataError, match="not in 0 to 2"):
        decided_rows([1, 0], [1, 0], [0, 3], NAMES)
    with pytest.raises(DataError, match="Groups are none"):
        group_rates(Decided(np.empty(0, dtype=bool), np.empty(0, dtype=bool), np.empty(0, dtype=np.int64), ()))
