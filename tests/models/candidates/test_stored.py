"""Models of LightGBM and CatBoost as bytes."""

import os
import subprocess
import sys
import time

import pytest
from threadpoolctl import threadpool_info

from evergreen.errors import ReleaseError
from evergreen.models.candidates import CandidateName
from evergreen.models.features import feature_frame
from evergreen.models.threads import n_threads, threads_for
from evergreen.releases import model_from_bytes, model_to_bytes
from tests.models.candidates.learning import fitted, predicted, without_features
from tests.models.small import small_case, small_rows

STORED: tuple[CandidateName, ...] = ("lightgbm", "catboost")
PROBLEM, ROWS = small_case("binary"), small_rows("binary", 160)


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_model_is_refused_in_words(name: CandidateName, damage: str) -> None:
    model = fitted(name, ROWS, PROBLEM)
    content = model[-1].model_
    changed = {"cut": content[: len(content) // 2], "changed": content[:300] + b"7" + content[301:], "empty": b"x"}
    model[-1].model_ = changed[damage]
    with pytest.raises(ReleaseError, match="is damaged: its checksum differs"):
        predicted(model, ROWS, PROBLEM)


@pytest.mark.parametrize("name", STORED)
def test_the_bytes_hold_no_loaded_model(name: CandidateName) -> None:
    model = fitted(name, ROWS, PROBLEM)
    before = model_to_bytes(model)
    predicted(model, ROWS, PROBLEM)
    assert model_to_bytes(model) == before
    assert isinstance(model[-1].model_, bytes)
    assert set(model[-1].__getstate__()) >= {"model_", "digest_", "params"}
    assert "_loaded" not in model[-1].__getstate__()


@pytest.mark.parametrize("name", STORED)
def test_the_number_of_threads_changes_no_byte(name: CandidateName, monkeypatch: pytest.MonkeyPatch) -> None:
    # The reduction of prose is another matter.
    problem = without_features(PROBLEM, "strength", "noise", "colour")
    with threads_for(1):
        one = model_to_bytes(fitted(name, ROWS, problem))
    monkeypatch.setattr("evergreen.models.candidates.catboost_trees.n_threads", lambda _: 2)
    assert model_to_bytes(fitted(name, ROWS, problem)) == one


@pytest.mark.parametrize("name", STORED)
def test_a_model_is_loaded_once(name: CandidateName) -> None:
    pipeline = model_from_bytes(model_to_bytes(fitted(name, ROWS, PROBLEM)))
    model, X = pipeline[-1], pipeline[0].transform(feature_frame(ROWS.head(1), PROBLEM))
    model.predict_proba(X)
    loaded = model.__dict__["_loaded"]
    started = time.perf_counter()
    for _ in range(100):
        model.predict_proba(X)
    assert model.__dict__["_loaded"] is loaded
    assert (time.perf_counter() - started) / 100 < 0.005


def test_lightgbm_is_among_those_whose_threads_are_limited() -> None:
    with threads_for(1):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
    assert n_threads(1) == 1
    assert n_threads(10**6) >= 1


def test_catboost_is_imported_only_when_it_works() -> None:
    code = "import sys, evergreen.models.candidates; print('catboost' in sys.modules)"
    told = {**os.environ, "PYTHONPATH": "src"}
    found = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
