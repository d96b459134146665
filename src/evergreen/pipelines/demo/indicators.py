"""The state of the economy, month by month, as a statistics office publishes it."""

from typing import Any

import numpy as np
import pandas as pd

from evergreen.pipelines.demo.draws import is_after, month_starts, spawn_streams
from evergreen.pipelines.demo.params import DemoParams

MEANS = {
    "euribor_3m_pct": {"before": 4.0, "after": 1.2},
    "consumer_confidence": {"before": -12.0, "after": -38.0},
}
_SPREADS = {"euribor_3m_pct": 0.08, "consumer_confidence": 2.0}
_N_BEFORE = 15  # the oldest contact still finds a published month
_EARLIEST_DAY, _N_DAYS = 8, 5  # published on the 8th to 12th of the following month


def draw_indicators(params: DemoParams) -> pd.DataFrame:
    """Draw the indicators: quiet around one level, then around another from the month of the shock on.

    Args:
        params: the world.

    Returns:
        One row per month, in order: ``month`` (its first day), ``published_on`` (some days after its end),
        ``euribor_3m_pct`` in percent, ``consumer_confidence`` as a balance of answers, -100 to 100.
    """
    months = month_starts(params.first_month, params.n_months, n_before=_N_BEFORE)
    days, *noises = spawn_streams(params.random_state, "indicators", 1 + len(MEANS))
    waits = _EARLIEST_DAY - 1 + days.integers(0, _N_DAYS, len(months))
    table = pd.DataFrame({"month": months})
    table["published_on"] = table["month"] + pd.offsets.MonthBegin(1) + pd.to_timedelta(waits, unit="D")
    changed = is_after(table["month"], params.shock_on)
    for (name, mean), noise in zip(MEANS.items(), noises, strict=True):
        level = np.where(changed, mean["after"], mean["before"])
        table[name] = (level + _SPREADS[name] * noise.standard_normal(len(months))).round(3)
    return table


def publish_indicators(true_indicators: pd.DataFrame) -> dict[str, Any]:
    """Write the indicators as an API answers: a header and a list of records.

    Args:
        true_indicators: the table of ``draw_indicators``.

    Returns:
        ``{"series": ..., "records": [{"month": "2007-01", "published_on": "2007-02-10", ...}, ...]}``.
    """
    table = true_indicators.assign(
        month=true_indicators["month"].dt.strftime("%Y-%m"),
        published_on=true_indicators["published_on"].dt.strftime("%Y-%m-%d"),
    )
    return {
        "series": "monthly indicators of the euro area",
        "units": {"euribor_3m_pct": "percent", "consumer_confidence": "balance of answers"},
        "records": table.to_dict(orient="records"),
    }
