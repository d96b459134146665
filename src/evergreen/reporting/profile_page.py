"""The page that tells the health of a table at a glance."""

import pandas as pd

from evergreen.reporting.cells import heading
from evergreen.reporting.page import render_page
from evergreen.reporting.profile_columns import NOTHING, columns_frame
from evergreen.reporting.profile_facts import ProfileFacts
from evergreen.reporting.profile_groups import bias_section, groups_section
from evergreen.reporting.profile_health import health_section
from evergreen.reporting.sections import Section, Table, Tone
from evergreen.tables.duplicates import shared_key_reason

_SEARCHABLE_FROM = 30
_SHARES = {
    "univariate": "alone",
    "univariate_low": "alone, low",
    "univariate_high": "alone, high",
    "marginal": "beside others",
    "marginal_low": "beside, low",
    "marginal_high": "beside, high",
}
_STATUS_TONES: dict[str, Tone] = {"open": "bad", "blocked": "good", "answered": "good"}


def render_profile_page(facts: ProfileFacts) -> str:
    """Write the page of a table's health: what came in, what it holds, what is wrong with it, what it is good for.

    Args:
        facts: all that it tells.

    Returns:
        One self-contained HTML page; about a kilobyte a column.
    """
    sections = [
        health_section(facts),
        _columns_section(facts),
        _suspects_section(facts.suspects),
        _usefulness_section(facts.usefulness),
        _quarantine_section(facts),
        _repairs_section(facts),
        groups_section(facts.group_ledger, facts.problem),
        bias_section(facts.bias_plan_check),
        _rows_section(facts),
    ]
    title = f"{heading(facts.problem.name)}: profile of the table"
    return render_page(title, sections, subtitle=facts.problem.goal)


def _columns_section(facts: ProfileFacts) -> Section:
    frame = columns_frame(facts.problem, facts.table_profile)
    repaired = facts.repairs.groupby("column")["n_cells"].sum()
    n_bad = _reasons_by_column(facts).groupby("column")["n_rows"].sum()
    told = facts.usefulness[facts.usefulness["kind"] == "column"].set_index("subject")["univariate"]
    frame["repaired cells"] = frame["column"].map(repaired).fillna(0).astype(int)
    frame["set aside rows"] = frame["column"].map(n_bad).fillna(0).astype(int)
    frame["tells alone"] = frame["column"].map(told).astype(float)
    frame["suspect"] = [_status(name, facts.suspects) for name in frame["column"]]
    caption = f"The {len(frame)} columns of the contract"
    formats, tones = {"tells alone": "z.1%"}, {"suspect": _STATUS_TONES}
    return Section(
        "Columns",
        lead="What each column holds in the usable rows. Values are the lowest, middle and highest number, the first "
        "and last time, or the commonest words; the bars show how rows spread over them.",
        tables=(Table(caption, frame, formats=formats, tones=tones, undefined=NOTHING, is_searchable=True),),
        notes=(
            "Set aside rows: rows in quarantine with this column among the reasons.",
            "Tells alone: the share of what there is to know about the outcome that the column takes away alone.",
        ),
    )


def _status(name: str, suspects: pd.DataFrame) -> str:
    own = suspects[suspects["subject"] == name]
    if own.empty:
        return NOTHING
    is_open = ~own["is_blocked"] & ~own["is_answered"]
    return "open" if is_open.any() else "answered" if own["is_answered"].any() else "blocked"


def _reasons_by_column(facts: ProfileFacts) -> pd.DataFrame:
    """Reasons begin with the name of their column; of two names that fit the longer is meant."""
    by_length = sorted(facts.problem.columns, key=len, reverse=True)
    # A column may be called "key".
    of_rows = shared_key_reason(facts.problem)
    columns = [
        next((n for n in by_length if reason.startswith(f"{n} ") and reason != of_rows), "the whole row")
        for reason in facts.reasons["reason"]
    ]
    return pd.DataFrame({"reason": facts.reasons["reason"], "column": columns, "n_rows": facts.reasons["n_rows"]})


def _suspects_section(suspects: pd.DataFrame) -> Section:
    status = [_status_of(row.is_blocked, row.is_answered) for row in suspects.itertuples()]
    shown = suspects[["subject", "suspicion", "strength"]].assign(status=status, finding=suspects["finding"])
    return Section(
        "Suspects",
        lead="What may give the outcome away before it is known. The owner of the case decides: block the column, or "
        "say in not_a_leak why it is known at the decision.",
        tables=(Table("Suspects of leakage, the strongest first", shown, tones={"status": _STATUS_TONES}),),
        notes=("Strength: 0 is nothing, 1 gives the outcome away for certain.",),
    )


def _status_of(is_blocked: object, is_answered: object) -> str:
    return "answered" if is_answered else "blocked" if is_blocked else "open"


def _usefulness_section(usefulness: pd.DataFrame) -> Section:
    told = usefulness.rename(columns=_SHARES)
    shares = dict.fromkeys(_SHARES.values(), "z.1%")
    columns = told[told["kind"] == "column"].drop(columns=["kind", "cost_per_row", "worth_per_row"])
    sources = told[told["kind"] == "source"].drop(columns="kind")
    money = dict.fromkeys(["cost_per_row", "worth_per_row"], "each")
    caption = "Columns, the most useful beside all others first"
    return Section(
        "Usefulness",
        lead="What sources and columns tell of the outcome, judged on training rows that were not learnt from: alone, "
        "and what would be lost without them beside all others. Shares are of what a constant prediction leaves open.",
        tables=(
            Table("Sources", sources.rename(columns={"subject": "source"}), formats=shares | money, undefined=NOTHING),
            Table(
                caption,
                columns.rename(columns={"subject": "column"}),
                formats=shares,
                undefined=NOTHING,
                is_searchable=len(columns) >= _SEARCHABLE_FROM,
            ),
        ),
        notes=(
            "Low and high are the ends of 95 % intervals.",
            "Shares beside others do not compare between columns and sources: a column's cells are given to other "
            "rows, which also leads the model astray and may cost more than 100 %; without a source it learns anew.",
            "Worth per row is the payoff a decision would lose.",
        ),
    )


def _quarantine_section(facts: ProfileFacts) -> Section:
    by_column = _reasons_by_column(facts)
    n_bad = max(facts.n_rows("quarantined"), 1)
    shown = by_column.sort_values(["n_rows", "reason"], ascending=[False, True]).assign(
        share_of_quarantine=lambda rows: rows["n_rows"] / n_bad
    )
    return Section(
        "Quarantine",
        lead="Rows that could not be used are kept as they came, each with all its reasons.",
        tables=(Table("Reasons", shown, is_searchable=len(shown) >= _SEARCHABLE_FROM),) if len(shown) else (),
        notes=() if len(shown) else ("No row is in quarantine.",),
    )


def _repairs_section(facts: ProfileFacts) -> Section:
    shown = facts.repairs.sort_values(["n_cells", "column", "rule"], ascending=[False, True, True])
    return Section(
        "Repairs",
        lead="Every cell that was changed, by column and rule.",
        tables=(Table("Repaired cells", shown, is_searchable=len(shown) >= _SEARCHABLE_FROM),) if len(shown) else (),
        notes=() if len(shown) else ("No cell had to be repaired.",),
    )


def _rows_section(facts: ProfileFacts) -> Section:
    return Section(
        "Rows",
        lead="Nothing disappears: in each stage the rows that came in are the sum of the others.",
        tables=(Table("Where every row went", facts.row_ledger),),
    )
