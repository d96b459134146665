"""Gather, repair and split the decisions of a case."""

from collections import Counter
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError
from evergreen.preparing.params import DataProcessingParams
from evergreen.problem import AsOf, Problem
from evergreen.tables.accounts import balance, count_rows
from evergreen.tables.conditions import refuse_empty_slices
from evergreen.tables.engines import Frame, as_frame, as_native, as_pandas, count
from evergreen.tables.gather import gather_rows
from evergreen.tables.outliers import count_outliers, fit_outlier_limits, limit_outliers
from evergreen.tables.quarantine import common_reasons
from evergreen.tables.repair import mark_rows, repairs_table
from evergreen.tables.rules import OUTLIER
from evergreen.tables.settle import settle_rows
from evergreen.tables.split import split_rows
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
    counts = {"in": gathered.n_spine, "after as_of": gathered.n_later, "gathered": gathered.n_gathered}
    return as_native(gathered.rows), count_rows("gathered", counts)


def mark_decisions(problem: Problem, gathered: Any) -> Any:
    """Repair cells, and mark the rows that cannot be used with their reasons.

    Args:
        problem: the case.
        gathered: rows in raw form.

    Returns:
        Every gathered row once, see ``mark_rows``.
    """
    return as_native(mark_rows(as_frame(gathered), problem))


def settle_decisions(problem: Problem, marked: Any) -> tuple[Any, Any, pd.DataFrame, pd.DataFrame]:
    """Set aside unusable rows, and keep every decision once.

    Args:
        problem: the case.
        marked: repaired rows with reasons.

    Returns:
        Usable rows; quarantined rows as text with their reasons; repaired cells by column and rule; the counts.

    Raises:
        DataError: where no row is usable, too few are, or the target does not vary.
    """
    settled = settle_rows(as_frame(marked), problem)
    if settled.n_usable == 0:
        cure = "Mend the data contract or the source; the reasons name the rules."
        finding = f"are all unusable ({common_reasons(settled.quarantine)})"
        raise DataError(f"The {settled.n_rows} rows of '{problem.spine}'", finding, cure)
    _refuse_too_few(settled.n_usable, problem)
    _refuse_constant_target(settled.rows, problem, n_usable=settled.n_usable)
    counts = {
        "in": settled.n_rows,
        "duplicates": settled.n_duplicates,
        "quarantined": settled.n_quarantined,
        "repaired": settled.n_usable,
    }
    rows, quarantine = as_native(settled.rows), as_native(settled.quarantine)
    return rows, quarantine, repairs_table(settled.repairs), count_rows("repaired", counts)


def split_decisions(
    problem: Problem, as_of: AsOf, params: DataProcessingParams, repaired: Any
) -> tuple[Any, Any, dict[str, Any], pd.DataFrame, dict[str, Any], pd.DataFrame]:
    """Give every row its role, take out those that are learnt from and judged on, and hold their outliers in.

    Args:
        problem: the case.
        as_of: the logical date.
        params: the seed.
        repaired: usable rows.

    Returns:
        Training rows, holdout rows, both in order of time and key; the split card, ready for JSON; the counts; the
        fences of outliers, learnt from the training rows, ready for JSON; the cells they changed.

    Raises:
        DataError: where too few labelled rows are left, or a slice of the case has no row to learn of or to judge on.
    """
    usable = as_frame(repaired)
    split = split_rows(usable, problem, as_of.root, random_state=params.random_state)
    training, holdout = split.rows("training", problem), split.rows("holdout", problem)
    refuse_empty_slices({"training": training, "holdout": holdout}, problem)
    card = make_split_card(split, problem, as_of.root, random_state=params.random_state)
    limits = fit_outlier_limits(training, problem)
    outliers = sum((Counter(count_outliers(rows, limits)) for rows in (training, holdout)), Counter[str]())
    changed = repairs_table({(column, OUTLIER): n for column, n in outliers.items()})
    counts = {"in": count(usable)} | dict(split.counts)
    rows = (as_native(limit_outliers(part, limits)) for part in (training, holdout))
    documents = (card.model_dump(mode="json"), count_rows("split", counts), limits.model_dump(mode="json"), changed)
    return (*rows, *documents)


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


def _refuse_too_few(n_usable: int, problem: Problem) -> None:
    least = problem.limits.min_training_rows + problem.limits.min_holdout_rows
    if n_usable < least:
        rows = "1 usable row" if n_usable == 1 else f"{n_usable} usable rows"
        finding = f"gives {rows}, fewer than the {least} that the case asks for to learn from and to judge on"
        cure = "Choose a later as_of, bring more data, or lower limits.min_training_rows and limits.min_holdout_rows."
        raise DataError(f"Source '{problem.spine}'", finding, cure)


def _refuse_constant_target(rows: Frame, problem: Problem, *, n_usable: int) -> None:
    target = problem.target.column
    labels = as_pandas(rows.select(target).filter(~nw.col(target).is_null()).unique().head(2))[target]
    if len(labels) == 0:
        finding = f"has no value in any of the {n_usable} usable rows"
        raise DataError(f"Target '{target}'", finding, "Choose a later as_of, or check raw_name and delay_days.")
    if len(labels) == 1:
        finding = f"is always {labels.iloc[0]!r}"
        raise DataError(f"Target '{target}'", finding, "There is nothing to learn: check the source and the classes.")
