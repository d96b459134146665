"""Which rows belong together, so that a model is not judged on what it has learnt from."""

from collections.abc import Container
from dataclasses import dataclass, field

from evergreen.drafting.columns import ColumnDraft, Columns
from evergreen.drafting.names import free_name
from evergreen.drafting.questions import Question
from evergreen.drafting.tokens import sounds_like_id
from evergreen.errors import named

_LEAST_GROUPS = 10
# A column that tells fewer rows apart would put rows together that have nothing in common but a value.
_LEAST_DISTINCT_SHARE = 0.5


@dataclass(frozen=True)
class GroupDraft:
    """Which rows belong together.

    Attributes:
        column: the column that names the group in the contract; None without.
        twin: the column it repeats, where the contract has that one twice, as a feature and as a group.
        questions: what is to be decided.
    """

    column: str | None = None
    twin: str | None = None
    questions: list[Question] = field(default_factory=list)


def draft_group(columns: Columns, wished: str | None, *, n_repeats: int, taken: Container[str]) -> GroupDraft:
    """Find rows that belong together.

    Args:
        columns: the columns of the file but key and target; it knows no time.
        wished: the group, if somebody said so.
        n_repeats: rows that repeat another one in every cell, where no key tells that they are duplicates.
        taken: names that a group must not have that is no column of the file.

    Returns:
        The group: ids that several rows share; else, where rows repeat each other, the column that tells most rows
        apart, once more under another name.
    """
    if wished is not None:
        return GroupDraft(wished)
    ids = repeated_ids(columns)
    if ids:
        return GroupDraft(ids[0], None, [_ask_group(columns[ids[0]], ids[1:])])
    return _by_repeated_rows(columns, n_repeats, taken) if n_repeats else GroupDraft()


def repeated_ids(columns: Columns) -> list[str]:
    """Name ids that several rows share.

    Args:
        columns: the columns of the file that mean nothing else.

    Returns:
        Their names.
    """
    return [name for name, one in columns.items() if _is_repeated_id(one)]


def _is_repeated_id(column: ColumnDraft) -> bool:
    return sounds_like_id(column.name) and _LEAST_GROUPS <= column.n_distinct < column.n_told


def _ask_group(column: ColumnDraft, others: list[str]) -> Question:
    also = f"; {named(others)} too" if others else ""
    return Question(
        f"{column.name} is an id that several rows share ({column.n_distinct:,} in {column.n_told:,} rows){also}",
        "all rows of one are either learnt from or judged on (split by group)",
        "by: random without group, if new rows will be about those already known",
        (("split",),),
    )


def _by_repeated_rows(columns: Columns, n_repeats: int, taken: Container[str]) -> GroupDraft:
    full = [one for one in columns.values() if one.n_told == one.words.n_rows]
    best = max(full, key=lambda one: one.n_distinct, default=None)
    if best is None or best.n_distinct < _LEAST_DISTINCT_SHARE * best.words.n_rows:
        return GroupDraft(questions=[_ask_repeats(n_repeats)])
    question = Question(
        f"{n_repeats:,} rows repeat another one in every cell",
        f"they may be one and the same, so rows with the same {best.name} are either learnt from or judged on "
        f"(split by group); {best.name} stands in the contract twice, since a group is no feature",
        "by: random without group, if equal rows are different things; the column of the group can then go",
        (("split",),),
    )
    return GroupDraft(free_name(f"same_{best.name}", taken), best.name, [question])


def _ask_repeats(n_repeats: int) -> Question:
    return Question(
        f"{n_repeats:,} rows repeat another one in every cell",
        "they are different things that happen to be alike",
        "take them out of the file, or bring an id and name it with --key: then they are counted as duplicates",
        (("split",),),
    )
