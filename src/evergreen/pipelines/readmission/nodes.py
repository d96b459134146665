"""Look at rows in quarantine again, without repairing the others a second time."""

from typing import Any

import pandas as pd

from evergreen.problem import Problem
from evergreen.tables.accounts import count_rows
from evergreen.tables.engines import as_frame, as_native
from evergreen.tables.readmit import readmit_rows
from evergreen.tables.repair import repairs_table


def readmit_decisions(
    problem: Problem, gathered: Any, earlier_repaired: Any, earlier_repairs: pd.DataFrame
) -> tuple[Any, Any, Any, pd.DataFrame, pd.DataFrame]:
    """Repair the rows that are not in use, and add those that the mended contract or source makes usable.

    Args:
        problem: the case, with its contract as it is now.
        gathered: rows in raw form, gathered anew.
        earlier_repaired: the usable rows so far; they stay as they are.
        earlier_repairs: their repaired cells by column and rule.

    Returns:
        All rows with their reasons, as ``mark_decisions`` gives them but for copies and raw cells; usable rows;
        quarantined rows as text with their reasons; repaired cells by column and rule; the counts.

    Raises:
        DataError: where the source no longer holds rows that are in use.
    """
    done = readmit_rows(as_frame(gathered), as_frame(earlier_repaired), problem)
    repairs = pd.concat([earlier_repairs, repairs_table(done.settled.repairs)], ignore_index=True)
    repairs = repairs.groupby(["column", "rule"], sort=False)["n_cells"].sum().reset_index()
    counts = {
        "in": done.n_rows,
        "duplicates": done.n_duplicates,
        "quarantined": done.settled.n_quarantined,
        "repaired": done.n_usable,
    }
    tables = (as_native(table) for table in (done.marked, done.rows, done.settled.quarantine))
    return (*tables, repairs, count_rows("repaired", counts))
