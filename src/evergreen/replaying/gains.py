"""What share of the gain of hindsight each policy reaches, how sure that is, and which policy to take."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evergreen.replaying.replay import Replay

Floats = NDArray[np.float64]
_TAILS = (2.5, 97.5)
_TINY = 1e-9


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval; None where it is not defined.

    Attributes:
        value: 1 is all that hindsight gains over never retraining. Above 1 where a policy learns from other windows
            than the schedules that hindsight chooses from, below 0 where it loses.
        low: the lower end.
        high: the upper end.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


def block_draws(n_batches: int, *, block: int, n_resamples: int, random_state: int) -> Floats:
    """Draw batches in blocks, so that neighbours that resemble each other stay together.

    The circular block bootstrap (Politis and Romano, 1992, in Exploring the Limits of Bootstrap, 263-270): blocks
    begin anywhere, and the last batch is followed by the first.

    Args:
        n_batches: how many there are.
        block: batches of one block.
        n_resamples: how many draws.
        random_state: their seed.

    Returns:
        How often each batch was drawn, shape (n_resamples, n_batches); each row sums to ``n_batches``.
    """
    rng = np.random.default_rng(random_state)
    n_blocks = -(-n_batches // block)
    starts = rng.integers(0, n_batches, (n_resamples, n_blocks))
    drawn = ((starts[..., None] + np.arange(block)) % n_batches).reshape(n_resamples, -1)[:, :n_batches]
    return np.stack([np.bincount(one, minlength=n_batches) for one in drawn]).astype(np.float64)


def share_gains(replays: Mapping[str, Replay], *, never: str, best: Replay, draws: Floats) -> dict[str, Share]:
    """Say what share of the gain of hindsight each policy reaches.

    The schedule of hindsight is that of the whole past, in every draw.

    Args:
        replays: policy -> what came of it.
        never: the name of the one that never retrains.
        best: the best schedule with hindsight.
        draws: of ``block_draws``.

    Returns:
        Policy -> share. Without ends where hindsight does not surely gain, and without a value where it gains nothing;
        the few draws without a gain of hindsight are left out.
    """
    idle = replays[never].totals
    whole = best.totals - idle
    size = float(np.abs(idle).sum()) or 1.0
    if whole.sum() <= _TINY * size:
        return dict.fromkeys(replays, Share(None))
    drawn = draws @ whole
    is_gain = drawn > _TINY * size
    is_sure = bool(1 - is_gain.mean() <= _TAILS[0] / 100)
    shares = {}
    for name, one in replays.items():
        gain = one.totals - idle
        ends = np.percentile((draws[is_gain] @ gain) / drawn[is_gain], _TAILS) if is_sure else (None, None)
        low, high = (None if end is None else float(end) for end in ends)
        shares[name] = Share(float(gain.sum() / whole.sum()), low, high)
    return shares


@dataclass(frozen=True)
class Advice:
    """Which policy to take.

    Attributes:
        recommended: its name.
        why: in a sentence.
        chance_of_gain: share of draws in which it earns more than never retraining; None for never.
        chance_best: share of draws in which no other policy nets more.
    """

    recommended: str
    why: str
    chance_of_gain: float | None
    chance_best: float


def advise(replays: Mapping[str, Replay], *, never: str, draws: Floats, cpu_second_price: float = 0.0) -> Advice:
    """Recommend a policy: the one with the fewest fits among those within one standard error of the best.

    The rule of one standard error (Breiman et al., 1984, Classification and Regression Trees, section 3.4.3): errors
    are of the difference to the best, whose batches are the same.

    Args:
        replays: policy -> what came of it.
        never: the name of the one that never retrains.
        draws: of ``block_draws``.
        cpu_second_price: money for one second of a processor; 0 where computing has no price, or nothing is in money.

    Returns:
        The advice.
    """
    nets = {name: one.totals.sum() - one.cpu_seconds * cpu_second_price for name, one in replays.items()}
    drawn = {name: draws @ one.totals - one.cpu_seconds * cpu_second_price for name, one in replays.items()}
    best = max(nets, key=lambda name: nets[name])
    close = [name for name in replays if nets[best] - nets[name] <= np.std(drawn[best] - drawn[name]) + _TINY]
    chosen = min(close, key=lambda name: (replays[name].n_fits, -nets[name]))
    gain = None if chosen == never else float((drawn[chosen] > drawn[never]).mean())
    top = np.max(list(drawn.values()), axis=0)
    slack = _TINY * float(np.abs(top).max() or 1.0)
    others = "" if chosen == best else f" '{best}' nets most here, but by less than one standard error."
    why = f"Of the policies that cannot be told from the best it fits fewest models: {replays[chosen].n_fits}.{others}"
    return Advice(chosen, why, gain, float((drawn[chosen] >= top - slack).mean()))
