"""A released classifier that decides by an average of models which give groups the favourable decision about alike."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import CaseError
from evergreen.measures import best_actions, payoff_matrix
from evergreen.measures.arrays import Floats
from evergreen.models.averaged import AveragedModel, all_probabilities
from evergreen.models.calibrated import CalibratedClassifier, CalibrationMethod, CurvePoints
from evergreen.models.fair_groups import favourable_decision
from evergreen.problem import Problem

_HALF = 0.5


class ReducedClassifier(CalibratedClassifier):
    """A calibrated classifier beside which others say who gets the favourable decision.

    Its probabilities are about outcomes as they come, and know nothing of the decision. Those of the decider are about
    rows that were relabelled, and are used for nothing else.

    Args:
        pipeline: see ``CalibratedClassifier``, like the next six.
        classes: the names of the classes.
        method: how it was calibrated.
        slope: see ``rescale``.
        shifts: see ``rescale``.
        training_id: the rows it has learnt from.
        curves: see ``follow_curves``.
        decider: of ``fit_reduced``.
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
        decider: Any = None,
    ) -> None:
        super().__init__(pipeline, classes, method, slope, shifts, training_id, curves)
        self.decider = decider

    def decide(self, X: pd.DataFrame, probabilities: NDArray[Any], problem: Problem) -> NDArray[np.object_]:
        """Choose actions.

        Args:
            X: features, shape (n, p).
            probabilities: what it says about these rows, shape (n, 2).
            problem: the case.

        Returns:
            Names of actions (or classes), shape (n,).
        """
        averaged = all_probabilities(self.decider, X, len(self.classes)) if len(X) else probabilities
        return decide_reduced(averaged, probabilities, problem)


def decide_reduced(averaged: Floats, probabilities: Floats, problem: Problem) -> NDArray[np.object_]:
    """Choose the favourable action where the average says so, else the best of the others.

    Args:
        averaged: what the average says, shape (n, 2), in the order of the classes.
        probabilities: of outcomes as they come, shape (n, 2): by them the best of the others is told.
        problem: a case with a section on fairness.

    Returns:
        Names of actions (or classes), shape (n,).
    """
    chosen, good = favourable_decision(problem), problem.target.classes.index(str(problem.favourable_class))
    if problem.payoff is None:
        others = np.full(len(averaged), next(name for name in problem.target.classes if name != chosen), dtype=object)
    else:
        names = [name for name in problem.payoff.actions if name != chosen]
        pays = payoff_matrix(problem.payoff, problem.target.classes)
        left = np.array([name != chosen for name in problem.payoff.actions])
        others = np.asarray(names, dtype=object)[best_actions(probabilities, pays[left])]
    decided: NDArray[np.object_] = np.where(averaged[:, good] >= _HALF, np.asarray(chosen, dtype=object), others)
    return decided


def with_decider(model: CalibratedClassifier, decider: AveragedModel) -> ReducedClassifier:
    """Give a model others that decide.

    Args:
        model: a calibrated classifier.
        decider: fitted on the same rows.

    Returns:
        The same model that decides by them.
    """
    told = (model.pipeline, model.classes, model.method, model.slope, model.shifts, model.training_id, model.curves)
    return ReducedClassifier(*told, decider=decider)


def refuse_other_reduction(*, is_reduced: bool, problem: Problem) -> None:
    """Refuse a recipe that decides by a reduction where the case does not, or the other way round.

    Args:
        is_reduced: whether the recipe does.
        problem: the case.

    Raises:
        CaseError: where they differ.
    """
    is_asked = problem.fairness is not None and problem.fairness.has_reduction
    if is_reduced != is_asked:
        words = ["by reductions" if one else "without reductions" for one in (is_reduced, is_asked)]
        raise CaseError("The recipe", f"decides {words[0]}, but the case {words[1]}", "Make the recipe anew.")
