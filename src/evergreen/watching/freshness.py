"""Whether outcomes come when they should."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from evergreen.measures.shifts import normal_score
from evergreen.problem import CaseModel
from evergreen.watching.alarm import Alarm
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.tell import advise

LATE = "outcomes late"
# The share of missing outcomes is one more figure; its level comes out of the reserve of the budget.
_SHARE = 0.05
# From so many former windows on their own scatter is known; before, shares may differ by so much by themselves.
_ENOUGH, _BETWEEN = 5, 0.1
_MOST = 32


class DueOutcomes(CaseModel):
    """The outcomes of a window on a run soon after all of them should have come; it never changes again.

    Attributes:
        n_due: rows whose outcome should be known.
        n_missing: those of which it is not.
    """

    n_due: Annotated[int, Field(ge=1)]
    n_missing: Annotated[int, Field(ge=0)]

    @property
    def missing_share(self) -> float:
        """The share of outcomes that are late, 0 to 1."""
        return self.n_missing / self.n_due


def late_score(due: DueOutcomes, past: Sequence[DueOutcomes]) -> float | None:
    """Say by how many standard errors more outcomes of a window are late than of former windows.

    Windows are compared at nearly the same age, as each was on a run soon after its outcomes were due: so outcomes that
    always take a while longer are no news. Shares are taken as overdispersed binomial ones (quasi-likelihood:
    Wedderburn, 1974, Biometrika 61, 439-447), and the score of Student's distribution with the degrees of freedom of
    the former windows is put on the normal scale. With fewer than five former windows shares are taken to differ by 10
    points by themselves.

    Args:
        due: the window.
        past: former windows.

    Returns:
        A normal score, positive where more are late; None without former windows.
    """
    if not past:
        return None
    latest = past[-_MOST:]
    n = np.array([one.n_due for one in latest], dtype=np.float64)
    missing = np.array([one.n_missing for one in latest], dtype=np.float64)
    usual = (missing.sum() + 0.5) / (n.sum() + 1)
    spread = usual * (1 - usual)
    sampling = spread * (1 / due.n_due + 1 / n.sum())
    rise = due.missing_share - usual
    if len(latest) < _ENOUGH:
        return float(rise / np.sqrt(sampling + _BETWEEN**2 * (1 + 1 / len(latest))))
    dispersion = max(float(((missing - n * usual) ** 2 / (n * spread)).sum()) / (len(latest) - 1), 1.0)
    return normal_score(rise / np.sqrt(dispersion * sampling), len(latest) - 1)


def is_late(score: float | None, budget: AlarmBudget) -> bool:
    """Say whether outcomes that are late ring.

    Args:
        score: what ``late_score`` gave.
        budget: how often the watch may ring for nothing.

    Returns:
        Whether they do; never without a score, nor where fewer are late than usual.
    """
    return score is not None and bool(score >= -ndtri(budget.rate * _SHARE))


def watch_late(
    window: str, late: str, due: DueOutcomes, past: Sequence[DueOutcomes], budget: AlarmBudget
) -> list[Alarm]:
    """Say whether the outcomes of a window are late.

    Args:
        window: the newest window.
        late: the one whose outcomes should have come.
        due: its outcomes.
        past: those of the windows before it.
        budget: how often the watch may ring for nothing.

    Returns:
        One alarm or none.
    """
    score = late_score(due, past)
    if score is None or not is_late(score, budget):
        return []
    usual = sum(one.n_missing for one in past[-_MOST:]) / sum(one.n_due for one in past[-_MOST:])
    finding = (
        f"{due.n_missing:,} of {due.n_due:,} outcomes of {late} had not come when they were due, against {usual:.1%} "
        f"of those before, since {late}. What it costs is not known."
    )
    return [
        Alarm(
            window=window,
            cause=LATE,
            kind="late",
            signal=LATE,
            n_windows=1,
            since=late,
            score=score,
            before=usual,
            now=due.missing_share,
            effect=due.missing_share - usual,
            n_rows=due.n_due,
            finding=finding,
            advice=advise("late"),
        )
    ]
