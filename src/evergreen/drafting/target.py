"""What is predicted: the kind of problem, its classes, and which of them is looked for."""

from dataclasses import dataclass, field, replace

import pandas as pd

from evergreen.drafting.columns import ColumnDraft, Doubt
from evergreen.drafting.questions import Question
from evergreen.drafting.tokens import sounds_positive
from evergreen.errors import DataError, named
from evergreen.problem import Kind, canonical_text

MAX_CLASSES = 100
_MAX_NUMBERED_CLASSES = 10
_LEAST_CLASS_ROWS = 20
_BINARY = 2
_MAX_SHOWN = 5


@dataclass(frozen=True)
class TargetDraft:
    """The target as it seems.

    Attributes:
        column: the column, as the contract shall have it.
        kind: binary, multiclass or regression.
        classes: in order, the negative one of two first; empty for a regression.
        questions: what is to be decided.
    """

    column: ColumnDraft
    kind: Kind
    classes: tuple[str, ...] = ()
    questions: list[Question] = field(default_factory=list)


def draft_target(column: ColumnDraft, positive: str | None) -> TargetDraft:
    """Say what is predicted.

    Args:
        column: the column that was named.
        positive: the class that is looked for, if somebody said so.

    Returns:
        The target.

    Raises:
        DataError: where the column is empty, always the same, prose, a time, or has too many or too small classes.
    """
    _refuse_unfit(column)
    counts = _class_counts(column)
    if column.is_numeric and (len(counts) > _MAX_NUMBERED_CLASSES or column.type == "number"):
        _refuse_positive(positive, column, "it is a number, and has no classes")
        return TargetDraft(_as_value(column), "regression")
    if len(counts) > MAX_CLASSES:
        finding = f"has {len(counts):,} classes (first: {named(counts.index[:_MAX_SHOWN])})"
        cure = f"Name a column with at most {MAX_CLASSES} classes, or one of numbers."
        raise DataError(f"Target '{column.raw_name}'", finding, cure)
    kept, questions = _without_rare(column, counts)
    kind: Kind = "binary" if len(kept) == _BINARY else "multiclass"
    if column.is_numeric and kind == "multiclass":
        questions.append(_ask_kind(column, kept))
    if kind == "multiclass":
        _refuse_positive(positive, column, f"it has {len(kept)} classes, and none of them is the positive one")
        return TargetDraft(_as_class(column, kept), kind, tuple(kept), questions)
    classes, asked = _ordered(kept, positive, column)
    return TargetDraft(_as_class(column, kept), kind, classes, [*questions, *asked])


def _refuse_unfit(column: ColumnDraft) -> None:
    thing = f"Target '{column.raw_name}'"
    if column.n_told == 0:
        raise DataError(thing, "has no value in any row", "Name another column with --target.")
    if column.type in ("text", "timestamp"):
        what = "prose" if column.type == "text" else "a time"
        raise DataError(
            thing, f"holds {what} (first: {str(column.words.counts.index[0])[:40]!r})", "Name classes or a number."
        )
    if len(_class_counts(column)) == 1:
        value = column.words.told.index[0]
        raise DataError(thing, f"is always '{str(value)[:40]}'", "There is nothing to learn: name another column.")


def _class_counts(column: ColumnDraft) -> pd.Series:
    return pd.Series(column.words.told_canonical)


def _as_value(column: ColumnDraft) -> ColumnDraft:
    """A number that is predicted: nobody knows how large it may become."""
    low = 0 if column.cells.min() >= 0 else None
    settings = {key: value for key, value in column.settings.items() if key != "range"}
    doubts = dict(column.doubts)
    doubts.pop("codes", None)
    return replace(column, settings=settings | ({"range": [low, None]} if low is not None else {}), doubts=doubts)


def _as_class(column: ColumnDraft, kept: list[str]) -> ColumnDraft:
    words = column.words
    cells = words.text.map(words.canonical[words.canonical.isin(kept)]).astype("str")
    settings = {"values": sorted(kept)} | {k: v for k, v in column.settings.items() if k == "sentinels"}
    settings["sentinels"] = [one for one in settings.get("sentinels", []) if isinstance(one, str)]
    doubts: dict[Doubt, str] = {doubt: told for doubt, told in column.doubts.items() if doubt == "missing_words"}
    return replace(column, type="category", cells=cells, settings=settings, doubts=doubts)


def _without_rare(column: ColumnDraft, counts: pd.Series) -> tuple[list[str], list[Question]]:
    rare = {word: int(n) for word, n in counts.items() if n < _LEAST_CLASS_ROWS}
    kept = sorted(str(word) for word in counts.index if word not in rare)
    if len(kept) < _BINARY:
        shown = ", ".join(f"'{word}' in {n:,}" for word, n in counts.head(_MAX_SHOWN).items())
        finding = f"has fewer than two classes of at least {_LEAST_CLASS_ROWS} rows ({shown})"
        raise DataError(f"Target '{column.raw_name}'", finding, "Bring more rows, or name another column.")
    if not rare:
        return kept, []
    shown = ", ".join(f"'{word}' ({n})" for word, n in [*rare.items()][:_MAX_SHOWN])
    question = Question(
        f"Some classes of {column.name} have fewer than {_LEAST_CLASS_ROWS} rows, too few to learn: {shown}",
        "they are no classes, and their rows are set aside",
        "name them as synonyms of another class, or bring more rows and add them to classes and values",
        (("columns", column.name, "values"), ("target", "classes")),
    )
    return kept, [question]


def _ask_kind(column: ColumnDraft, kept: list[str]) -> Question:
    return Question(
        f"{column.name} holds {len(kept)} whole numbers ({', '.join(kept[:_MAX_SHOWN])}, ...)",
        "they are classes, and none is more than another",
        "kind: regression without classes, type: integer without values, and a criterion on rmse",
        (("kind",),),
    )


def _ordered(kept: list[str], positive: str | None, column: ColumnDraft) -> tuple[tuple[str, ...], list[Question]]:
    if positive is not None:
        chosen = canonical_text(positive)
        if chosen not in kept:
            raise DataError(f"Class '{positive}'", f"is not in '{column.raw_name}'", f"It has {named(kept)}.")
        return tuple(sorted(kept, key=lambda word: word == chosen)), []
    counts = _class_counts(column)
    classes = tuple(sorted(kept, key=lambda word: (sounds_positive(word), -counts[word], word)))
    told = [sounds_positive(word) for word in classes]
    reason = "its word says so" if told[0] != told[1] else "it is the rarer one"
    share = counts[classes[1]] / counts.sum()
    question = Question(
        f"{column.name} is '{classes[0]}' or '{classes[1]}'; the second is {share:.1%} of the rows",
        f"'{classes[1]}' is the positive class, for {reason}",
        "swap the two",
        (("target", "classes"),),
    )
    return classes, [question]


def _refuse_positive(positive: str | None, column: ColumnDraft, finding: str) -> None:
    if positive is not None:
        raise DataError(f"Target '{column.raw_name}'", f"takes no --positive: {finding}", "Leave the option out.")
