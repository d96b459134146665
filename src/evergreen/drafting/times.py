"""Dates and times as a file writes them."""

import re
from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.drafting.readings import LEAST_READABLE, LEAST_SPIKE, Reading, lies_apart, read_in_best_form, sample_of
from evergreen.tables.cells import TimeFormat, iso_text, timestamp_of
from evergreen.tables.derive import SHORT_YEAR, full_year

# What looks like a time to people, but not to the contract.
_UNREAD = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"|[0-9]{1,2}[ .-]*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .,-]*[0-9]{2,4}.*"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* [0-9]{1,2},? [0-9]{4}.*"
    r"|[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}.*"
    r"|[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}[ t][0-9]{1,2}:[0-9]{2}.*",
    re.IGNORECASE,
)
# What dates look like -> the formats they may be in, and whether their years have two digits.
_WAYS: dict[str, tuple[tuple[TimeFormat, bool], ...]] = {
    r"^[0-9]{4}-": (("iso", False),),
    r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}": (("day_first", False), ("month_first", False)),
    r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}$": (("day_first", True), ("month_first", True)),
}
_END_OF_DAYS = tuple(
    pd.Timestamp(day).as_unit("us")
    for day in ("0001-01-01", "1753-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31")
)


@dataclass(frozen=True)
class Times(Reading):
    """A column read as times.

    Attributes:
        time_format: how the date is written.
        has_short_year: whether years have two digits.
        is_ambiguous: whether day and month could stand the other way round.
    """

    time_format: TimeFormat = "iso"
    has_short_year: bool = False
    is_ambiguous: bool = False


def read_times(counts: pd.Series, text: pd.Series) -> Times:
    """Read words as times in the format that reads most of them.

    Where day and month could stand either way round, the way is taken in which more neighbouring rows are in order
    of time, and day first where that tells nothing.

    Args:
        counts: word -> how many cells hold it.
        text: the cells in the order of the file.

    Returns:
        The times.
    """
    words = sample_of(counts).index
    ways = [way for pattern, ways in _WAYS.items() if words.str.contains(pattern).any() for way in ways]
    if not ways:
        return Times(pd.Series(pd.NaT, counts.index, dtype="datetime64[us]"), counts)
    best, equal = read_in_best_form(
        counts,
        ways,
        _read,
        least_share=LEAST_READABLE,
        rank=lambda one: _ordered_share(text.map(one.values)),
    )
    return replace(best, is_ambiguous=any(one.time_format != best.time_format for one in equal))


def looks_like_time(counts: pd.Series) -> bool:
    """Say whether words look like times that the contract cannot read.

    Args:
        counts: word -> how many cells hold it.

    Returns:
        Whether nearly all do.
    """
    seems = [bool(_UNREAD.fullmatch(str(word))) for word in sample_of(counts).index]
    return len(seems) > 0 and sum(seems) >= LEAST_READABLE * len(seems)


def missing_times(times: pd.Series) -> dict[str, int]:
    """Find times that seem to mean "missing", such as 9999-12-31: far from the rest, and shared by several cells.

    Args:
        times: every cell, missing ones too.

    Returns:
        Such a day in ISO form -> how many cells hold it.
    """
    found: dict[str, int] = {}
    for day in _END_OF_DAYS:
        rest, n_cells = times[times != day].dropna(), int((times == day).sum())
        if n_cells >= LEAST_SPIKE and not rest.empty and lies_apart(day, rest):
            found[day.strftime("%Y-%m-%d").zfill(10)] = n_cells
    return found


def _ordered_share(times: pd.Series) -> float:
    steps = times.dropna().diff().dropna()
    return float((steps >= pd.Timedelta(0)).mean()) if len(steps) else 0.0


def _read(counts: pd.Series, way: tuple[TimeFormat, bool]) -> Times:
    form, has_short_year = way
    table = nw.from_native(pd.DataFrame({"word": counts.index.astype("str")}), eager_only=True)
    if has_short_year:
        short = nw.col("word").str.contains(SHORT_YEAR)
        table = table.with_columns(nw.when(short).then(full_year(nw.col("word"))).alias("word"))
    # Two steps: written as one expression, the first would be computed anew wherever the second uses it.
    iso = table.with_columns(iso_text(nw.col("word"), form).alias("word"))
    times = iso.select(timestamp_of(nw.col("word"), nw.String()).alias("time"))
    values = pd.Series(times.to_native()["time"].to_numpy(), counts.index)
    return Times(values, counts, form, has_short_year)
