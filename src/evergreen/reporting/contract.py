"""Sections that tell a case's own terms: its data contract, its payoff and its split."""

import pandas as pd

from evergreen.problem import Payoff, Problem, RowMoney, Split, in_full
from evergreen.reporting.cells import counted
from evergreen.reporting.report_facts import SearchFacts
from evergreen.reporting.sections import Fact, Section, Table, Tone

_OUT = "left out: it moves in time"
_TONES: dict[str, dict[str, Tone]] = {
    "known at": {"outcome": "watch"},
    "sensitive": {"yes": "watch"},
    "learnt from": {_OUT: "watch"},
}


def contract_section(problem: Problem, search: SearchFacts | None = None) -> Section:
    """Tell what each column is, when it is known and why it is there.

    Args:
        problem: the case.
        search: how the challenger was found, for the columns it leaves out; None where not told.

    Returns:
        A section with the contract and, where there is one, the payoff.
    """
    late = ", ".join(problem.outcome_columns)
    return Section(
        "Contract",
        lead=f"What each column is and why it is there. What is known only at the outcome ({late}) is kept from "
        "training and from requests.",
        tables=(
            Table(
                f"The {len(problem.columns)} columns of the data contract",
                _columns_frame(problem, search),
                tones=_TONES,
            ),
            *_payoff_tables(problem.payoff),
        ),
        notes=(
            "A sensitive column tells a group that must not be treated worse. "
            + (
                "The case asks nothing about groups, so the verdict does not judge how they are decided about: compare "
                "them before you rely on it."
                if problem.fairness is None
                else "The verdict judges how groups are decided about."
            ),
        ),
    )


def _columns_frame(problem: Problem, search: SearchFacts | None) -> pd.DataFrame:
    left_out = () if search is None else search.left_out
    rows = [
        [
            name,
            column.why,
            column.type if column.unit is None else f"{column.type}, {column.unit}",
            column.known_at,
            column.is_sensitive,
            _OUT if name in left_out else name in problem.feature_columns,
            column.source or problem.spine,
        ]
        for name, column in problem.columns.items()
    ]
    heads = ["column", "why it is there", "type", "known at", "sensitive", "learnt from", "source"]
    return pd.DataFrame(rows, columns=heads)


def _payoff_tables(payoff: Payoff | None) -> list[Table]:
    if payoff is None:
        return []
    caption = f"What one decision pays ({payoff.unit})"
    if not payoff.actions:
        costs = [["a unit too few", payoff.under_per_unit], ["a unit too many", payoff.over_per_unit]]
        return [Table(f"What a miss costs ({payoff.unit})", pd.DataFrame(costs, columns=["miss", "cost"]))]
    frame = pd.DataFrame.from_dict(payoff.actions, orient="index")
    if payoff.row_money:
        frame = frame.map(lambda cell: str(cell) if isinstance(cell, RowMoney) else in_full(cell))
    frame.columns = [f"outcome {name}" for name in frame.columns]
    tables = [Table(caption, frame.rename_axis("action").reset_index())]
    if payoff.capacity is not None:
        tables.append(Table("How often an action may be taken", pd.DataFrame({"capacity": [str(payoff.capacity)]})))
    return tables


def split_section(problem: Problem) -> Section:
    """Tell how rows were divided for learning, for the verdict and for the first new rows.

    Args:
        problem: the case.

    Returns:
        A section of sentences.
    """
    split, delay = problem.split, problem.target.delay_days
    sentences = [_holdout_sentence(split), _gap_sentence(split, delay), _new_rows_sentence(split)]
    return Section(
        "Split",
        lead=" ".join(sentence for sentence in sentences if sentence),
        facts=(
            Fact("Divided by", "time" if split.by == "time" else split.group or "chance, stratified by the target"),
            Fact("Holdout", f"{split.holdout_share:.0%} of the labelled rows"),
            Fact("Outcome known after", "at once" if delay == 0 else counted(delay, "day")),
            Fact("Folds", f"up to {split.n_folds}, inside the training rows"),
        ),
    )


def _holdout_sentence(split: Split) -> str:
    share = f"{split.holdout_share:.0%} of the labelled rows"
    if split.by == "time":
        return f"The last {share} are the holdout, which only the verdict sees; folds keep the order of time."
    if split.by == "group":
        return f"The holdout, which only the verdict sees, is {share}; all rows of one {split.group} stay together."
    return f"The holdout, which only the verdict sees, is {share}, drawn so that the target is spread alike."


def _gap_sentence(split: Split, delay_days: int) -> str:
    if split.by != "time" or delay_days == 0:
        return ""
    return f"A gap of {counted(delay_days, 'day')} lies before it, because an outcome takes that long to be known."


def _new_rows_sentence(split: Split) -> str:
    if split.new_rows_days is not None:
        is_one = split.new_rows_days == 1
        days = (
            "day before the date of the run is"
            if is_one
            else f"{split.new_rows_days} days before the date of the run are"
        )
        return f"The {days} kept from learning and scored as new."
    return f"{split.new_rows_share:.0%} of the rows are kept from learning and scored as new."
