"""A rule that may call only so often is held beside the model on the same calls, though few outcomes have come."""

import numpy as np
import pandas as pd
import pytest

from evergreen.models.decide import predict_rows
from evergreen.pipelines.monitoring.watch import watch_outcomes
from evergreen.releases import LoadedRelease, assemble_release, load_release
from tests.models.small import small_case, trained
from tests.pipelines.monitoring.window import PARAMS, outcomes_of, window_of

_PAYOFF = {
    "unit": "EUR",
    "actions": {
        "call": {"no": {"column": "strength", "times": -1, "plus": -2, "if_missing": 0}, "yes": 5},
        "skip": {"no": 0, "yes": 0},
    },
    "capacity": {"action": "call", "at_most": 1, "per": "day"},
}


def live_release() -> LoadedRelease:
    problem = small_case("binary", payoff=_PAYOFF)
    release = assemble_release(problem, trained("binary").model, {"no_model": {"base_rates": [0.5, 0.5]}})
    return load_release(release.release_id, release.files)


def test_what_rules_would_have_paid_is_told_of_the_whole_window() -> None:
    live, rows, outcomes = live_release(), window_of("binary"), outcomes_of("binary")
    predictions = predict_rows(live.model, rows, live.problem).assign(release_id=live.release_id)
    # The outcomes of the second half of each day alone: the rule has called in the first half.
    is_late = (rows["decided_at"].dt.hour >= 12).to_numpy()
    found = watch_outcomes(PARAMS, live, rows, predictions, outcomes[is_late])
    assert found["n_outcomes"] == is_late.sum()
    assert found["money"]["always_call"]["value"] == 0
    paid = np.where(outcomes["outcome"] == "yes", 5, -2 - rows["strength"])
    called = (predictions["action"] == "call").to_numpy()
    assert found["money"]["model"]["value"] == pytest.approx((paid * called)[is_late].mean())
    whole = watch_outcomes(PARAMS, live, rows, predictions, outcomes)
    first = ~pd.Series(rows["decided_at"].dt.normalize()).duplicated().to_numpy()
    assert whole["money"]["always_call"]["value"] == pytest.approx((paid * first).mean())
