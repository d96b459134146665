"""The choice where the case decides by cut points of groups."""

import numpy as np

from evergreen.models.calibrated import calibrate
from evergreen.models.fair_classifier import FairClassifier
from evergreen.models.fair_thresholds import learn_cuts
from evergreen.models.fit_recipe import fit_recipe
from evergreen.problem import Problem
from evergreen.tuning.bench import CombineLimits
from evergreen.tuning.combine import combine_tuned
from evergreen.tuning.ground import Ground
from tests.models.fair import fair_case, fair_rows, recorded_probabilities
from tests.models.small import SEED
from tests.tuning.finished import trial

FREE = CombineLimits(max_latency_ratio=None)


def fair_ground(problem: Problem) -> Ground:
    return Ground(fair_rows(600), problem, (), SEED)


def test_cut_points_are_learnt_from_corrected_predictions_of_unseen_rows() -> None:
    where = fair_ground(fair_case(remedy="thresholds"))
    said = recorded_probabilities(where.rows)
    recipe = combine_tuned([trial(where, 0, "linear", said)], where, FREE).recipe
    places = np.concatenate([judged for _, judged in where.folds()])
    corrected = calibrate(said[places], recipe.calibration)
    assert recipe.group_cuts is not None
    assert set(recipe.group_cuts.cuts) == {"blue", "red"}
    assert recipe.group_cuts == learn_cuts(where.rows.iloc[places], corrected, where.problem, random_state=SEED)
    model = fit_recipe(recipe, where.rows, where.problem, random_state=SEED)
    assert isinstance(model, FairClassifier)
    assert model.group_cuts == recipe.group_cuts


def test_without_the_remedy_there_are_none() -> None:
    for told in (fair_case(), fair_case(allowed=["none", "reweigh"], remedy="reweigh")):
        where = fair_ground(told)
        recipe = combine_tuned([trial(where, 0, "linear", recorded_probabilities(where.rows))], where, FREE).recipe
        assert recipe.group_cuts is None
        assert not isinstance(fit_recipe(recipe, where.rows, where.problem, random_state=SEED), FairClassifier)
