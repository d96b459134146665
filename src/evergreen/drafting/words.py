"""The cells of a column as text, each distinct one once: what a draft reads of a column."""

from dataclasses import dataclass
from functools import cached_property

import narwhals.stable.v2 as nw
import pandas as pd

from evergreen.problem import canonical_text
from evergreen.tables.cells import blank_to_null, stripped, text_of

MISSING_WORDS = (
    "?", "-", "--", ".", "#n/a", "#null!", "(null)", "<na>", "\\n", "n/a", "n.a.", "nan", "nat", "null", "na", "none",
    "nil", "missing", "no data", "not available", "not applicable", "not known", "not stated", "unknown", "unk",
    "unspecified", "undefined", "tbd",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The distinct cells of one column.

    Attributes:
        text: every cell as text without outer white space; a blank one is missing. n of them.
    """

    text: pd.Series

    @property
    def n_rows(self) -> int:
        """All cells, blank ones too."""
        return len(self.text)

    @cached_property
    def counts(self) -> pd.Series:
        """Word -> how many cells hold it, the commonest first."""
        return self.text.value_counts()

    @cached_property
    def canonical(self) -> pd.Series:
        """Word -> its canonical form, in the order of the counts."""
        return pd.Series([canonical_text(str(word)) for word in self.counts.index], self.counts.index, dtype="str")

    @cached_property
    def missing_words(self) -> dict[str, int]:
        """Words in canonical form that seem to mean "missing" -> how many cells hold them."""
        return self._by_canonical(self.canonical.isin(MISSING_WORDS))

    @cached_property
    def told(self) -> pd.Series:
        """The counts without the words that seem to mean "missing"."""
        return self.counts[~self.canonical.isin(MISSING_WORDS)]

    @cached_property
    def told_canonical(self) -> dict[str, int]:
        """The told words in canonical form -> how many cells hold them, the commonest first."""
        return self._by_canonical(~self.canonical.isin(MISSING_WORDS))

    def _by_canonical(self, chosen: pd.Series) -> dict[str, int]:
        summed = self.counts[chosen].groupby(self.canonical[chosen]).sum().sort_values(ascending=False, kind="stable")
        return {str(word): int(n_cells) for word, n_cells in summed.items()}


def words_of(cells: pd.Series) -> Words:
    """Read a column as text, the way the repair of a table does.

    Args:
        cells: a column of any type.

    Returns:
        Its words; a time is written as 2009-02-28 23:59:59, in UTC where it has a zone.
    """
    plain = cells.rename("cell").reset_index(drop=True)
    if isinstance(plain.dtype, pd.DatetimeTZDtype):
        plain = plain.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(plain.dtype):
        return Words(plain.dt.strftime("%Y-%m-%d %H:%M:%S").astype("str"))
    table = nw.from_native((plain.astype("str") if plain.dtype == object else plain).to_frame(), eager_only=True)
    text = blank_to_null(stripped(text_of(nw.col("cell"), table.schema["cell"])))
    return Words(table.select(text.alias("cell")).to_native()["cell"].astype("str"))
