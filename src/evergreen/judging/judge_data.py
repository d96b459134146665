"""Hold what was found out about the data against what the case promised of them."""

from typing import Any

import pandas as pd

Judgement = dict[str, Any]
_ROW_SUSPICIONS = ("group straddles the split", "duplicate across splits")
_RESULTS = {"within": "passed", "exceeded": "failed", "too_few": "undecided"}


def judge_data(suspects: pd.DataFrame, bias_plan_check: pd.DataFrame) -> list[Judgement]:
    """Judge the data a verdict rests on: no column may give the outcome away, and the plan for biases must hold.

    A column that a model learns from and that all but tells the outcome makes every figure look better than the future
    will: it must be blocked, or the case must say why it is none (``not_a_leak``). Rows that look alike on both sides
    of the split are for the owner to read on the profile page. What the plan does not mention is told there too.

    Args:
        suspects: of ``find_suspects``.
        bias_plan_check: of ``check_bias_plan``.

    Returns:
        Records like those of ``judge_criteria``.
    """
    clauses = bias_plan_check[bias_plan_check["status"].isin(_RESULTS) & bias_plan_check["limit"].notna()]
    return [_judge_leaks(suspects), *(_judge_clause(clause) for clause in clauses.to_dict("records"))]


def _judge_leaks(suspects: pd.DataFrame) -> Judgement:
    is_row = suspects["suspicion"].isin(_ROW_SUSPICIONS)
    is_open = suspects[~suspects["is_blocked"] & ~suspects["is_answered"] & ~is_row]
    result = "failed" if len(is_open) else "passed"
    told = f" {is_open['finding'].iloc[0]}" if len(is_open) else ""
    return {
        "criterion": "leak_suspects at most 0",
        "value": float(len(is_open)),
        "bound": float(len(is_open)),
        "limit": 0.0,
        "result": result,
        "reason": f"leak_suspects at most 0: {result}, value {len(is_open)}.{told}",
    }


def _judge_clause(clause: dict[Any, Any]) -> Judgement:
    side = "at least" if clause["measure"] == "small_group" else "at most"
    name = f"{clause['clause']} {side} {clause['limit']:g}"
    result = _RESULTS[clause["status"]]
    gap = None if pd.isna(clause["gap"]) else float(clause["gap"])
    return {
        "criterion": name,
        "value": gap,
        "bound": gap,
        "limit": float(clause["limit"]),
        "result": result,
        "reason": f"{name}: {result}. {clause['finding']}",
    }
