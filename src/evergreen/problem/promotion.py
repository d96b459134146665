"""When a new model may replace the live one."""

from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require
from evergreen.problem.digits import in_full


class PromotionRule(CaseModel):
    """How a challenger must compare with the champion, on rows that neither has learnt from.

    Attributes:
        metric: what is compared; any metric of the case but what a model costs.
        rule: "strict" asks for a lower bound of the gain above 0; "non_inferior" for one above -margin.
        margin: how much worse a challenger may be without harm, in the unit of the metric.
    """

    metric: str
    rule: Literal["strict", "non_inferior"] = "strict"
    margin: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _check_margin(self) -> Self:
        is_strict = self.rule == "strict"
        require(not (is_strict and self.margin), "promotion", "is strict and has a margin", "Drop the margin.")
        cure = "Say how much worse a challenger may be, or take rule: strict."
        require(is_strict or self.margin > 0, "promotion", "is non_inferior without a margin", cure)
        return self

    @property
    def name(self) -> str:
        """The rule in words: ``log_loss better than the champion's``."""
        if self.rule == "strict":
            return f"{self.metric} better than the champion's"
        return f"{self.metric} at most {in_full(self.margin)} worse than the champion's"
