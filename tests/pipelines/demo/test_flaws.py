import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.pipelines.demo.flaws import SYNONYMS, Flaw, find_word_flaws, misspell, spoil_cells
from evergreen.problem import canonical_text


def _ages(rows: list[int], found: list[int]) -> Flaw:
    return Flaw("out_of_range", "clients", "age_years", "client_id", "quarantined", rows, found, [30] * len(rows))


def test_spoiling_changes_the_listed_cells_only() -> None:
    table = pd.DataFrame({"client_id": [3, 1, 2], "age_years": [30, 31, 32]})
    spoilt = spoil_cells(table, [_ages([2, 3], [212, -4])])
    assert spoilt.to_dict("list") == {"client_id": [3, 1, 2], "age_years": [-4, 31, 212]}
    assert table["age_years"].tolist() == [30, 31, 32]
    assert spoilt.dtypes.tolist() == table.dtypes.tolist()


def test_spoiling_nothing_changes_nothing() -> None:
    table = pd.DataFrame({"client_id": [1], "age_years": [30]})
    pd.testing.assert_frame_equal(spoil_cells(table, [_ages([], [])]), table)


def test_a_row_that_does_not_exist_cannot_be_spoilt() -> None:
    with pytest.raises(KeyError, match="9"):
        spoil_cells(pd.DataFrame({"client_id": [1], "age_years": [30]}), [_ages([9], [0])])


@given(st.sampled_from(["admin", "blue-collar", "no", "yes"]), st.floats(0, 1, exclude_max=True))
def test_a_misspelt_word_differs_and_keeps_its_canonical_form(word: str, draw: float) -> None:
    assert misspell(word, draw) != word
    assert canonical_text(misspell(word, draw)) == word


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1, exclude_max=True)), min_size=1, max_size=20))
def test_every_hit_word_is_written_differently_once(cells: list[tuple[bool, float]]) -> None:
    hit, draws = (np.array(part) for part in zip(*cells, strict=True))
    index = pd.Index(range(10, 10 + len(cells)), name="client_id")
    words = pd.Series(["admin", "services"] * len(cells), name="job")[: len(cells)].set_axis(index)
    spelling, synonym = find_word_flaws(words, source="clients", hit=hit, draws=draws)
    assert sorted(spelling.rows + synonym.rows) == index[hit].tolist()
    assert all(canonical_text(f) == m for f, m in zip(spelling.found, spelling.meant, strict=True))
    assert all(canonical_text(f) in SYNONYMS["job"][m] for f, m in zip(synonym.found, synonym.meant, strict=True))
