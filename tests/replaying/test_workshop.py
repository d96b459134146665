"""Models of a replay are fitted once, and their worth is what the measures say."""

from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error

from evergreen.models.decide import predict_rows
from evergreen.models.fit_recipe import fit_recipe
from evergreen.problem import Kind, Problem
from evergreen.replaying.stream import Window, make_stream
from evergreen.replaying.workshop import Workshop, quick_recipe, worth_of
from tests.models.small import small_case, small_rows


def ticking() -> Callable[[], float]:
    ticks = count()
    return lambda: float(next(ticks))


def unpriced(kind: Kind) -> Problem:
    metric = "rmse" if kind == "regression" else "log_loss"
    return small_case(kind, payoff=None, criteria=[{"metric": metric, "versus": "no_model", "at_most": 0}])


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    case = small_case("binary")
    stream = make_stream(small_rows("binary", 400), case, n_batches=8, n_first=4, batches_late=1)
    return Workshop(stream, case, quick_recipe("linear", case, 200), read_cpu=ticking(), random_state=1)


def test_a_model_is_fitted_once_and_serves_no_batch_that_it_knows(workshop: Workshop) -> None:
    made = workshop.make(Window(5, 2))
    assert workshop.make(Window(5, 2)) is made
    assert made.cpu_seconds == 1.0
    assert np.isnan(made.values).tolist() == (workshop.stream.batch < 5).tolist()


def test_it_learns_from_its_window_alone(workshop: Workshop) -> None:
    case, stream = small_case("binary"), workshop.stream
    learnt = stream.rows[(stream.batch >= 2) & (stream.batch < 5)].reset_index(drop=True)
    model = fit_recipe(quick_recipe("linear", case, 200), learnt, case, random_state=1)
    actions = predict_rows(model, stream.rows[stream.batch >= 5].reset_index(drop=True), case)["action"]
    is_bought = stream.rows["outcome"][stream.batch >= 5].to_numpy() == "yes"
    by_hand = np.where(actions == "call", np.where(is_bought, 5.0, -2.0), 0.0)
    np.testing.assert_allclose(workshop.make(Window(5, 2)).values[stream.batch >= 5], by_hand)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_without_a_payoff_worth_is_the_proper_score(kind: Kind) -> None:
    case, rows = unpriced(kind), small_rows(kind, 300)
    model = fit_recipe(quick_recipe("linear", case, 300), rows, case, random_state=1)
    predicted, worth = predict_rows(model, rows, case), worth_of(model, rows, case)
    scores = predicted.filter(like="score").to_numpy()
    if kind == "regression":
        assert -worth.mean() == pytest.approx(mean_squared_error(rows["outcome"], scores[:, 0]))
    else:
        told = scores if kind == "multiclass" else np.hstack([1 - scores, scores])
        assert -worth.mean() == pytest.approx(log_loss(rows["outcome"], told, labels=list(case.target.classes)))


def test_a_quantity_is_decided_on_by_the_quantile_that_its_costs_imply() -> None:
    case = small_case("regression")
    recipe = quick_recipe("boosted", case, 300)
    assert recipe.quantile is not None
    assert recipe.quantile.settings.quantile == 0.75
    assert quick_recipe("boosted", unpriced("regression"), 300).quantile is None
