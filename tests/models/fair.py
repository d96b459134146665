"""Two groups of the same strength, of which one has had half of its good outcomes recorded as bad ones."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.problem import Problem
from tests.models.small import small_case

LOST = 0.5
ALL = ("none", "reweigh", "resample", "reductions", "thresholds")


def fair_case(*, split: str = "random", **told: Any) -> Problem:
    """The small binary case; its payoff is EUR 5 or -2 for a call, and a call is good for whoever is called."""
    fairness = {"columns": ["colour"], "metric": "selection_rate", "at_most": 0.1, "favourable_action": "call"}
    plain = small_case("binary", split=split).model_dump(mode="json", exclude_none=True)
    plain["columns"]["colour"] |= {"is_sensitive": True, "values": ["blue", "red"]}
    allowed = {"allowed": ["none", "thresholds"], "may_use_group": True, "min_group_rows": 20}
    return Problem.model_validate(plain | {"fairness": fairness | allowed | told})


def fair_rows(n_rows: int, *, seed: int = 3, lost: float = LOST) -> pd.DataFrame:
    """Rows whose true outcome depends on nothing but ``strength``, which is uniform from 0 to 1.

    ``truth`` is whether the outcome was good, with the probability ``strength``; ``outcome`` is what was recorded.
    """
    rng = np.random.default_rng(seed)
    colour, strength, number = rng.choice(["blue", "red"], n_rows), rng.random(n_rows), np.arange(n_rows) + 1
    truth = rng.random(n_rows) < strength
    is_lost = (colour == "blue") & (rng.random(n_rows) < lost)
    words = {"is_known": "true", "note": "asked", "shop": "shop"}
    rows = {
        "row_id": number,
        "decided_at": (pd.Timestamp("2020-01-01") + pd.to_timedelta(number, unit="h")).as_unit("us"),
        "strength": strength,
        "noise": rng.normal(size=n_rows),
        "colour": pd.Series(colour, dtype="str"),
        "since": pd.Timestamp("2019-01-01").as_unit("us"),
        **{name: pd.Series([word] * n_rows, dtype="str") for name, word in words.items()},
        "outcome": pd.Series(np.where(truth & ~is_lost, "yes", "no"), dtype="str"),
    }
    return pd.DataFrame(rows).assign(truth=truth)


def recorded_probabilities(rows: pd.DataFrame, *, lost: float = LOST) -> NDArray[np.float64]:
    """What a perfect model says about recorded outcomes."""
    p = rows["strength"].to_numpy() * np.where(rows["colour"] == "blue", 1 - lost, 1.0)
    return np.stack([1 - p, p], axis=1)
