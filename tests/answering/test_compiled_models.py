"""Every candidate, compiled, against itself on frames."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from evergreen.answering.compiled_models import compile_model
from evergreen.answering.feature_cells import frame_cells
from evergreen.answering.off_list import OffListError
from evergreen.models.candidates import CANDIDATES, CandidateName, Setting
from evergreen.models.decide import Model, predict_features
from evergreen.models.features import feature_frame
from evergreen.models.scaled_numbers import CutOff
from evergreen.problem import Kind, Problem
from tests.answering.small import one_model
from tests.models.candidates.learning import SEED, fitted
from tests.models.small import KINDS, small_case, small_rows

# What takes other ways through the features than a candidate's first settings.
_OTHER_WAYS: tuple[tuple[CandidateName, Kind, dict[str, Setting]], ...] = (
    ("linear", "binary", {"numbers": "pieces", "category_means": True}),
    ("linear", "multiclass", {"numbers": "squashed", "category_means": True}),
    ("boosted", "multiclass", {"category_means": True}),
    ("forest", "binary", {"start": 1}),
    ("network", "binary", {"numbers": "squashed"}),
)


def odd_rows(kind: Kind) -> pd.DataFrame:
    """Rows the model has not seen, many of them with gaps, new words and numbers beyond all that it knows."""
    rows, rng = small_rows(kind, 90, seed=23), np.random.default_rng(5)
    rows["strength"] = rows["strength"] * rng.choice([1.0, 1e3, -1e12, 0.0], len(rows))
    for name in ("strength", "noise"):
        rows.loc[rng.random(len(rows)) < 0.3, name] = np.nan
    rows.loc[::7, "since"] = pd.NaT
    rows.loc[1::9, "since"] = pd.Timestamp("9999-12-31 23:59:59")
    rows.loc[::5, "colour"] = "a colour that nobody has seen"
    rows.loc[::4, "is_known"] = None
    rows.loc[::3, "note"] = "Ganz anders geschrieben: \u00e4\u00f6\u00fc " * 5
    return rows


def assert_same(model: Model, problem: Problem, rows: pd.DataFrame) -> None:
    wanted = predict_features(model, feature_frame(rows, problem), problem)
    compiled = compile_model(model, problem)
    found = predict_features(compiled, frame_cells(rows, problem), problem)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-14)
    alone = predict_features(compiled, frame_cells(rows.iloc[[4]], problem), problem)  # type: ignore[arg-type]
    np.testing.assert_allclose(alone[0], wanted[4], rtol=1e-9, atol=1e-14)
    assert np.ptp(wanted[:, -1]) > 0.01


@pytest.mark.parametrize(("name", "kind"), list(product(CANDIDATES, KINDS)))
def test_a_compiled_candidate_says_what_it_says(name: CandidateName, kind: Kind) -> None:
    assert_same(*one_model(name, kind), odd_rows(kind))


@pytest.mark.parametrize(("name", "kind", "changes"), _OTHER_WAYS)
def test_other_ways_through_features_are_compiled(name: CandidateName, kind: Kind, changes: dict[str, Setting]) -> None:
    assert_same(*one_model(name, kind, **changes), odd_rows(kind))


def test_trees_are_followed_where_gaps_part_rows() -> None:
    # What is missing tells the outcome, so that nodes ask for it; 300 colours fill all bits of a category.
    problem, rng = small_case("binary"), np.random.default_rng(2)
    told = problem.model_dump()
    told["columns"]["colour"]["values"] = None
    problem, rows = Problem.model_validate(told), small_rows("binary", 3000)
    rows["colour"] = pd.Series([f"colour {one}" for one in rng.integers(0, 300, len(rows))], dtype="str")
    yes = rng.random(len(rows)) < np.where(rows["noise"].isna(), 0.9, rows["colour"].str[-1].astype(int) / 10)
    rows["outcome"] = pd.Series(np.where(yes, "yes", "no"), dtype="str")
    for name in ("boosted", "forest"):
        pipeline = fitted(name, rows, problem)
        model, _ = one_model(name, "binary")
        model.pipeline = pipeline
        assert_same(model, problem, pd.concat([rows.head(300), odd_rows("binary")]))


def _changed(model: Model, place: int, step: object) -> Model:
    steps = list(model.pipeline.steps)
    steps[place] = (steps[place][0], step)
    model.pipeline = Pipeline(steps)
    return model


def test_what_is_not_on_the_list_is_named() -> None:
    model, problem = one_model("linear", "binary")
    numbers = model.pipeline[0].named_transformers_["numbers"]
    numbers.steps[-1] = ("pca", PCA(random_state=SEED).fit(np.eye(6)))
    with pytest.raises(OffListError, match="a part of type PCA"):
        compile_model(model, problem)
    with pytest.raises(OffListError, match="a part of type CutOff"):
        compile_model(_changed(one_model("linear", "binary")[0], 1, CutOff()), problem)
    with pytest.raises(OffListError, match="of type FunctionTransformer"):
        compile_model(_changed(one_model("linear", "binary")[0], 0, FunctionTransformer()), problem)


def test_a_subclass_is_another_part() -> None:
    class Doubled(CutOff):
        def transform(self, X: object) -> np.ndarray:
            return 2 * super().transform(X)

    model, problem = one_model("linear", "binary")
    model.pipeline[0].named_transformers_["numbers"].steps[-1] = ("twice", Doubled())
    with pytest.raises(OffListError, match="a part of type Doubled"):
        compile_model(model, problem)
