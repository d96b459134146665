"""Which faults monitoring must see in a fire drill before a model may go live."""

from typing import Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from evergreen.problem.base import CaseModel, require
from evergreen.problem.digits import in_full

DrillKind = Literal[
    "unit",
    "lost",
    "stuck",
    "renamed",
    "missing",
    "shift",
    "group_shift",
    "concept_flip",
    "label_shift",
    "labels_late",
    "duplicated",
]


class DrillGoal(CaseModel):
    """A fault that monitoring must see.

    Attributes:
        fault: what goes wrong.
        size: of a shift, in standard deviations; of no other fault, those are as bad as ``drills`` says.
        at_least: the share of runs in which it must be seen.
        within: how many windows with the fault it may take; null for all windows of a drill.
    """

    fault: DrillKind
    size: PositiveFloat | None = None
    at_least: float = Field(gt=0, lt=1)
    within: int | None = Field(default=None, ge=1)

    @property
    def name(self) -> str:
        """The goal in words: ``drill lost seen within 2 windows at least 0.9``."""
        size = "" if self.size is None else f" of {in_full(self.size)} sd"
        within = "" if self.within is None else f" within {self.within} window{'s' if self.within > 1 else ''}"
        return f"drill {self.fault}{size} seen{within} at least {in_full(self.at_least)}"

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        is_shift = self.fault == "shift"
        cure = "Give the standard deviations of a shift, and no size of other faults."
        finding = "lacks a size" if is_shift else "has a size"
        require(is_shift == (self.size is not None), f"drill goal '{self.fault}'", finding, cure)
        return self
