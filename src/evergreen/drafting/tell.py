"""A draft as configuration tells it."""

from typing import Any

from evergreen.drafting.columns import ColumnDraft
from evergreen.drafting.contract import told_column
from evergreen.drafting.origins import Origin
from evergreen.drafting.parts import Parts
from evergreen.drafting.questions import Question


def tell_case(parts: Parts, name: str, origin: Origin) -> dict[str, Any]:
    """Write a case down.

    Args:
        parts: what the table is about.
        name: the name of the case.
        origin: where the table comes from.

    Returns:
        The key ``problem`` of the configuration, in the order of the file.
    """
    target, time = parts.target, parts.time
    timed = {"event_time": time.column} if time.column else {}
    classes = {"classes": list(target.classes)} if target.classes else {}
    delay = {"delay_days": 0} if time.column else {}
    derive = {"derive": list(parts.derived)} if parts.derived else {}
    return {
        "name": name,
        "goal": f"To be said. Know {target.column.name} before it happens.",
        "decision": f"To be said. What is done about a row, by its {target.column.name}.",
        "entity": f"one row of {origin.file}",
        "kind": target.kind,
        "key": list(parts.key.columns),
        **timed,
        "target": {"column": target.column.name} | classes | delay,
        "sources": {origin.source: {"is_spine": True} | derive},
        "columns": _made_columns(parts) | {name: told_column(one) for name, one in parts.columns.items()},
        "criteria": [_criterion(target.kind)],
        "limits": parts.split.limits,
        "split": parts.split.settings,
    }


def _made_columns(parts: Parts) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if parts.key.is_made:
        made[parts.key.columns[0]] = {"type": "integer", "why": "Names the row by its place in the file."}
    if parts.time.derivation is not None and parts.time.column is not None:
        made[parts.time.column] = {"type": "timestamp", "why": "When the row happened."}
    if parts.group.column is not None and parts.group.twin is not None:
        raw_name = parts.columns[parts.group.twin].raw_name
        why = f"Keeps rows with the same {parts.group.twin} on one side of the split."
        made[parts.group.column] = {"type": "category", "raw_name": raw_name, "why": why, "is_feature": False}
    return made


def _criterion(kind: str) -> dict[str, Any]:
    metric = "rmse" if kind == "regression" else "log_loss"
    return {"metric": metric, "versus": "no_model", "at_most": 0}


def ask_always(target: ColumnDraft, kind: str) -> list[Question]:
    """Ask what no table tells: what is decided, and what it pays.

    Args:
        target: the target.
        kind: the kind of problem.

    Returns:
        The questions.
    """
    money = "under_per_unit and over_per_unit" if kind == "regression" else "a figure for every action and class"
    metric = "rmse" if kind == "regression" else "log_loss"
    return [
        Question(
            "A table does not tell what is decided",
            f"nothing but {target.name} itself is wanted",
            "say it in goal, decision and entity, and write in each why what the column is there for",
            (("goal",),),
        ),
        Question(
            "Nobody has said what a decision pays",
            f"a model is good if its {metric} is better than without a model, for certain",
            f"write payoff ({money}), the rules of today, and a criterion on payoff_per_decision versus no_model",
            (("criteria",),),
        ),
    ]
