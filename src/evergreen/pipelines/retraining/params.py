"""Parameters of retraining."""

from typing import Literal

from pydantic import Field

from evergreen.problem import CaseModel


class RetrainingParams(CaseModel):
    """When to train again, and what may then go live.

    Attributes:
        every_days: train again so many days after the champion was made or last challenged; None: not by the calendar.
        on_alarm: also on an alarm of monitoring that is neither about money nor about biased predictions.
        on_loss: also where the champion surely earned less than a rule without a model.
        on_bias: also where monitoring finds that predictions are biased.
        new_outcomes: also where monitoring knows so many outcomes; None: their number is no reason.
        rest_days: so many days after the champion was made or last challenged nothing but the calendar is a reason.
        entry: "better": a challenger goes live only where it is surely better than the champion; "not_worse": where it
            is not surely worse. The case's own ``promotion`` takes the place of this.
        undecided: "hold": a criterion of the case that is undecided holds the challenger back, as in evaluation;
            "promote": it does not where the challenger is surely better than the champion. What failed always does.
        refit: with a split by time, whether the winner is fitted once more with the rows it was compared on.
        review_days: the champion is compared with the one before it every so many days; None: never, and nothing is
            rolled back.
        confidence: of the one-sided bounds of all reviews of a champion together.
        random_state: seed of everything random in a challenger.
    """

    every_days: int | None = Field(default=None, ge=1)
    on_alarm: bool = True
    on_loss: bool = True
    on_bias: bool = True
    new_outcomes: int | None = Field(default=None, ge=1)
    rest_days: int = Field(default=7, ge=1)
    entry: Literal["better", "not_worse"] = "better"
    undecided: Literal["hold", "promote"] = "hold"
    refit: bool = True
    review_days: int | None = Field(default=7, ge=1)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    random_state: int
