"""What a change costs, where that is known."""

from dataclasses import dataclass

import numpy as np

from evergreen.watching.alarm import MoneyBasis
from evergreen.watching.panel import Panel, Watch
from evergreen.watching.profile import WindowRecord
from evergreen.watching.signals import Signal, outcome_sums

_SURE = 2.0
# The name under which a record holds the sum of expected payoffs.
PAYOFF = "payoff"


@dataclass(frozen=True)
class Cost:
    """What the newest decisions paid, beside as many of the reference.

    Attributes:
        money: more (or less, negative) than in the reference, over the rows concerned, or None.
        basis: whether outcomes tell it, only the model expects it, or nobody knows.
        n_rows: the rows concerned.
        is_harmful: whether it costs, as far as two standard errors or outcomes show it; None where that is not known.
    """

    money: float | None
    basis: MoneyBasis
    n_rows: int
    is_harmful: bool | None


def cost_of(watch: Watch, newest: WindowRecord, signal: Signal) -> Cost:
    """Say what a change costs.

    Args:
        watch: what is normal.
        newest: the newest window that was tested.
        signal: what has changed. Of an alarm that outcomes raise for a segment, only that segment counts.

    Returns:
        The cost: by outcomes where they are priced, else as the model expects it where the caller keeps the sum of
        expected payoffs, else unknown.
    """
    is_worse = True if signal.kind in ("excess", "loss") else None
    realised = _realised(watch.outcomes, newest, signal)
    if realised is not None:
        return realised
    normal = watch.reference
    if PAYOFF in newest.expected and PAYOFF in normal.expected and normal.n_rows:
        change = newest.expected[PAYOFF] - normal.expected[PAYOFF] / normal.n_rows * newest.n_rows
        return Cost(change, "expected", newest.n_rows, is_worse)
    return Cost(None, "unknown", newest.n_rows, is_worse)


def _realised(panel: Panel | None, newest: WindowRecord, signal: Signal) -> Cost | None:
    if panel is None or newest.outcomes is None:
        return None
    place = (signal.column, signal.position) if signal.kind in ("bias", "excess", "payoff") else ("", 0)
    priced = [i for i, one in enumerate(panel.signals) if one.kind == "payoff" and (one.column, one.position) == place]
    if not priced:
        return None
    came, position = outcome_sums(panel.signals, [newest.outcomes]), priced[0]
    n_rows = float(came.n[0, position])
    gain = (came.mean[0, position] - panel.reference.mean[position]) * n_rows
    if not np.isfinite(gain):
        return None
    score = float(np.nan_to_num(panel.scores(came)[0, position]))
    return Cost(float(gain), "realised", int(n_rows), score < 0 if abs(score) >= _SURE else None)
