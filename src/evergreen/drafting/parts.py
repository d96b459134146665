"""What a table is about, column by column and as a whole, before it is written down."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evergreen.drafting.columns import ColumnDraft, Columns
from evergreen.drafting.event_time import TimeDraft, draft_time
from evergreen.drafting.groups import GroupDraft, draft_group
from evergreen.drafting.keys import KeyDraft, as_key, draft_key
from evergreen.drafting.names import free_name
from evergreen.drafting.splits import SplitDraft, classes_lie_in_few_groups, draft_split
from evergreen.drafting.target import TargetDraft, draft_target
from evergreen.drafting.wishes import Wishes


@dataclass(frozen=True)
class Parts:
    """A table as it is understood.

    Attributes:
        columns: the columns of the file that the contract shall have.
        target: what is predicted.
        key: what names a row.
        time: when a row happened.
        group: which rows belong together.
        split: how rows are divided.
        derived: columns that the source must make, as the case tells it.
    """

    columns: Columns
    target: TargetDraft
    key: KeyDraft
    time: TimeDraft
    group: GroupDraft
    split: SplitDraft
    derived: tuple[dict[str, Any], ...] = ()

    @property
    def free(self) -> Columns:
        """The columns that are neither target nor key, time or group."""
        taken = {*self.key.columns, self.target.column.name, self.time.column, self.group.column}
        return {name: one for name, one in self.columns.items() if name not in taken}

    def with_columns(self, columns: Columns) -> "Parts":
        """Replace some columns."""
        return replace(self, columns=self.columns | columns)

    def rows(self) -> pd.DataFrame:
        """The table as the contract repairs it, with the columns that are made."""
        cells = {name: one.cells.to_numpy() if one.is_numeric else one.cells for name, one in self.columns.items()}
        n_rows = self.target.column.words.n_rows
        if self.key.is_made:
            cells[self.key.columns[0]] = np.arange(1, n_rows + 1)
        if self.time.column is not None and self.time.times is not None:
            cells[self.time.column] = self.time.times
        if self.group.column is not None and self.group.twin is not None:
            cells[self.group.column] = self.columns[self.group.twin].words.text
        return pd.DataFrame(cells)


def understand(columns: Columns, wishes: Wishes, *, today: date) -> Parts:
    """Say what a table is about.

    Args:
        columns: the columns of the file.
        wishes: what is not to be guessed, in canonical names.
        today: the day of the draft.

    Returns:
        Its parts.

    Raises:
        DataError: where the target, or a column that was named, does not fit.
    """
    target = draft_target(columns[wishes.target], wishes.positive)
    columns = {**columns, wishes.target: target.column}
    time = draft_time(columns, wishes.event_time, target=wishes.target)
    known = {name: one for name, one in columns.items() if name not in (*time.made_from, wishes.target)}
    is_repeat = pd.DataFrame({name: one.words.text for name, one in columns.items()}).duplicated().to_numpy()
    key = draft_key(known, wishes.key, is_repeat, taken=columns)
    n_repeats = int(is_repeat.sum()) if key.is_made else 0
    group = _group(columns, wishes, key, n_repeats) if time.column is None or wishes.group else GroupDraft()
    kept = {name: one for name, one in columns.items() if name not in time.made_from}
    full, derived = _with_full_years(
        kept | {name: as_key(columns[name]) for name in key.columns if name in columns}, taken={str(time.column)}
    )
    made = [time.derivation] if time.derivation else []
    number = [{"column": key.columns[0], "kind": "row_number"}] if key.is_made else []
    split = draft_split(time, group, target, today)
    return Parts(full, target, key, time, group, split, (*number, *made, *derived))


def _group(columns: Columns, wishes: Wishes, key: KeyDraft, n_repeats: int) -> GroupDraft:
    free = {name: one for name, one in columns.items() if name not in (*key.columns, wishes.target)}
    group = draft_group(free, wishes.group, n_repeats=n_repeats, taken=columns)
    if group.column is None or wishes.group is not None:
        return group
    members = columns[group.twin or group.column].words.text
    return GroupDraft() if classes_lie_in_few_groups(columns[wishes.target].cells, members) else group


def _with_full_years(columns: Columns, *, taken: set[str]) -> tuple[Columns, list[dict[str, Any]]]:
    """Have the source write out the years of dates that no contract reads."""
    full, derived = {}, []
    told = {one.raw_name for one in columns.values()}
    for name, one in columns.items():
        if not one.has_short_year:
            full[name] = one
            continue
        made = free_name(f"{one.raw_name}_full", told | taken)
        form = one.settings["time_format"]
        derived.append({"column": made, "kind": "timestamp_from_parts", "date": one.raw_name, "time_format": form})
        full[name] = _from(one, made)
    return full, derived


def _from(column: ColumnDraft, raw_name: str) -> ColumnDraft:
    settings = {key: value for key, value in column.settings.items() if key != "time_format"}
    return replace(column, raw_name=raw_name, settings=settings)
