"""When a row happened."""

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from evergreen.drafting.columns import ColumnDraft, Columns
from evergreen.drafting.doubts import ask_doubts
from evergreen.drafting.names import free_name
from evergreen.drafting.questions import Question
from evergreen.drafting.tokens import rank_as_event_time, sounds_like_hour
from evergreen.errors import DataError, named
from evergreen.tables.derive import MONTHS

_LEAST_TIMED_SHARE = 0.99
_LEAST_DAYS = 10
_LAST_HOUR = 23


@dataclass(frozen=True)
class TimeDraft:
    """When a row happened.

    Attributes:
        column: the column, None where the file knows no time.
        times: its cells; None without.
        derivation: how it is made, where no column holds it in a form that can be read.
        made_from: columns that are only a part of it.
        questions: what is to be decided.
    """

    column: str | None = None
    times: pd.Series | None = None
    derivation: dict[str, Any] | None = None
    made_from: tuple[str, ...] = ()
    questions: list[Question] = field(default_factory=list)

    @property
    def n_days(self) -> int:
        """Days from the first to the last row."""
        return 0 if self.times is None else int((self.times.max() - self.times.min()).days)


def draft_time(columns: Columns, wished: str | None, *, target: str) -> TimeDraft:
    """Find when a row happened.

    Args:
        columns: the columns of the file.
        wished: the event time, if somebody said so.
        target: the target's name.

    Returns:
        The time; none where no column holds one in nearly every row, over ten days or more.

    Raises:
        DataError: where the column somebody named holds no times.
    """
    if wished is not None and columns[wished].type != "timestamp":
        finding = (
            f"holds no dates or times that can be read (first: {str(columns[wished].words.counts.index[0])[:40]!r})"
        )
        cure = "Write them as 2009-02-28, 28/02/2009 or 02/28/2009, with 23:59:59 behind, or name another column."
        raise DataError(f"Event time '{columns[wished].raw_name}'", finding, cure)
    timed = [one for name, one in columns.items() if one.type == "timestamp" and name != target]
    full = [one for one in timed if one.n_told >= _LEAST_TIMED_SHARE * one.words.n_rows]
    if wished is None and not full:
        return TimeDraft(questions=[_ask_no_time([one.name for one in timed], columns)])
    best = columns[wished] if wished else min(full, key=lambda one: rank_as_event_time(one.name))
    made = _made_time(best, columns)
    if wished is None and made.n_days < _LEAST_DAYS:
        return TimeDraft(questions=[_ask_no_time([best.name], columns)])
    others = [one.name for one in full if one is not best]
    asked = [] if wished else [_ask_time(best, others)]
    return TimeDraft(made.column, made.times, made.derivation, made.made_from, [*asked, *made.questions])


def _made_time(date: ColumnDraft, columns: Columns) -> TimeDraft:
    """Put date and hour together, where the hour has a column of its own, and write short years out."""
    has_clock = bool((date.cells.dropna() != date.cells.dropna().dt.normalize()).any())
    hours = [one for one in columns.values() if not has_clock and _is_hour(one)]
    if not hours and not date.has_short_year:
        return TimeDraft(date.name, date.cells)
    form = date.settings.get("time_format", "iso")
    parts = {"date": date.raw_name} | ({"hour": hours[0].raw_name} if hours else {})
    name = free_name(f"{date.name}_{hours[0].name}" if hours else f"{date.name}_full", columns)
    made = {"column": name, "kind": "timestamp_from_parts"} | parts | ({"time_format": form} if form != "iso" else {})
    times = date.cells + pd.to_timedelta(hours[0].cells, unit="h") if hours else date.cells
    asked = [replace(one, places=(("sources",),)) for one in ask_doubts({date.name: date})]
    asked += [_ask_parts(date, hours[0], name)] if hours else []
    return TimeDraft(name, times, made, (date.name,), asked)


def _is_hour(column: ColumnDraft) -> bool:
    is_clock = column.type == "integer" and column.cells.min() >= 0 and column.cells.max() <= _LAST_HOUR
    return bool(is_clock) and sounds_like_hour(column.name)


def _ask_parts(date: ColumnDraft, hour: ColumnDraft, name: str) -> Question:
    return Question(
        f"{date.name} holds dates and {hour.name} hours",
        f"together they are the time of the row ({name})",
        "take the hour out of derive",
        (("sources",),),
    )


def _ask_time(best: ColumnDraft, others: list[str]) -> Question:
    found = f"{best.name} holds a time in nearly every row"
    also = f"; so do {named(others)}" if others else ""
    return Question(
        f"{found}{also}",
        "it is the moment of the decision, later rows judge what was learnt from earlier ones, and the outcome is "
        "known at once (delay_days: 0)",
        "name another column with --event-time; say in delay_days how long after the decision the outcome is known",
        (("event_time",), ("target", "delay_days")),
    )


def _ask_no_time(timed: list[str], columns: Columns) -> Question:
    found = (
        f"{named(timed)} holds times, but not in nearly every row or not over ten days"
        if timed
        else "No column holds a time"
    )
    return Question(
        found,
        "rows are drawn for the holdout by their key, whenever they happened",
        "bring the moment of the decision and name it with --event-time: later rows judge more honestly"
        + _months(columns),
        (("split",),),
    )


def _months(columns: Columns) -> str:
    """Columns that hold months: where rows are in order, the dates can be worked out."""
    months = [name for name, one in columns.items() if _holds_months(one)]
    way = "if the rows are in date order, the source can derive dates from it (date_from_row_order)"
    return f"; {named(months)} holds months: {way}" if months else ""


def _holds_months(column: ColumnDraft) -> bool:
    words = [word[:3] for word in column.words.told_canonical]
    return column.type == "category" and len(words) > 1 and set(words) <= set(MONTHS)
