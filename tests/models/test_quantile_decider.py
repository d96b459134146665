"""A regressor that predicts the mean and asks a model of the quantile what to decide."""

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import CaseError, DataError
from evergreen.models.calibrated import OffsetRegressor
from evergreen.models.candidates import Settings
from evergreen.models.decide import predict_rows
from evergreen.models.quantile_decider import QuantileDecider, refuse_other_quantile, with_quantile
from evergreen.models.recipe import Member, QuantileMember, Recipe
from tests.models.small import small_case, small_rows


class Fixed:
    """Gives every row the same answer, and counts its fits."""

    def __init__(self, answer: float) -> None:
        self.answer = answer
        self.n_fits = 0

    def fit(self, *_: object) -> "Fixed":
        self.n_fits += 1
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        assert len(X), "Estimators refuse to be asked about no rows."
        return np.full(len(X), self.answer)


def _settings(quantile: float | None = 0.75, **told: object) -> Settings:
    return Settings(candidate="boosted", quantile=quantile, **told)


def _model(answer: float = 4.0) -> QuantileDecider:
    member = QuantileMember(settings=_settings(), scale=2.0, offset=-1.0)
    return with_quantile(OffsetRegressor(Fixed(3.0), 1.5, "rows", 1.1), Fixed(answer), member)


def test_the_score_is_the_mean_and_the_action_what_the_quantile_says() -> None:
    found = predict_rows(_model(), small_rows("regression", 2), small_case("regression"))
    assert found.to_dict("list") == {"row_id": [1, 2], "score": [3.0, 3.0], "action": [7.0, 7.0]}
    assert _model().training_id == "rows"


def test_no_rows_have_no_actions() -> None:
    assert predict_rows(_model(), small_rows("regression", 0), small_case("regression")).shape == (0, 3)


def test_a_quantity_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match=r"The model gives no number for 3 of 3 rows. Do not use it"):
        predict_rows(_model(np.nan), small_rows("regression", 3), small_case("regression"))


def test_a_refit_refits_both() -> None:
    model = _model().fit(pd.DataFrame({"x": [1, 2]}), np.array([1, 2]))
    assert (model.pipeline.n_fits, model.quantile.n_fits) == (1, 1)


@pytest.mark.parametrize(
    ("case", "implied"),
    [
        (small_case("regression", payoff={"unit": "EUR", "under_per_unit": 9, "over_per_unit": 1}), "0.9"),
        (small_case("regression", payoff=None), "no quantile at all"),
        (small_case("binary"), "no quantile at all"),
    ],
    ids=["dearer", "without money", "classes"],
)
def test_a_case_with_other_costs_is_refused(case: object, implied: str) -> None:
    refuse_other_quantile(QuantileMember(settings=_settings()), small_case("regression"))
    refuse_other_quantile(None, case)
    with pytest.raises(CaseError, match=f"decides by the quantile 0.75, the costs of the case imply {implied}"):
        refuse_other_quantile(QuantileMember(settings=_settings()), case)


def test_a_recipe_names_its_quantile_and_every_column_that_is_left_out() -> None:
    members = (Member(settings=_settings(None), weight=1.0),)
    with pytest.raises(ValueError, match="names no quantile to decide by"):
        QuantileMember(settings=_settings(None))
    with pytest.raises(ValueError, match="names 0 left-out features, but a member drops 1"):
        Recipe(members=members, quantile=QuantileMember(settings=_settings(n_dropped=1)))
    made = Recipe(members=members, quantile=QuantileMember(settings=_settings(n_dropped=1)), left_out=("since",))
    assert Recipe.model_validate_json(made.model_dump_json()) == made
