"""What one knows without a model, and the parameters of modelling."""

import json

import pytest

from evergreen.models.no_model import NoModel
from evergreen.pipelines.modelling.no_model import learn_without_model
from evergreen.pipelines.modelling.params import ModellingParams
from evergreen.problem import Kind
from tests.models.small import KINDS, small_case, small_rows


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
        ModellingParams.model_validate({"candidates": candidates, "random_state": 1, "budget_trials": 5})
