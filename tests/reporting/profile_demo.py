"""A table's health as its page would tell it, for any number of columns."""

from typing import Any

import numpy as np
import pandas as pd

from evergreen.problem import Problem
from evergreen.reporting import ProfileFacts
from evergreen.tables.accounts import count_rows
from evergreen.tables.bias_plan import check_bias_plan
from evergreen.tables.groups import measure_groups
from evergreen.tables.profile import profile_table
from tests.cases import binary_case, repaired_rows, told

_KINDS = ("number", "integer", "category", "boolean", "text", "timestamp", "image")


def wide_case(n_columns: int) -> Problem:
    """The calls with so many more columns, of every type."""
    columns = told("binary")["columns"]
    for place in range(n_columns):
        columns[f"measured_quantity_{place:03d}"] = {"type": _KINDS[place % len(_KINDS)], "why": "For the test."}
    return binary_case({"columns": columns})


def suspects(*rows: tuple[str, str, float, bool, bool]) -> pd.DataFrame:
    names = ["subject", "suspicion", "strength", "is_blocked", "is_answered"]
    found = pd.DataFrame(rows, columns=names).astype({"is_blocked": bool, "is_answered": bool, "strength": float})
    return found.assign(finding=[f"What was found of {subject}." for subject in found["subject"]])


SUSPECTED = suspects(
    ("duration_seconds", "tells the target", 0.86, True, False),
    ("age_years", "adds up to the target", 0.8, False, False),
    ("channel", "presence tells the target", 0.7, False, True),
    ("(rows)", "duplicate across splits", 0.02, False, False),
)


def usefulness(problem: Problem) -> pd.DataFrame:
    """Figures that fall from source to source and from column to column; the last source does not pay."""
    subjects = [(name, "source") for name in problem.sources] + [(name, "column") for name in problem.feature_columns]
    table = pd.DataFrame(subjects, columns=["subject", "kind"])
    fall = np.linspace(0.2, -0.001, len(table))
    shares = {"univariate": fall, "univariate_low": fall - 0.01, "univariate_high": fall + 0.01}
    shares |= {name.replace("uni", "").replace("variate", "marginal"): values / 2 for name, values in shares.items()}
    is_source = table["kind"] == "source"
    worth = np.where(is_source, 0.1, np.nan)
    losing = "It does not pay: it costs 0.3 EUR a decision and earns 0.1 (0.05 to 0.15)."
    finding = np.where(table["subject"] == list(problem.sources)[-1], losing, "It tells what no other column tells.")
    return table.assign(**shares, cost_per_row=np.where(is_source, 0.3, np.nan), worth_per_row=worth, finding=finding)


def row_ledger(n_rows: int, n_bad: int) -> pd.DataFrame:
    n_in = n_rows + n_bad + 7
    stages = {
        "gathered": {"in": n_in + 40, "after as_of": 40, "gathered": n_in},
        "repaired": {"in": n_in, "duplicates": 7, "quarantined": n_bad, "repaired": n_rows},
        "split": {"in": n_rows, "training": n_rows - 50, "holdout": 50},
    }
    return pd.concat([count_rows(stage, counts) for stage, counts in stages.items()], ignore_index=True)


def profile_facts(n_columns: int = 0, *, n_rows: int = 400, **changes: Any) -> ProfileFacts:
    """The facts of a table; a tenth of the cells are missing, and 12 rows could not be used, ten of them of women."""
    problem = changes.pop("problem", None) or wide_case(n_columns)
    rng = np.random.default_rng(0)
    rows = repaired_rows(problem, n_rows)
    features = list(problem.feature_columns)
    blanked = rows[features].where(rng.random((n_rows, len(features))) > 0.1)
    rows = pd.concat([rows.drop(columns=features), blanked], axis=1)[list(rows)]
    bad = rows[rows["sex"] == "female"].head(10) if "sex" in rows else rows.head(10)
    bad = pd.concat([bad, rows.tail(2)])
    reasons = pd.Series([None] * n_rows + ["age_years is above 100"] * len(bad), dtype="str", name="reasons")
    marked = pd.concat([pd.concat([rows, bad], ignore_index=True), reasons], axis=1)
    ledger = measure_groups(marked, rows, rows.head(300), rows.tail(100), problem=problem, confidence=0.95)
    repaired = [(name, "sentinel", 3 + place) for place, name in enumerate(problem.feature_columns)]
    facts: dict[str, Any] = {
        "problem": problem,
        "row_ledger": row_ledger(n_rows, len(bad)),
        "repairs": pd.DataFrame(repaired, columns=["column", "rule", "n_cells"]),
        "reasons": pd.DataFrame({"reason": ["age_years is above 100", "channel is no word"], "n_rows": [11, 2]}),
        "table_profile": profile_table(rows, problem),
        "group_ledger": ledger,
        "bias_plan_check": check_bias_plan(ledger, problem),
        "suspects": SUSPECTED,
        "usefulness": usefulness(problem),
    }
    return ProfileFacts(**(facts | changes))
