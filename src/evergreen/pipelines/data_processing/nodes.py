"""Gather, repair and split the decisions of a case."""

from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError
from evergreen.pipelines.data_processing.params import DataProcessingParams
from evergreen.problem import AsOf, Problem
from evergreen.tables.accounts import balance, count_rows
from evergreen.tables.clean import clean_rows
from evergreen.tables.gather import gather_rows
from evergreen.tables.quarantine import common_reasons
from evergreen.tables.split import ROLES, assign_roles
from evergreen.tables.split_card import make_split_card


def gather_decisions(problem: Problem, as_of: AsOf, *sources: Any) -> tuple[Any, pd.DataFrame]:
    """Join all sources, one row per decision, as things stood at each decision and at ``as_of``.

    Args:
        problem: the case.
        as_of: the logical date.
        sources: what the catalog loaded, in the order of ``problem.sources``.

    Returns:
        The gathered rows in raw form, and their count.
    """
    by_name = dict(zip(problem.sources, sources, strict=True))
    gathered = gather_rows(problem, as_of.root, by_name)
    counts = {"in": gathered.n_spine, "after as_of": gathered.n_later, "gathered": len(gathered.rows)}
    return gathered.rows.to_native(), count_rows("gathered", counts)


def repair_decisions(problem: Problem, gathered: Any) -> tuple[Any, Any, Any, pd.DataFrame]:
    """Repair cells, set aside unusable rows, and keep every decision once.

    Args:
        problem: the case.
        gathered: rows in raw form.

    Returns:
        Usable rows; quarantined rows as text with their reasons; repaired cells by column and rule; the counts.

    Raises:
        DataError: where no row is usable, or the target does not vary.
    """
    table = nw.from_native(gathered, eager_only=True)
    cleaned = clean_rows(table, problem)
    if len(cleaned.rows) == 0:
        cure = "Mend the data contract or the source; the reasons name the rules."
        finding = f"are all unusable ({common_reasons(cleaned.quarantine)})"
        raise DataError(f"The {len(table)} rows of '{problem.spine}'", finding, cure)
    _refuse_constant_target(cleaned.rows, problem)
    counts = {
        "in": len(table),
        "duplicates": cleaned.n_duplicates,
        "quarantined": len(cleaned.quarantine),
        "repaired": len(cleaned.rows),
    }
    tables = (cleaned.rows, cleaned.quarantine, cleaned.repairs)
    rows, quarantine, repairs = (table.to_native() for table in tables)
    return rows, quarantine, repairs, count_rows("repaired", counts)


def split_decisions(
    problem: Problem, as_of: AsOf, params: DataProcessingParams, repaired: Any
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any], pd.DataFrame]:
    """Give every row its role and take out those that are learnt from and judged on.

    Args:
        problem: the case.
        as_of: the logical date.
        params: the seed.
        repaired: usable rows.

    Returns:
        Training rows, holdout rows, both in order of time and key; the split card, ready for JSON; the counts.
    """
    rows = nw.from_native(repaired, eager_only=True).to_pandas()
    order = [name for name in (problem.event_time, *problem.key) if name is not None]
    rows = rows.sort_values(order, ignore_index=True)
    role = assign_roles(rows, problem, as_of.root, random_state=params.random_state).role
    parts = {name: rows[role == name].reset_index(drop=True) for name in ROLES}
    counts = {"in": len(rows)} | {name: len(part) for name, part in parts.items()}
    card = make_split_card(parts["training"], parts["holdout"], problem, as_of.root)
    return parts["training"], parts["holdout"], card.model_dump(mode="json"), count_rows("split", counts)


def balance_rows(gathered_rows: pd.DataFrame, repaired_rows: pd.DataFrame, split_rows: pd.DataFrame) -> pd.DataFrame:
    """Check that every row of the source is accounted for.

    Args:
        gathered_rows: counts of gathering.
        repaired_rows: counts of repairing.
        split_rows: counts of splitting.

    Returns:
        The row ledger: columns ``stage, what, n_rows``.

    Raises:
        DataError: where a row was lost or made.
    """
    return balance(pd.concat([gathered_rows, repaired_rows, split_rows], ignore_index=True))


def _refuse_constant_target(rows: nw.DataFrame[Any], problem: Problem) -> None:
    target = problem.target.column
    labels = rows[target].drop_nulls()
    if len(labels) == 0:
        finding = f"has no value in any of the {len(rows)} usable rows"
        raise DataError(f"Target '{target}'", finding, "Choose a later as_of, or check raw_name and delay_days.")
    if labels.n_unique() == 1:
        finding = f"is always {labels.unique().to_list()[0]!r}"
        raise DataError(f"Target '{target}'", finding, "There is nothing to learn: check the source and the classes.")
