from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from evergreen.watching import count_outcomes
from evergreen.watching.signals import input_signals, input_sums, normal_scores, outcome_signals, outcome_sums
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
