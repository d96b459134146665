"""Pieces of words counted with a memory, against the steps of scikit-learn that they stand for."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.answering import prose_steps
from evergreen.answering.feature_cells import FeatureCells
from evergreen.answering.off_list import OffListError
from evergreen.answering.prose_steps import SparseRows, prose_counter
from evergreen.models.wide_features import prose

LEARNT = ["asked for a loan", "wants a call back", "", "reported a lost card", "a loan, a loan"]
FITTED = prose().fit(LEARNT)
STEPS = [step for _, step in FITTED.steps]
COUNT, WIDTH = prose_counter(*STEPS)


def weighed(texts: list[str]) -> SparseRows:
    return COUNT(FeatureCells({"note": texts}, len(texts)), "note")


@given(
    st.lists(st.text(alphabet="abİß é.\t\n\u00a0\u2003", max_size=30) | st.sampled_from(LEARNT), min_size=1, max_size=6)
)
def test_any_texts_are_counted_and_weighed_as_by_the_fitted_steps(texts: list[str]) -> None:
    right = FITTED.transform(texts)
    told = weighed(texts)
    np.testing.assert_array_equal(told.toarray(), right.toarray())
    weights = np.random.default_rng(1).normal(size=(WIDTH, 3))
    np.testing.assert_array_equal(told @ weights, right @ weights)
    np.testing.assert_allclose((2.0 * told) @ weights[:, :1], 2 * (right @ weights[:, :1]), rtol=1e-9, atol=1e-12)


def test_memory_is_bounded_and_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = weighed(LEARNT).toarray()
    monkeypatch.setattr(prose_steps, "MOST_WORDS", 3)
    count, _ = prose_counter(*STEPS)
    texts = [f"{text} {'x' * 50}" for text in LEARNT]
    for _ in range(2):
        cells = FeatureCells({"note": LEARNT, "long": texts}, len(LEARNT))
        np.testing.assert_array_equal(count(cells, "note").toarray(), before)
        np.testing.assert_allclose(count(cells, "long").toarray(), FITTED.transform(texts).toarray(), rtol=1e-12)


@pytest.mark.parametrize("change", [{"analyzer": "word"}, {"alternate_sign": True}, {"binary": True}, {"norm": "l2"}])
def test_steps_that_are_set_up_in_another_way_are_left_to_tables(change: dict[str, Any]) -> None:
    changed = type(STEPS[0])(**{**STEPS[0].get_params(), **change})
    with pytest.raises(OffListError):
        prose_counter(changed, STEPS[1])
