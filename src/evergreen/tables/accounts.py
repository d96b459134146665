"""The accounts of rows: where every row of the spine went."""

from collections.abc import Mapping

import pandas as pd

from evergreen.errors import DataError

COLUMNS = ("stage", "what", "n_rows")


def count_rows(stage: str, counts: Mapping[str, int]) -> pd.DataFrame:
    """Write down one stage's counts.

    Args:
        stage: gathered, repaired or split.
        counts: what -> number of rows. The stage's ``in`` is what it was given, the rest where it went.

    Returns:
        Columns ``stage, what, n_rows``.
    """
    return pd.DataFrame([(stage, what, int(n)) for what, n in counts.items()], columns=list(COLUMNS))


def balance(accounts: pd.DataFrame) -> pd.DataFrame:
    """Check that no row was lost or made: in each stage what went in came out, and the next stage got all of it.

    Args:
        accounts: the stages' counts one below the other; a stage's last row is what it passes on.

    Returns:
        The same accounts.

    Raises:
        DataError: where a stage does not balance.
    """
    passed_on: int | None = None
    for stage, rows in accounts.groupby("stage", sort=False):
        n_in, went = int(rows["n_rows"].iloc[0]), rows["n_rows"].iloc[1:]
        if int(went.sum()) != n_in:
            parts = ", ".join(f"{n} {what}" for what, n in zip(rows["what"].iloc[1:], went, strict=True))
            raise DataError(f"Stage '{stage}'", f"took {n_in} rows but accounts for {went.sum()} ({parts})", _CURE)
        if passed_on is not None and n_in != passed_on:
            raise DataError(f"Stage '{stage}'", f"took {n_in} rows of the {passed_on} it was passed", _CURE)
        passed_on = int(went.iloc[-1])
    return accounts


_CURE = "A step loses or makes rows: this is a fault of the pipeline, not of the data."
