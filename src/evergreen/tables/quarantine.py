"""Rows that cannot be used, kept as they came with all their reasons."""

from collections import Counter
from typing import Any

import narwhals.stable.v2 as nw

from evergreen.tables.repair import REASON_SEPARATOR, REASONS

_MAX_SHOWN = 3


def all_as_text(rows: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Write every cell as text, so that rows of any form can stand in one table.

    Args:
        rows: any rows.

    Returns:
        The same rows, all columns String.
    """
    return rows.with_columns(nw.all().cast(nw.String))


def count_reasons(quarantine: nw.DataFrame[Any]) -> Counter[str]:
    """Count how often each reason was given; a row may have several.

    Args:
        quarantine: rows with ``reasons``.

    Returns:
        Reason -> number of rows.
    """
    texts = quarantine[REASONS].to_list()
    return Counter(reason for text in texts for reason in text.split(REASON_SEPARATOR))


def common_reasons(quarantine: nw.DataFrame[Any]) -> str:
    """Name the commonest reasons in one bounded phrase.

    Args:
        quarantine: rows with ``reasons``.

    Returns:
        ``"age is above 100: 20 rows, ..."``.
    """
    return ", ".join(f"{reason}: {n} rows" for reason, n in count_reasons(quarantine).most_common(_MAX_SHOWN))
