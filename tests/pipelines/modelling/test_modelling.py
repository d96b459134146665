import json

import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.models.calibrated import CalibratedClassifier, OffsetRegressor
from evergreen.models.no_model import NoModel
from evergreen.models.training import Trained, mean_scores
from evergreen.pipelines.modelling.nodes import fit_candidates, learn_without_model, select_challenger
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Kind
from evergreen.tables.schemas import CandidateScores
from tests.models.small import KINDS, SEED, small_case, small_rows, trained

LINEAR = ModellingParams(candidates=("linear",), random_state=SEED)
BOTH = ModellingParams(candidates=("linear", "boosted"), random_state=SEED)


def test_all_candidates_are_trained_on_the_same_rows_and_folds() -> None:
    found, scores = fit_candidates(small_case("binary"), BOTH, small_rows("binary", 240))
    assert list(found) == ["linear", "boosted"]
    assert len(scores[["fold", "fit_rows"]].drop_duplicates()) == scores["fold"].max() == 3
    linear = scores[scores["candidate"] == "linear"]
    pd.testing.assert_frame_equal(linear, trained("binary").scores[list(scores)])


@pytest.mark.parametrize("kind", KINDS)
def test_the_scores_keep_their_schema(kind: Kind) -> None:
    _, scores = fit_candidates(small_case(kind), LINEAR, small_rows(kind, 240))
    CandidateScores.validate(scores)


def test_a_class_without_a_row_is_refused_by_name() -> None:
    rows = small_rows("multiclass", 240)
    with pytest.raises(DataError, match=r"hold no row of class 'good'. Bring a longer history"):
        fit_candidates(small_case("multiclass"), LINEAR, rows[rows["outcome"] != "good"])


def test_the_challenger_has_the_best_score_whatever_its_correction() -> None:
    candidates = {name: Trained(name, pd.DataFrame(), "none") for name in ("a", "b", "c")}
    told = [("a", "none", 2, 0.5), ("b", "none", 2, 0.9), ("b", "sigmoid", 2, 0.4), ("c", "none", 2, 0.45)]
    scores = pd.DataFrame(told, columns=["candidate", "correction", "fold", "score"])
    assert select_challenger(candidates, scores) == "b"


def test_at_equal_scores_the_first_named_wins() -> None:
    candidates = {name: Trained(name, pd.DataFrame(), "none") for name in ("z", "a")}
    told = [("z", "none", 2, 0.5), ("a", "none", 2, 0.5)]
    scores = pd.DataFrame(told, columns=["candidate", "correction", "fold", "score"])
    assert select_challenger(candidates, scores) == "z"


@pytest.mark.parametrize("kind", KINDS)
def test_the_challenger_is_one_of_the_candidates(kind: Kind) -> None:
    found, scores = fit_candidates(small_case(kind), LINEAR, small_rows(kind, 240))
    challenger = select_challenger(found, scores)
    assert challenger is found[mean_scores(scores)["candidate"].iloc[0]].model
    assert isinstance(challenger, OffsetRegressor if kind == "regression" else CalibratedClassifier)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_without_a_model_is_ready_for_json(kind: Kind) -> None:
    rows = small_rows(kind, 240)
    found = NoModel.model_validate(json.loads(json.dumps(learn_without_model(small_case(kind), rows))))
    if kind == "regression":
        expected = (rows["outcome"].mean(), rows["outcome"].median(), rows["outcome"].quantile(0.75))
        assert (found.mean, found.median, found.cost_quantile) == pytest.approx(expected)
    else:
        shares = rows["outcome"].value_counts(normalize=True)
        assert found.base_rates == pytest.approx([shares[name] for name in small_case(kind).target.classes])


@pytest.mark.parametrize("candidates", [(), ("linear", "magic")])
def test_only_known_candidates_may_compete(candidates: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="candidates"):
        ModellingParams.model_validate({"candidates": candidates, "random_state": 1})
