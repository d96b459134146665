"""Policies in worlds whose truth is known: who retrains, when, and from what."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from evergreen.replaying.policies import Policy, mean_gain
from evergreen.replaying.replay import Replay, replay
from evergreen.replaying.stream import Window
from tests.replaying.worlds import KnownWorkshop, Worth, flip, plain_stream, quiet

ALL = {
    "never": Policy(kind="never"),
    "every": Policy(kind="every", every=3),
    "alarm": Policy(kind="alarm"),
    "gated": Policy(kind="gated"),
    "guarded": Policy(kind="guarded", every=2, newest=4, trials=(1, 5)),
}


def course(policy: str | Policy, worth: Worth, *, noise: float = 0.2) -> Replay:
    told = ALL[policy] if isinstance(policy, str) else policy
    workshop: Any = KnownWorkshop(plain_stream(), worth, noise)
    return replay(told, workshop)


def test_never_loses_where_a_concept_flips_and_the_others_recover() -> None:
    ends = {name: course(name, flip).totals[-6:].mean() for name in ALL}
    assert ends["never"] == pytest.approx(0, abs=4)
    assert ends["every"] > 8
    assert ends["gated"] > 8
    assert ends["guarded"] > 35  # it learns from the newest batches alone by then


@pytest.mark.parametrize("name", ["never", "alarm", "gated"])
def test_where_nothing_changes_nobody_who_asks_for_proof_retrains(name: str) -> None:
    assert set(course(name, quiet).served) == {Window(4)}


def test_every_so_many_batches_of_outcomes_all_the_past_is_learnt() -> None:
    found = course("every", quiet)
    assert [window.until for window in found.served] == [4] * 5 + [7] * 3 + [10] * 3 + [13] * 3 + [16] * 3 + [19] * 3
    assert {window.since for window in found.served} == {0}
    assert (found.n_fits, found.cpu_seconds) == (5, 5.0)


def test_the_gate_opens_only_once_the_challenger_has_proved_itself_on_rows_it_had_not_seen() -> None:
    found = course("gated", flip, noise=0.05)
    changes = [one.until for one, before in zip(found.served[1:], found.served, strict=False) if one != before]
    # Batches 12 and 13 are the first of the new concept; a challenger that knows 12 is judged on 13.
    assert changes[0] == 14
    assert found.served[14 + 2 - 4 - 1] == Window(4)


def test_a_refused_challenger_counts_as_a_fit() -> None:
    assert course("gated", quiet).n_fits == 16


def test_the_alarm_asks_for_a_sure_fall() -> None:
    def ageing(window: Window, batch: int) -> float:
        return 1.0 - 0.001 * (batch - window.until)

    assert course("alarm", ageing).n_fits == 0
    told = course("alarm", flip)
    assert {window.until for window in told.served} == {4, 13}


def test_after_a_retrain_that_did_harm_the_one_before_serves_again() -> None:
    def poisoned(window: Window, batch: int) -> float:
        return -1.0 if window.until >= 8 else 1.0

    served = course(Policy(kind="guarded", every=2, trials=()), poisoned).served
    assert [window.until for window in served] == [4, 4, 4, 4, 6, 6, 8, 8, *[6] * 12]


def test_the_newest_batches_alone_are_learnt_where_that_is_surely_better() -> None:
    def recent(window: Window, batch: int) -> float:
        return 1.0 if window.since > 0 else 0.5

    found = course("guarded", recent)
    assert [window.until - window.since for window in found.served[4:]] == [6, 6, *[4] * 14]
    assert found.n_fits == 8 + 2  # each trial fits the rival, too
    both = course("guarded", quiet)
    assert {window.since for window in both.served} == {0}


def test_the_bound_is_that_of_a_t_test_of_stretches() -> None:
    found = np.random.default_rng(3).normal(0.1, 1, 200)
    gain = mean_gain(found)
    stretches = found.reshape(20, 10).mean(axis=1)
    told = ttest_1samp(stretches, 0, alternative="greater").confidence_interval(0.95)
    assert gain.lower_bound(0.95) == pytest.approx(told.low)


@given(cut=st.integers(5, 20), seed=st.integers(0, 100), name=st.sampled_from(sorted(ALL)))
@settings(max_examples=40)
def test_nothing_is_decided_by_outcomes_that_are_not_known(cut: int, seed: int, name: str) -> None:
    noise = np.random.default_rng(seed).normal(0, 3, (30, 30))

    def other(window: Window, batch: int) -> float:
        return flip(window, batch) + (float(noise[window.until, batch]) if batch >= cut else 0.0)

    stream = plain_stream()
    before = int((stream.known[4:] <= cut).sum())
    assert course(name, other).served[:before] == course(name, flip).served[:before]
