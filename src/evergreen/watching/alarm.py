"""What an alarm says."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from evergreen.problem import CaseModel
from evergreen.watching.signals import SignalKind

MoneyBasis = Literal["realised", "expected", "unknown"]


class Alarm(CaseModel):
    """One cause that has left what was normal, in one window.

    Attributes:
        window: the window whose rows, with those before it, show it.
        cause: the column; or what belongs to none, such as ``outcomes``, ``quarantine`` or ``volume``.
        kind: what has changed most surely.
        column: the column, or empty for all rows.
        place: the bin or segment in words, or empty.
        signal: key of the signal.
        n_windows: how many windows were put together to see it.
        since: the first window of the stretch that shows it most clearly.
        is_new: whether it is beyond the limit by itself; False where an open incident is merely not over.
        score: standard errors away from normal; positive upwards.
        before: the figure in the reference: a mean, a share, a loss, money per decision.
        now: the figure over the windows that were put together.
        effect: difference in standard deviations of one row.
        n_rows: rows that ``now`` is made of.
        money: what the decisions of the newest window paid more than in the reference, over its rows, or None.
        money_basis: whether outcomes tell it, only the model expects it, or nobody knows.
        is_harmful: whether it costs; None where that is not known.
        also: other figures of the same cause beyond their limit, the surest first.
        finding: what, how large, since when, what it costs.
        advice: what to look at.
    """

    window: str
    cause: str
    kind: SignalKind
    column: str = ""
    place: str = ""
    signal: str
    n_windows: Annotated[int, Field(ge=1)]
    since: str
    is_new: bool = True
    score: FiniteFloat
    before: FiniteFloat
    now: FiniteFloat
    effect: FiniteFloat
    n_rows: int
    money: FiniteFloat | None = None
    money_basis: MoneyBasis = "unknown"
    is_harmful: bool | None = None
    also: tuple[str, ...] = ()
    finding: str
    advice: str

    @property
    def direction(self) -> Literal["up", "down"]:
        """Which way the figure has gone."""
        return "up" if self.score > 0 else "down"
