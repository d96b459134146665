"""Only what LightGBM could have written reaches LightGBM."""

import re
from copy import deepcopy
from typing import Any

import lightgbm
import numpy as np
import pytest

from evergreen.errors import ReleaseError
from evergreen.models.candidates.lightgbm_text import checked_text
from evergreen.releases import model_from_bytes, model_to_bytes
from tests.models.candidates.planted_trees import (
    FAULTS,
    HONEST,
    Honest,
    asked,
    edited,
    honest_model,
    planted_model,
    put,
    with_sizes,
)


@pytest.fixture
def _no_lightgbm(monkeypatch: pytest.MonkeyPatch) -> None:
    def see(*_: Any, **__: Any) -> None:
        raise AssertionError("LightGBM was given a text")

    honest_model("two classes")
    monkeypatch.setattr(lightgbm, "Booster", see)


def _predicted(model: Any) -> np.ndarray:
    return model.predict_proba(asked()) if hasattr(model, "predict_proba") else model.predict(asked())


@pytest.mark.parametrize("honest", HONEST)
def test_an_honest_model_passes_and_predicts_what_its_whole_text_does(honest: Honest) -> None:
    model = honest_model(honest)
    whole = lightgbm.Booster(model_str=model.model_.decode()).predict(asked())
    told = np.column_stack([1 - whole, whole]) if honest in ("two classes", "no category") else whole
    for loaded in (model, deepcopy(model), model_from_bytes(model_to_bytes(model))):
        np.testing.assert_array_equal(_predicted(loaded), told)


def test_honest_models_are_of_every_form() -> None:
    texts = {honest: honest_model(honest).model_ for honest in HONEST}
    leaves = {honest: set(re.findall(rb"\nnum_leaves=([0-9]+)", text)) for honest, text in texts.items()}
    assert leaves["one leaf"] == {b"1"}
    assert leaves["a rare class"] > {b"1"}
    assert b"\nnum_class=4\n" in texts["many classes"]
    assert re.search(rb"\nnum_cat=[1-9]", texts["two classes"])
    assert not re.search(rb"\nnum_cat=[1-9]", texts["no category"])
    assert re.search(rb"\nthreshold=[^\n]*inf", b"".join(texts.values()))
    assert b"\nobjective=quantile\n" in texts["a quantile"]


# A copy is made as a pickle is loaded.
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.usefixtures("_no_lightgbm")
def test_a_planted_fault_is_refused_and_lightgbm_never_sees_it(fault: str) -> None:
    plant, words = FAULTS[fault]
    honest = honest_model("two classes").model_
    text = plant(honest)
    assert text != honest
    model = planted_model("two classes", text)
    for use in (
        lambda: model.predict_proba(asked()),
        lambda: deepcopy(model),
        lambda: model_from_bytes(model_to_bytes(model)),
    ):
        with pytest.raises(ReleaseError, match=words) as caught:
            use()
        assert len(str(caught.value)) < 300


def test_an_edit_that_changes_no_form_passes() -> None:
    honest = honest_model("two classes").model_
    assert with_sizes(honest) == honest
    changed = planted_model("two classes", edited("leaf_value", put(b"1.5"))(honest))
    assert not np.array_equal(_predicted(changed), _predicted(honest_model("two classes")))


@pytest.mark.parametrize("value", [b"inf", b"-inf", b"nan"])
def test_a_leaf_without_a_number_is_told_by_those_who_look_at_predictions(value: bytes) -> None:
    text = edited("leaf_value", put(value))(honest_model("values").model_)
    assert not np.isfinite(_predicted(planted_model("values", text))).all()


def test_what_is_not_checked_is_not_given() -> None:
    honest = honest_model("two classes").model_
    kept = checked_text(honest)
    assert kept.endswith("\n\n\nend of trees\n")
    assert {line.partition("=")[0] for line in kept.splitlines()}.isdisjoint(
        {
            "split_gain",
            "leaf_weight",
            "leaf_count",
            "internal_value",
            "internal_weight",
            "internal_count",
            "parameters:",
        }
    )
    # A line of parameters without a colon ends the process.
    changed = honest.replace(b"[boosting: gbdt]", b"boosting")
    for name in ("split_gain", "leaf_weight", "leaf_count", "internal_value", "internal_weight", "internal_count"):
        changed = edited(name, put(b"--1"))(changed)
    assert checked_text(changed) == kept


def test_an_estimator_that_was_not_fitted_or_had_nothing_to_learn_is_kept() -> None:
    model = honest_model("two classes")
    bare = type(model)(model.params, 1, 3, 3)
    assert deepcopy(bare).get_params() == bare.get_params()
    alone = bare.fit(asked(), np.zeros(len(asked()), dtype=int))
    assert (_predicted(deepcopy(alone)) == 1).all()
