"""Rows that cannot be used, kept as they came with all their reasons."""

from collections import Counter

import narwhals.stable.v2 as nw

from evergreen.tables.cells import text_of
from evergreen.tables.engines import Frame, as_pandas
from evergreen.tables.repair import REASON_SEPARATOR, REASONS

_MAX_SHOWN = 3


def all_as_text(rows: Frame) -> Frame:
    """Write every cell as text, so that rows of any form can stand in one table.

    Args:
        rows: any rows.

    Returns:
        The same rows, all columns String.
    """
    schema = rows.collect_schema()
    return rows.select(text_of(nw.col(name), dtype).alias(name) for name, dtype in schema.items())


def count_reasons(quarantine: Frame) -> Counter[str]:
    """Count how often each reason was given; a row may have several.

    Args:
        quarantine: rows with ``reasons``.

    Returns:
        Reason -> number of rows.
    """
    told = as_pandas(quarantine.group_by(REASONS).agg(nw.len().alias("n_rows")))
    found: Counter[str] = Counter()
    for text, n_rows in zip(told[REASONS], told["n_rows"], strict=True):
        found.update(dict.fromkeys(text.split(REASON_SEPARATOR), int(n_rows)))
    return found


def common_reasons(quarantine: Frame) -> str:
    """Name the commonest reasons in one bounded phrase.

    Args:
        quarantine: rows with ``reasons``.

    Returns:
        ``"age is above 100: 20 rows, ..."``; equally common ones in the order of the alphabet.
    """
    found = sorted(count_reasons(quarantine).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{reason}: {n} rows" for reason, n in found[:_MAX_SHOWN])
