"""Seeded draws: one independent stream for each quantity, so that a larger world keeps the smaller one inside it."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

Subject = Literal["clients", "indicators", "contacts", "notes", "outcomes", "client_flaws", "contact_flaws"]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]
T = TypeVar("T")


def spawn_streams(random_state: int, subject: Subject, n_streams: int) -> list[np.random.Generator]:
    """Make the independent random streams of one subject.

    A stream depends on the seed, the subject and its place, not on how many other streams are asked for.

    Args:
        random_state: the seed, 0 or more.
        subject: what is drawn.
        n_streams: how many streams, usually one for each column.

    Returns:
        The generators.
    """
    seed = np.random.SeedSequence(random_state, spawn_key=(get_args(Subject).index(subject),))
    return [np.random.default_rng(child) for child in seed.spawn(n_streams)]


def pick(draws: Floats, shares: dict[str, float]) -> Words:
    """Turn uniform draws into words.

    Args:
        draws: shape (n,), uniform in [0, 1).
        shares: word -> share; the shares add up to 1.

    Returns:
        Shape (n,), one word for each draw.
    """
    edges = np.cumsum(list(shares.values()))[:-1]
    words = np.array(list(shares), dtype=object)
    picked: Words = words[np.searchsorted(edges, draws, side="right")]
    return picked


def choose(draw: float, choices: Sequence[T]) -> T:
    """Turn one uniform draw into one of equally likely choices.

    Args:
        draw: uniform in [0, 1).
        choices: at least one.

    Returns:
        The choice.
    """
    return choices[int(draw * len(choices))]


def month_starts(first: date, n_months: int, *, n_before: int = 0) -> pd.DatetimeIndex:
    """List the first days of consecutive months.

    Args:
        first: first day of the first month.
        n_months: months from then on.
        n_before: further months before it.

    Returns:
        ``n_before + n_months`` days, to the microsecond and without a zone.
    """
    start = pd.Timestamp(first) - pd.DateOffset(months=n_before)
    return pd.date_range(start, periods=n_before + n_months, freq="MS").as_unit("us")


def is_after(moments: "pd.Series[pd.Timestamp]", shock_on: date | None) -> Flags:
    """Say which moments lie on or after the shock.

    Args:
        moments: times without a zone.
        shock_on: the first day of the changed world; None for a world that never changes.

    Returns:
        Shape (n,).
    """
    if shock_on is None:
        return np.zeros(len(moments), dtype=np.bool_)
    return (moments >= pd.Timestamp(shock_on)).to_numpy(dtype=np.bool_)
