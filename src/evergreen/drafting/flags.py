"""Which columns the model must not learn from, and which tell a group of people."""

import pandas as pd

from evergreen.drafting.columns import ColumnDraft, Columns, Doubt
from evergreen.drafting.groups import repeated_ids
from evergreen.drafting.questions import Place, Question
from evergreen.drafting.tokens import sounds_sensitive
from evergreen.models.suspects import find_suspects
from evergreen.problem import Problem

_LEAKS = ("tells the target", "presence tells the target", "filled only with the outcome", "adds up to the target")
_NO_FEATURE: tuple[Doubt, ...] = ("names", "constant", "empty", "unread_time")
_LATER_SHARE = 0.01
_HOLDOUT_ROWS = 5


def without_use(columns: Columns) -> list[str]:
    """Name the columns that a model cannot learn from: ids, names, constants, empty ones, unreadable times.

    Args:
        columns: the columns of the file, without key, time, target and group.

    Returns:
        Their names, in the order of the file.
    """
    ids = repeated_ids(columns)
    return [name for name, one in columns.items() if name in ids or any(doubt in one.doubts for doubt in _NO_FEATURE)]


def sensitive(columns: Columns) -> list[str]:
    """Name the columns whose name says that they tell a group of people.

    Args:
        columns: the columns of the file.

    Returns:
        Their names, in the order of the file; prose is none.
    """
    return [
        name for name, one in columns.items() if sounds_sensitive(name) and one.type != "text" and one.n_distinct > 1
    ]


def later_times(columns: Columns, times: pd.Series | None) -> dict[str, str]:
    """Find times that lie after the decision.

    Args:
        columns: the columns a model might learn from.
        times: when each row happened; None where nobody knows.

    Returns:
        Column -> what was found.
    """
    found = {}
    for name, one in columns.items():
        if times is None or one.type != "timestamp":
            continue
        share = float((one.cells > times).mean())
        if share > _LATER_SHARE:
            found[name] = f"it lies after the decision in {share:.1%} of the rows"
    return found


def leaks(rows: pd.DataFrame, problem: Problem, *, random_state: int) -> dict[str, str]:
    """Find the columns that may give the outcome away.

    Args:
        rows: cells as the contract repairs them, in the order of the file.
        problem: the draft, in which nothing is blocked yet.
        random_state: seed of samples.

    Returns:
        Column -> what was found, the strongest first.
    """
    labelled = rows[rows[problem.target.column].notna()].reset_index(drop=True)
    is_holdout = labelled.index % _HOLDOUT_ROWS == _HOLDOUT_ROWS - 1
    parts = labelled[~is_holdout].reset_index(drop=True), labelled[is_holdout].reset_index(drop=True)
    suspects = find_suspects(*parts, problem, random_state=random_state)
    told = suspects[suspects["suspicion"].isin(_LEAKS) & suspects["subject"].isin(problem.feature_columns)]
    return {str(one["subject"]): str(one["finding"]) for one in reversed(told.to_dict("records"))}


def ask_leaks(found: dict[str, str], *, is_blocked: bool) -> list[Question]:
    """Ask about columns that may give the outcome away.

    Args:
        found: column -> what was found; a finding may be about several.
        is_blocked: whether the model is kept from them.

    Returns:
        One question a finding; a single one where they are all that there is to learn from.
    """
    if found and not is_blocked:
        return [_ask_all_leak([*found])]
    by_finding: dict[str, list[str]] = {}
    for name, finding in found.items():
        by_finding.setdefault(_first_sentence(finding), []).append(name)
    return [_ask_leak(finding, names) for finding, names in by_finding.items()]


def _first_sentence(finding: str) -> str:
    return finding.split(". ", maxsplit=1)[0].removesuffix(".")


def _ask_leak(finding: str, names: list[str]) -> Question:
    told = finding[0].lower() + finding[1:]
    return Question(
        f"{', '.join(names)} may give the outcome away: {told}",
        "it is written down only with the outcome, and no model learns from it (known_at: outcome)",
        "known_at: decision, and say in not_a_leak how it is known before",
        tuple(("columns", name, "known_at") for name in names),
    )


def _ask_all_leak(names: list[str]) -> Question:
    return Question(
        f"All that there is to learn from may give the outcome away: {', '.join(names)}",
        "it is known at the decision all the same, or nothing would be left",
        "known_at: outcome for what is written down with the outcome, and bring columns that are known before",
        (("columns",),),
    )


def ask_no_use(columns: Columns, names: list[str]) -> list[Question]:
    """Ask about columns that the model does not learn from.

    Args:
        columns: the columns of the file.
        names: those without use.

    Returns:
        One question for all, if there are any.
    """
    if not names:
        return []
    told = ", ".join(f"{name} ({_no_use(columns[name])})" for name in names)
    places: tuple[Place, ...] = tuple(("columns", name, "is_feature") for name in names)
    return [
        Question(
            f"Nothing to learn from: {told}",
            "no features (is_feature: false)",
            "is_feature: true, with another type where the cells ask for it",
            places,
        )
    ]


def _no_use(column: ColumnDraft) -> str:
    told: dict[Doubt, str] = {
        "empty": "always blank",
        "constant": "the same in all rows",
        "unread_time": "times in a form that is not read",
        "names": f"different words, {column.doubts.get('names', '')}",
    }
    return next((text for doubt, text in told.items() if doubt in column.doubts), "an id")


def ask_sensitive(names: list[str]) -> list[Question]:
    """Ask about columns that tell a group of people.

    Args:
        names: their names.

    Returns:
        One question for all, if there are any.
    """
    if not names:
        return []
    return [
        Question(
            f"By name {', '.join(names)} may tell groups of people that must not be treated worse",
            "groups are measured (is_sensitive: true), and the model learns from them as from any other column",
            "take is_sensitive out; or add is_feature: false, and write in bias_plan what is accepted",
            tuple(("columns", name, "is_sensitive") for name in names),
        )
    ]
