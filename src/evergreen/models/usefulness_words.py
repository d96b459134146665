"""What a column or a source is good for, in a sentence."""

from math import isnan
from typing import Literal

from evergreen.measures import Interval
from evergreen.problem import in_digits, in_full

SubjectKind = Literal["source", "column"]

# A thousandth of what there is to know is nothing, however surely it is measured. Means of twenty levels lose some
# thousandths on any column, by what they learn of chance; a hundredth is more than that.
_NOTHING, _MISLED = 0.001, -0.01


def tell_use(kind: SubjectKind, alone: Interval, beside: Interval) -> str:
    """Say what a subject tells, alone and beside all others.

    Args:
        kind: whether it is a source or a column.
        alone: the share of the loss it takes away alone.
        beside: the share that is lost without it.

    Returns:
        A sentence.
    """
    if isnan(alone.low) or isnan(beside.low):
        return "There are too few rows, days or groups to say how sure these figures are."
    if _is_something(beside):
        alone_too = "" if _is_something(alone) else ", though nothing alone"
        return f"It tells what no other {kind} tells{alone_too}."
    if _is_something(alone):
        return f"What it tells, other {kind}s tell too."
    if min(alone.high, beside.high) < _MISLED:
        return "It misleads: what was learnt from it did not hold on later or other rows."
    return "Nothing shows that it tells anything."


def tell_cost(told: str, cost: float | None, worth: Interval, unit: str | None) -> str:
    """Say whether a source pays.

    Args:
        told: what it tells.
        cost: what one decision's facts cost; None where the case does not say.
        worth: the payoff a decision would lose without it.
        unit: the unit of money; None where the case has no payoff.

    Returns:
        One or two sentences.
    """
    if cost is None:
        return told
    if unit is None:
        return f"{told} It costs {in_full(cost)} a decision; without a payoff nobody can say what it earns."
    value, low, high = (in_digits(one, 3) for one in (worth.value, worth.low, worth.high))
    figures = f"it costs {in_full(cost)} {unit} a decision and earns {value} ({low} to {high})."
    if isnan(worth.low):
        return f"{told} Whether it pays cannot be told: {figures}"
    if worth.high < cost:
        return f"{told} It does not pay: {figures}"
    return f"{told} {'It pays' if worth.low > cost else 'It may not pay'}: {figures}"


def _is_something(share: Interval) -> bool:
    return share.low > 0 and share.value > _NOTHING
