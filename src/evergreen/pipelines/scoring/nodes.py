"""Gather and repair the rows that wait for a decision."""

from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.errors import DataError
from evergreen.pipelines.scoring.params import ScoringParams
from evergreen.problem import AsOf, Problem
from evergreen.releases import Champion, LoadedRelease, NoChampion
from evergreen.tables.engines import as_frame, as_native, as_pandas
from evergreen.tables.gather import gather_rows
from evergreen.tables.outliers import NO_LIMITS, OutlierLimits
from evergreen.tables.repair import mark_rows, repairs_by_key
from evergreen.tables.settle import settle_rows
from evergreen.tables.split import new_rows_after, select_new
from evergreen.tables.split_card import SplitCard


def gather_new_rows(problem: Problem, as_of: AsOf, *sources: Any) -> Any:
    """Join all sources for the rows that wait for a decision, as things stood at each decision.

    Args:
        problem: the case.
        as_of: the logical date.
        sources: what the catalog loaded, in the order of ``problem.sources``.

    Returns:
        Rows in raw form: with time those of the last ``new_rows_days``, else all.
    """
    by_name = dict(zip(problem.sources, sources, strict=True))
    after = new_rows_after(problem, as_of.root)
    return as_native(gather_rows(problem, as_of.root, by_name, after=after).rows)


def mark_new_rows(problem: Problem, as_of: AsOf, champion: Champion, new_rows_gathered: Any) -> Any:
    """Repair new rows by the champion's contract, exactly as its training rows were, and mark the unusable ones.

    Args:
        problem: the case; its contract serves where there is no champion yet.
        as_of: the logical date.
        champion: the live release.
        new_rows_gathered: rows in raw form.

    Returns:
        Every new row once, see ``mark_rows``.

    Raises:
        DataError: where the champion already knows rows of this window.
    """
    contract, limits = problem, NO_LIMITS
    if not isinstance(champion, NoChampion):
        contract, limits = champion.problem, OutlierLimits.model_validate(champion.documents["outlier_limits"])
        _refuse_known_rows(champion, as_of)
    table = as_frame(new_rows_gathered)
    if contract.split.by == "time":
        # What came of a decision must not decide whether it is scored.
        table = table.with_columns(nw.lit(None).cast(nw.String).alias(name) for name in contract.outcome_columns)
    return as_native(mark_rows(table, contract, limits))


def name_new_row_repairs(problem: Problem, champion: Champion, new_rows_marked: Any) -> pd.DataFrame:
    """Say what was repaired in each new row.

    Args:
        problem: the case; its contract serves where there is no champion yet.
        champion: the live release.
        new_rows_marked: repaired rows with reasons.

    Returns:
        The key and ``repairs``, such as ``"age_years: outlier; job: synonym"``, of usable rows in which any cell was
        changed; every key once.
    """
    contract = problem if isinstance(champion, NoChampion) else champion.problem
    return repairs_by_key(as_frame(new_rows_marked), contract)


def settle_new_rows(
    problem: Problem, as_of: AsOf, params: ScoringParams, champion: Champion, new_rows_marked: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the new rows that can be scored from those that cannot.

    Args:
        problem: the case; its contract serves where there is no champion yet.
        as_of: the logical date.
        params: the seed.
        champion: the live release.
        new_rows_marked: repaired rows with reasons.

    Returns:
        Usable new rows without outcomes, in order of time and key; quarantined ones with their reasons, without
        time a sample of them.
    """
    contract = problem if isinstance(champion, NoChampion) else champion.problem
    settled = settle_rows(as_frame(new_rows_marked), contract)
    quarantine = as_pandas(settled.quarantine)
    if contract.split.new_rows_share is not None:
        # Without time nobody can say which unusable rows are new ones: the same share of them stands for those.
        quarantine = _steady_sample(quarantine, contract, params.random_state)
    rows = as_pandas(select_new(settled.rows, contract, as_of.root, random_state=params.random_state))
    order = [name for name in (contract.event_time, *contract.key) if name is not None]
    known = rows.drop(columns=list(contract.outcome_columns)).sort_values(order, ignore_index=True)
    return known, quarantine


def _steady_sample(quarantine: pd.DataFrame, problem: Problem, random_state: int) -> pd.DataFrame:
    # Engines hand rows on in different orders, and the sample must not depend on it.
    ordered = quarantine.sort_values(list(quarantine.columns), ignore_index=True)
    return ordered.sample(frac=float(problem.split.new_rows_share or 0), random_state=random_state)


def _refuse_known_rows(champion: LoadedRelease, as_of: AsOf) -> None:
    after = new_rows_after(champion.problem, as_of.root)
    known = SplitCard.model_validate(champion.documents["split_card"]).judged_until
    if after is not None and known is not None and after.date() < known:
        finding = f"has learnt from or been judged on rows up to {known}, and new rows begin after {after.date()}"
        cure = "Score with a later as_of, or promote a release that was made before."
        raise DataError(f"Champion '{champion.release_id}'", finding, cure)
