from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from evergreen.measures.shifts import Sums
from evergreen.watching import count_outcomes
from evergreen.watching.signals import (
    Signal,
    input_signals,
    input_sums,
    normal_scores,
    outcome_signals,
    outcome_sums,
    weights_of,
)
from tests.watching.small import World, columns_of, draw_rows, judge

WORLD = World()


def test_every_signal_has_a_name_of_its_own():
    signals = [*WORLD.watch.inputs.signals, *WORLD.watch.outcomes.signals]
    assert len({signal.key for signal in signals}) == len(signals)


def test_normal_scores_are_means_of_a_normal_variable():
    ends = norm.ppf(np.linspace(0, 1, 21))
    expected = [truncnorm.mean(low, high) for low, high in pairwise(ends)]
    np.testing.assert_allclose(normal_scores((100_000,) * 20), expected, atol=1e-3)


def test_sums_of_inputs_are_those_of_the_rows():
    record = WORLD.window("d1", missing=0.1, n_quarantined=50)
    signals, sums = input_signals(WORLD.bins), input_sums(WORLD.bins, WORLD.watch.reference, [record])
    mean = {signal.key: float(value) for signal, value in zip(signals, sums.mean[0], strict=True)}
    assert mean["missing|age|0"] == record.columns["age"].n_missing / 1000
    assert mean["quarantined||0"] == 50 / 1050
    assert mean["share|job|2"] == record.columns["job"].counts[2] / 1000
    known = np.array(record.columns["age"].counts)
    assert mean["share|age|4"] == known[4] / known.sum()
    scores = np.repeat(normal_scores(WORLD.watch.reference.columns["age"].counts), known)
    place = [signal.key for signal in signals].index("level|age|0")
    assert mean["level|age|0"] == pytest.approx(scores.mean())
    assert sums.q[0, place] / sums.n[0, place] == pytest.approx((scores**2).mean())


def test_sums_of_outcomes_are_those_of_the_rows():
    draw = np.random.default_rng(7)
    rows = draw_rows(draw, 500)
    judged = judge(draw, rows)

    record = count_outcomes(WORLD.bins, columns_of(rows), judged)
    signals = outcome_signals(WORLD.bins, record)
    sums = outcome_sums(signals, [None, record])
    assert not sums.n[0].any()
    place = next(i for i, one in enumerate(signals) if (one.kind, one.place) == ("excess", "'nurse'"))
    is_nurse = (rows["job"] == "nurse").to_numpy()
    error = judged.happened - judged.expected
    excess = (error**2 - judged.expected * (1 - judged.expected))[is_nurse]
    found = [float(part[1, place]) for part in sums]
    assert found == pytest.approx([is_nurse.sum(), excess.sum(), (excess**2).sum(), (excess**3).sum()])


def test_the_nearer_a_share_is_to_one_half_the_more_of_the_budget_it_gets() -> None:
    shares = np.array([0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0])
    sums = Sums(np.full(7, 1000.0), 1000 * shares, 1000 * shares)
    weights = weights_of([Signal("share", "job", position=i) for i in range(7)], sums)
    assert (np.diff(weights[:4]) > 0).all()
    assert weights[:3] == pytest.approx(weights[:3:-1])
    # By the variance of the share, from a quarter to two and a half.
    assert weights == pytest.approx(0.25 + 9 * shares * (1 - shares))
    halved = weights_of([Signal("repaired", "job", weight=0.5)], Sums(*(part[:1] for part in sums[:3])))
    assert halved == pytest.approx([0.125])


def test_weights_of_means_and_of_what_nobody_has_are_plain() -> None:
    nothing = np.zeros(2)
    found = weights_of([Signal("level", "age"), Signal("bias", weight=3.0)], Sums(nothing, nothing, nothing))
    assert found.tolist() == [1.0, 3.0]


def test_the_levels_of_all_tests_still_add_up_to_the_rate() -> None:
    """What common shares get more, others get less: the promise of the budget does not move."""
    watch = WORLD.watch
    levels = sum(2 * norm.sf(panel.limits).sum() for panel in (watch.inputs, watch.outcomes))
    assert levels == pytest.approx(watch.budget.rate)
    signals = [signal.key for signal in watch.inputs.signals]
    common, rare = signals.index("share|job|0"), signals.index("missing|job|0")
    assert watch.inputs.limits[0, common] < watch.inputs.limits[0, rare]
