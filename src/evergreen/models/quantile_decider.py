"""A released regressor beside which another predicts the quantile that is decided on."""

from typing import Any, Self

import pandas as pd
from numpy.typing import NDArray

from evergreen.errors import CaseError
from evergreen.models.calibrated import OffsetRegressor
from evergreen.models.recipe import QuantileMember
from evergreen.problem import Problem

_TOLERANCE = 1e-9


class QuantileDecider(OffsetRegressor):
    """A regressor that predicts the mean, and asks a model of the quantile what to decide.

    Args:
        pipeline: see ``OffsetRegressor``, like the next three.
        offset: what would be added to the mean, were it not for the quantile.
        training_id: the rows it has learnt from.
        scale: factor of the mean, were it not for the quantile.
        quantile: a fitted pipeline that takes the same ``feature_frame`` and predicts the quantile.
        quantile_scale: factor of what that predicts.
        quantile_offset: what is then added, in the target's unit.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - plain figures, so that a release holds no type of its own for them
        self,
        pipeline: Any,
        offset: float,
        training_id: str = "",
        scale: float = 1.0,
        quantile: Any = None,
        quantile_scale: float = 1.0,
        quantile_offset: float = 0.0,
    ) -> None:
        super().__init__(pipeline, offset, training_id, scale)
        self.quantile = quantile
        self.quantile_scale = quantile_scale
        self.quantile_offset = quantile_offset

    def decide_rows(self, X: pd.DataFrame) -> NDArray[Any]:
        """Decide by the model of the quantile.

        Args:
            X: features, shape (n, p); estimators refuse to be asked about no rows, so n > 0.

        Returns:
            Quantities in the target's unit, shape (n,).
        """
        quantities: NDArray[Any] = self.quantile_scale * self.quantile.predict(X) + self.quantile_offset
        return quantities

    def fit(self, X: pd.DataFrame, y: NDArray[Any]) -> Self:
        """Refit both pipelines and keep scales and offsets.

        Args:
            X: features.
            y: values.

        Returns:
            Itself.
        """
        self.quantile.fit(X, y)
        return super().fit(X, y)


def with_quantile(model: OffsetRegressor, quantile: Any, member: QuantileMember) -> QuantileDecider:
    """Have a model of the quantile decide in place of the mean.

    Args:
        model: what predicts the mean.
        quantile: a fitted pipeline.
        member: how what it predicts is turned into a decision.

    Returns:
        The model with both.
    """
    return QuantileDecider(
        model.pipeline, model.offset, model.training_id, model.scale, quantile, member.scale, member.offset
    )


def refuse_other_quantile(member: QuantileMember | None, problem: Problem) -> None:
    """Refuse a recipe that decides by other costs than the case.

    Args:
        member: of the recipe; None where it decides by no quantile.
        problem: the case.

    Raises:
        CaseError: where the recipe names another quantile than the costs imply.
    """
    if member is None:
        return
    named = float(member.settings.quantile or 0.0)
    wanted = None if problem.is_classification or problem.payoff is None else problem.payoff.cost_quantile
    if wanted is None or abs(named - wanted) > _TOLERANCE:
        implied = "no quantile at all" if wanted is None else f"{wanted:g}"
        cure = "Train with a search: it learns the quantile that the costs imply."
        raise CaseError("The recipe", f"decides by the quantile {named:g}, the costs of the case imply {implied}", cure)
