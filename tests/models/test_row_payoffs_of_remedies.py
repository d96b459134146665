"""Remedies for bias are priced by the money of each row and within the capacity of the case."""

from typing import Any

import numpy as np
import pytest

from evergreen.models.averaged import all_probabilities
from evergreen.models.calibrated import Calibration, calibrate, fit_calibration
from evergreen.models.candidates import Settings
from evergreen.models.fair_remedies import tabulate_remedies
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_settings
from evergreen.models.folds import make_folds
from evergreen.models.recipe import Member, Recipe
from evergreen.problem import Problem
from tests.models.fair import fair_case, fair_rows
from tests.models.small import SEED

LINEAR = Settings(candidate="linear", estimator={"C": 1.0})
RECIPE = Recipe(members=(Member(settings=LINEAR, weight=1.0),), calibration=Calibration(method="none"))
BY_STRENGTH = {"column": "strength", "times": -6, "if_missing": 0}
SHARE = 0.2


def priced_case(**payoff: Any) -> Problem:
    plain = fair_case(allowed=["none", "reweigh"]).model_dump(mode="json", exclude_none=True)
    plain["payoff"]["actions"]["call"]["no"] = BY_STRENGTH
    plain["payoff"] |= payoff
    return Problem.model_validate(plain)


def paid_by_hand(case: Problem, rows: Any, share: float) -> float:
    """Decide fold by fold as the payoff says, with loops over nothing but folds, and take the mean over rows."""
    folds, is_yes = make_folds(rows, case, random_state=SEED), (rows["outcome"] == "yes").to_numpy(dtype=int)
    cost, unseen, total = 6 * rows["strength"].to_numpy(), [], []
    for learnt, judged in folds:
        model = fit_settings(LINEAR, rows.iloc[learnt], case, (), random_state=SEED)
        unseen.append(all_probabilities(model, feature_frame(rows.iloc[judged], case), 2))
    for fold, (_, judged) in enumerate(folds):
        others = [k for k in range(len(folds)) if k != fold]
        known = np.concatenate([folds[k][1] for k in others])
        calibration = fit_calibration(np.concatenate([unseen[k] for k in others]), is_yes[known], "none")
        p = calibrate(unseen[fold], calibration)[:, 1]
        gain = 5 * p - cost[judged] * (1 - p)
        best = np.argsort(-gain)[: int(share * len(judged))]
        called = best[gain[best] > 0]
        total.append(np.where(is_yes[judged][called] == 1, 5, -cost[judged][called]).sum())
    return float(sum(total) / len(rows))


@pytest.mark.parametrize(
    ("payoff", "share"), [({}, 1.0), ({"capacity": {"action": "call", "share": SHARE, "per": "batch"}}, SHARE)]
)
def test_a_remedy_is_priced_as_rows_would_be_decided(payoff: dict[str, Any], share: float) -> None:
    case, rows = priced_case(**payoff), fair_rows(600)
    found = tabulate_remedies(RECIPE, rows, case, random_state=SEED).set_index("remedy")
    assert found.index.tolist() == ["none", "reweigh"]
    assert found.loc["none", "payoff"] == pytest.approx(paid_by_hand(case, rows, share))
    assert found.loc["none", "payoff_low"] < found.loc["none", "payoff"] < found.loc["none", "payoff_high"]
