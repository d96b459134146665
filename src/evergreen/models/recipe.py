"""How a challenger is made, written down: retraining follows the recipe of the champion."""

from typing import Self

from pydantic import Field, model_validator

from evergreen.models.averaged import Line
from evergreen.models.calibrated import Calibration
from evergreen.models.candidates import Settings
from evergreen.models.fair_thresholds import GroupCuts
from evergreen.problem import CaseModel
from evergreen.problem.base import require

_TOLERANCE = 1e-6


class Member(CaseModel):
    """One model of a combination.

    Attributes:
        settings: how it is made; rounds are chosen.
        weight: its share in the average of predictions.
        slope: factor of its log-probabilities before they are averaged.
        shifts: what is then added, one summand a class; none where it is averaged as it is.
    """

    settings: Settings
    weight: float = Field(gt=0, le=1)
    slope: float = Field(default=1.0, gt=0)
    shifts: tuple[float, ...] = ()

    @property
    def line(self) -> Line:
        """How surely it speaks, see ``sharpened``."""
        return self.slope, self.shifts


class QuantileMember(CaseModel):
    """The model of a quantile that decides in place of the prediction of the mean.

    Attributes:
        settings: how it is made; the quantile is named.
        scale: factor of what it predicts.
        offset: what is then added to decide, in the target's unit.
    """

    settings: Settings
    scale: float = Field(default=1.0, ge=0)
    offset: float = 0.0

    @model_validator(mode="after")
    def _check_named(self) -> Self:
        require(self.settings.quantile is not None, "recipe", "names no quantile to decide by", "Name it.")
        return self


class Recipe(CaseModel):
    """Everything that training needs beside the rows.

    Attributes:
        members: the models whose predictions are averaged; mostly one.
        calibration: how probabilities are corrected.
        scale: factor of a predicted value where it is decided on.
        offset: what is then added to decide, in the target's unit.
        left_out: features that move in time, the most movable first; each member leaves out the first ``n_dropped``.
        group_cuts: cut points by group, where the case decides by them.
        reduced: how the models are made whose average decides, where the case decides by reductions.
        quantile: the model that decides on a value in place of ``scale`` and ``offset``; None where it did not pay.
    """

    members: tuple[Member, ...] = Field(min_length=1)
    calibration: Calibration = Calibration()
    scale: float = Field(default=1.0, ge=0)
    offset: float = 0.0
    left_out: tuple[str, ...] = ()
    group_cuts: GroupCuts | None = None
    reduced: Settings | None = None
    quantile: QuantileMember | None = None

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        total = sum(member.weight for member in self.members)
        require(abs(total - 1) < _TOLERANCE, "recipe", f"has weights that add up to {total:g}", "Make it 1.")
        made = [member.settings for member in self.members] + ([] if self.reduced is None else [self.reduced])
        made += [] if self.quantile is None else [self.quantile.settings]
        n_dropped = max(settings.n_dropped for settings in made)
        finding = f"names {len(self.left_out)} left-out features, but a member drops {n_dropped}"
        require(n_dropped <= len(self.left_out), "recipe", finding, "Name them all.")
        return self
