"""Whether two states of a case are alike enough to compare the models made for them."""

from evergreen.errors import named
from evergreen.problem.case import Problem

# What a column is for the reader, and not what its cells hold.
_NOTES = {"why", "not_a_leak", "is_sensitive", "is_feature", "is_required", "is_logged"}


def tell_difference(problem: Problem, former: Problem) -> str:
    """Say why a model made for a former state of a case cannot be judged by the present one.

    Columns that only the present case has are no hindrance: the former model does not read them. Other prices are none
    either, as long as they are in the same money for the same actions: both models are held to those of today.

    Args:
        problem: the case as it is.
        former: the case as it was when the model was made.

    Returns:
        What differs, in words that go on after "the champion"; empty where nothing does.
    """
    pairs: dict[str, tuple[object, object]] = {
        "another kind of problem": (problem.kind, former.kind),
        "another target": (problem.target.column, former.target.column),
        "other classes": (problem.target.classes, former.target.classes),
        "another key": (problem.key, former.key),
        "another event_time": (problem.event_time, former.event_time),
        "another unit of the payoff": (_money(problem), _money(former)),
        "other actions": (_actions(problem), _actions(former)),
    }
    for what, (now, then) in pairs.items():
        if now != then:
            return f"was made for {what} ({_shown(then)}, now {_shown(now)})"
    priced = () if former.payoff is None else former.payoff.columns
    wanted = [*former.feature_columns, *priced, *former.group_columns, former.target.column, former.split.group]
    read = [name for name in dict.fromkeys(wanted) if name is not None]
    lost = [name for name in read if name not in problem.columns]
    if lost:
        return f"reads columns that the case no longer has: {named(lost)}"
    other = [name for name in read if _cells(problem, name) != _cells(former, name)]
    return f"reads columns that are declared otherwise now: {named(other)}" if other else ""


def _money(problem: Problem) -> str | None:
    return None if problem.payoff is None else problem.payoff.unit


def _actions(problem: Problem) -> tuple[str, ...]:
    return () if problem.payoff is None else tuple(problem.payoff.actions)


def _cells(problem: Problem, name: str) -> dict[str, object]:
    return problem.columns[name].model_dump(exclude=_NOTES)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
