"""A released classifier that decides by cut points of groups."""

from typing import Any

from evergreen.errors import CaseError
from evergreen.models.calibrated import CalibratedClassifier, CalibrationMethod, CurvePoints
from evergreen.models.fair_thresholds import GroupCuts
from evergreen.problem import Problem


class FairClassifier(CalibratedClassifier):
    """A calibrated classifier with cut points by group; its probabilities know nothing of them.

    Args:
        pipeline: see ``CalibratedClassifier``, like the next six.
        classes: the names of the classes.
        method: how it was calibrated.
        slope: see ``rescale``.
        shifts: see ``rescale``.
        training_id: the rows it has learnt from.
        curves: see ``follow_curves``.
        group_columns: the sensitive columns that tell the group.
        cuts: group -> cut point, see ``GroupCuts``.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - plain figures, so that a release holds no type of its own for them
        self,
        pipeline: Any,
        classes: tuple[str, ...],
        method: CalibrationMethod,
        slope: float,
        shifts: tuple[float, ...],
        training_id: str = "",
        curves: tuple[CurvePoints, ...] = (),
        group_columns: tuple[str, ...] = (),
        cuts: dict[str, float] | None = None,
    ) -> None:
        super().__init__(pipeline, classes, method, slope, shifts, training_id, curves)
        self.group_columns = group_columns
        self.cuts = cuts

    @property
    def group_cuts(self) -> GroupCuts:
        """The cut points."""
        return GroupCuts(columns=self.group_columns, cuts=self.cuts or {})


def refuse_other_decision(group_cuts: GroupCuts | None, problem: Problem) -> None:
    """Refuse a recipe that decides by group where the case does not, or the other way round.

    Args:
        group_cuts: of the recipe.
        problem: the case.

    Raises:
        CaseError: where they differ, or the groups are told by other columns.
    """
    fairness = problem.fairness
    asked = fairness.columns if fairness is not None and fairness.has_thresholds else None
    given = None if group_cuts is None else group_cuts.columns
    if asked != given:
        words = [" and ".join(columns) if columns else "no group" for columns in (given, asked)]
        raise CaseError("The recipe", f"decides by {words[0]}, but the case by {words[1]}", "Make the recipe anew.")


def with_cuts(model: CalibratedClassifier, group_cuts: GroupCuts) -> FairClassifier:
    """Give a model cut points by group.

    Args:
        model: a calibrated classifier.
        group_cuts: learnt for it.

    Returns:
        The same model that decides by them.
    """
    told = (model.pipeline, model.classes, model.method, model.slope, model.shifts, model.training_id, model.curves)
    return FairClassifier(*told, group_columns=group_cuts.columns, cuts=dict(group_cuts.cuts))
