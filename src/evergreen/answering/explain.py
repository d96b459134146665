"""Why a release says what it says of one row, asked of the compiled model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.answering.compiled import CompiledAnswerer
from evergreen.answering.feature_cells import MixedCells, frame_cells
from evergreen.errors import DataError
from evergreen.models.explain_row import Explanation, explain_mixes


class CompiledExplainer:
    """Explains rows as ``explain_row`` does.

    Args:
        answerer: of the release; compiled.
        background: of ``choose_background``.

    Raises:
        DataError: where there is no background.
    """

    def __init__(self, answerer: CompiledAnswerer, background: pd.DataFrame) -> None:
        if not len(background):
            raise DataError("The background", "has no rows", "Give rows to compare with.")
        self._answerer, self._n_background = answerer, len(background)
        self._background = frame_cells(background, answerer.problem)

    def explain(self, row: Mapping[str, Any], *, of_class: str | None = None) -> Explanation:
        """Divide the score of one row among its columns.

        Args:
            row: raw cells by the contract's names.
            of_class: the class to explain; the second of two, or the most probable of more, where not said.

        Returns:
            What ``explain_row`` gives for the repaired row.

        Raises:
            CaseError: where the case has no such class.
            DataError: where the row cannot be used.
        """
        repaired = self._answerer.repair([row])
        if repaired.reasons:
            raise DataError("The row", f"cannot be used: {repaired.reasons[0]}", "Mend it.")
        own = self._answerer.features(repaired.values, 1)

        def mix(others: NDArray[np.intp], is_own: NDArray[np.bool_]) -> MixedCells:
            return MixedCells(own, self._background, others, is_own)

        answerer = self._answerer
        return explain_mixes(answerer.model, own, mix, self._n_background, answerer.problem, of_class=of_class)
