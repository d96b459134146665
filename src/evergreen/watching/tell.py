"""Findings and advice in plain sentences."""

from evergreen.problem import in_digits
from evergreen.watching.signals import Signal, SignalKind

_ADVICE: dict[SignalKind, str] = {
    "level": "Look at the unit and the source of the column, then at who is now asked about.",
    "spread": "Look at the source of the column: values may be rounded, cut or filled in.",
    "share": "Look at how the source writes this value, then at who is now asked about.",
    "missing": "Look at whether the source still delivers the column, and how it marks an empty cell.",
    "out_of_range": "Look at the unit of the column and the range in the data contract.",
    "repaired": "Look at the form in which the source delivers the column.",
    "quarantined": "Look at the reasons in the quarantine table.",
    "bias": "Look at whether outcomes are recorded as before, then train again with the newest outcomes.",
    "excess": "The same rows behave otherwise than they did: train again with outcomes from after the change.",
    "loss": "Look at the segments with the largest loss, then train again with the newest outcomes.",
    "payoff": "Look at whether prices have changed, then train again with the newest outcomes.",
    "volume": "Look at whether every source has delivered all of its rows once.",
    "range": "Look at the source first; if the value is true, train again as soon as outcomes under it are known.",
    "latency": "Look at the load of the service and of its machine, and at what the model takes in costs.html.",
    "skew": "Look at which installation answers: the service must run the release and the code that batches run.",
    "late": "Look at whether outcomes are still delivered, to the sources or to the service, and under the same keys.",
}
_NOUNS: dict[SignalKind, str] = {
    "level": "the level of '{column}'",
    "spread": "the spread of '{column}'",
    "share": "the share of {place} in '{column}'",
    "missing": "the missing share of '{column}'",
    "out_of_range": "the share of '{column}' beyond all that the model was judged on",
    "repaired": "the repaired share of '{column}'",
    "quarantined": "the share of rows that could not be used",
    "bias": "what came beyond what was expected{where}",
    "excess": "the loss beyond what the probabilities expect{where}",
    "loss": "the squared error",
    "payoff": "the payoff per decision{where}",
    "volume": "the number of rows",
    "range": "the value of '{column}'",
    "latency": "the time that answers take",
    "skew": "the share of answers that tables do not give",
    "late": "the share of outcomes that are late",
}


def name_signal(signal: Signal) -> str:
    """Name what a signal measures.

    Args:
        signal: the signal.

    Returns:
        Such as ``"the share of 'nurse' in 'job'"``.
    """
    where = f" where '{signal.column}' is {signal.place}" if signal.column else ""
    return _NOUNS[signal.kind].format(column=signal.column, place=signal.place, where=where)


def tell_change(signal: Signal, before: float, now: float, effect: float) -> str:
    """Say what has changed and by how much.

    Args:
        signal: the signal.
        before: the figure in the reference.
        now: the figure now.
        effect: their difference in standard deviations of one row.

    Returns:
        A clause without a full stop.
    """
    name = name_signal(signal)
    verb = "has risen" if effect > 0 else "has fallen"
    was, is_now = in_digits(before), in_digits(now)
    if signal.is_share:
        return f"{name} {verb} from {before:.1%} to {now:.1%}"
    if signal.kind == "level":
        return f"{name} {verb} by {abs(effect):.2f} standard deviations (mean {was} before, {is_now} now)"
    if signal.kind == "spread":
        return _tell_spread(signal.column, was, is_now, grows=effect > 0, is_told=(now > before) == (effect > 0))
    return f"{name} {verb} from {was} to {is_now}"


def _tell_spread(column: str, was: str, is_now: str, *, grows: bool, is_told: bool) -> str:
    """The spread is compared by rank, which a few values far out cannot hide: the standard deviation may not follow."""
    figures = f"(standard deviation {was} before, {is_now} now)"
    if is_told:
        return f"the spread of '{column}' has {'risen' if grows else 'fallen'} {figures}"
    return f"by their rank, values of '{column}' lie {'farther from' if grows else 'nearer to'} the middle {figures}"


def tell_money(money: float | None, basis: str, n_rows: int, window: str) -> str:
    """Say what it costs.

    Args:
        money: what the decisions of the window paid more than those of the reference, or None.
        basis: ``realised``, ``expected`` or ``unknown``.
        n_rows: rows of the window.
        window: its name.

    Returns:
        A sentence.
    """
    if money is None or basis == "unknown":
        return "What it costs is not known."
    change = f"{in_digits(abs(money))} {'less' if money < 0 else 'more'}"
    if basis == "realised":
        return f"The {n_rows:,} decisions of {window} paid {change} than as many before."
    return f"The model expects its {n_rows:,} decisions of {window} to pay {change}, if it is still right."


def advise(kind: SignalKind) -> str:
    """Say what to look at.

    Args:
        kind: what has changed.

    Returns:
        A sentence.
    """
    return _ADVICE[kind]
