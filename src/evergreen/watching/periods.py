"""Windows of time by the calendar: days, weeks and months, named so that names sort in the order of time."""

from datetime import date
from typing import Any, Literal

import pandas as pd

Width = Literal["day", "week", "month"]
WIDTHS: tuple[Width, ...] = ("day", "week", "month")
_FREQUENCIES = {"day": "D", "week": "W-SUN", "month": "M"}
_LONGEST = {"day": 1, "week": 7, "month": 31}


def name_windows(times: "pd.Series[Any]", width: Width) -> "pd.Series[str]":
    """Name the window of each moment.

    Args:
        times: moments without a zone, none missing, shape (n,).
        width: of the windows.

    Returns:
        ``2009-01`` for a month, else the first day: ``2008-12-29``, a Monday where the window is a week; shape (n,).
    """
    if times.empty:
        return pd.Series([], index=times.index, dtype="str")
    starts = times.dt.to_period(_FREQUENCIES[width]).dt.start_time
    names: pd.Series[str] = starts.dt.strftime("%Y-%m" if width == "month" else "%Y-%m-%d").astype("str")
    return names


def first_day(window: str) -> date:
    """Give the first day of a window.

    Args:
        window: its name.

    Returns:
        The day.
    """
    return date.fromisoformat(window if window.count("-") > 1 else f"{window}-01")


def last_day(window: str, width: Width) -> date:
    """Give the last day of a window.

    Args:
        window: its name.
        width: of the window.

    Returns:
        The day.
    """
    return list_windows(first_day(window), first_day(window), width)[0].end_time.date()


def end_of_window(window: str, width: Width | None) -> date:
    """Give the last day of a window, or the day of a run that is one.

    Args:
        window: its name.
        width: of the window; None where the case knows no time.

    Returns:
        The day.
    """
    return first_day(window) if width is None else last_day(window, width)


def n_days(window: str, width: Width) -> int:
    """Count the days of a window.

    Args:
        window: its name.
        width: of the window.

    Returns:
        1, 7 or 28 to 31.
    """
    return (last_day(window, width) - first_day(window)).days + 1


def longest(width: Width) -> int:
    """Say how many days a window has at most.

    Args:
        width: of the window.

    Returns:
        1, 7 or 31.
    """
    return _LONGEST[width]


def windows_between(first: date, last: date, width: Width) -> list[str]:
    """Name all windows that have a day in a stretch of time.

    Args:
        first: its first day.
        last: its last day.
        width: of the windows.

    Returns:
        Names in the order of time; none where the stretch is empty.
    """
    form = "%Y-%m" if width == "month" else "%Y-%m-%d"
    return [one.start_time.strftime(form) for one in list_windows(first, last, width)] if first <= last else []


def whole_windows(first: date, last: date, width: Width) -> list[str]:
    """Name all windows that lie wholly in a stretch of time.

    Args:
        first: its first day.
        last: its last day.
        width: of the windows.

    Returns:
        Names in the order of time.
    """
    named = windows_between(first, last, width)
    return [name for name in named if first_day(name) >= first and last_day(name, width) <= last]


def list_windows(first: date, last: date, width: Width) -> "list[pd.Period]":
    """List all windows that have a day in a stretch of time.

    Args:
        first: its first day.
        last: its last day.
        width: of the windows.

    Returns:
        Periods in the order of time.
    """
    return list(pd.period_range(pd.Timestamp(first), pd.Timestamp(last), freq=_FREQUENCIES[width]))


def finer_widths(width: Width) -> tuple[Width, ...]:
    """List a width and those below it.

    Args:
        width: day, week or month.

    Returns:
        From the width down to the day.
    """
    return tuple(reversed(WIDTHS[: WIDTHS.index(width) + 1]))
