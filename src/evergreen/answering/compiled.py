"""Answers by lookups and small arrays, where they are proven to be the same as those by tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.answering.agreement import first_difference
from evergreen.answering.answer import Answer, Answerer
from evergreen.answering.compiled_models import compile_model
from evergreen.answering.feature_cells import FeatureCells, feature_cells
from evergreen.answering.off_list import OffListError
from evergreen.answering.plain import PlainAnswerer, alike_rows
from evergreen.answering.repair_cells import ColumnRepair
from evergreen.answering.repaired import RepairedRows, join_columns
from evergreen.measures import expected_payoffs
from evergreen.models.decide import Model, predict_and_decide, predict_features
from evergreen.models.fair_classifier import FairClassifier
from evergreen.models.fair_thresholds import decide_by_cuts
from evergreen.models.row_payoffs import row_matrix
from evergreen.problem import Problem
from evergreen.tables.groupings import join_names
from evergreen.tables.outliers import OutlierLimits

Row = Mapping[str, Any]
Decided = tuple[tuple[float, ...], str | float | None, float | None]

# Prepared prose has thousands of numbers a row.
_ROWS_AT_ONCE = 256
_UNDECIDED: Decided = ((), None, None)


class CompiledAnswerer:
    """Answers by lookups and arrays; use ``compile_answerer``, which proves that it may.

    Args:
        model: the released model.
        problem: the case of the release.
        limits: the fences of outliers of the release.

    Raises:
        OffListError: where the model holds a part that nothing faster is known for.
    """

    is_compiled = True
    note = ""

    def __init__(self, model: Model, problem: Problem, limits: OutlierLimits) -> None:
        self.problem, self.model = problem, compile_model(model, problem)
        unknown = set(problem.outcome_columns)
        self._repairs = {name: ColumnRepair(name, problem, limits) for name in problem.columns if name not in unknown}
        payoff = problem.payoff
        self._has_actions = payoff is not None and bool(payoff.actions)
        self._deciding = _deciding_columns(problem)

    def answer(self, rows: Sequence[Row]) -> list[Answer]:
        """Repair, score and decide.

        Args:
            rows: see ``Answerer.answer``.

        Returns:
            One answer a row, in order.
        """
        repaired, told = self.repair(rows), dict[int, Decided]()
        for places in self._parts(rows, repaired.reasons):
            told.update(zip(places, self._decide(repaired.values_at(places), len(places)), strict=True))
        repairs, reasons = repaired.repairs, repaired.reasons
        return [
            Answer(*told.get(place, _UNDECIDED), repairs.get(place, ()), reasons.get(place, ""))
            for place in range(len(rows))
        ]

    def repair(self, rows: Sequence[Row]) -> RepairedRows:
        """Repair the cells of rows.

        Args:
            rows: raw cells by the contract's names.

        Returns:
            The repaired rows.
        """
        columns = {name: repair([row.get(name) for row in rows]) for name, repair in self._repairs.items()}
        return join_columns(columns, len(rows))

    def features(self, values: Mapping[str, list[Any]], n_rows: int) -> FeatureCells:
        """Take the features out of usable rows.

        Args:
            values: column -> repaired values.
            n_rows: how many each has.

        Returns:
            What the compiled model takes.
        """
        return feature_cells(values, n_rows, self.problem)

    def _parts(self, rows: Sequence[Row], reasons: Mapping[int, str]) -> list[list[int]]:
        """Part usable rows into what is decided together."""
        if self.problem.is_rationed:
            # Who gets a scarce action depends on who asks with him.
            together = [[place for place in part if place not in reasons] for part in alike_rows(rows, self.problem)]
            return [part for part in together if part]
        usable = [place for place in range(len(rows)) if place not in reasons]
        return [usable[start : start + _ROWS_AT_ONCE] for start in range(0, len(usable), _ROWS_AT_ONCE)]

    def _decide(self, values: Mapping[str, list[Any]], n_rows: int) -> list[Decided]:
        cells, frame = self.features(values, n_rows), self._frame(values)
        if isinstance(self.model, FairClassifier):
            known = predict_features(self.model, cells, self.problem)  # type: ignore[arg-type]
            actions: NDArray[Any] = decide_by_cuts(known, self._cuts(values, self.model), self.problem)
        else:
            known, actions = predict_and_decide(self.model, cells, frame, self.problem)
        scores = known[:, [1]] if self.problem.kind == "binary" else known
        money = self._expect(scores, actions, frame)
        return list(zip(map(tuple, scores.tolist()), actions.tolist(), money, strict=True))

    def _expect(self, scores: NDArray[Any], actions: NDArray[Any], frame: pd.DataFrame) -> Sequence[float | None]:
        payoff = self.problem.payoff
        if payoff is None or not self._has_actions:
            return [None] * len(scores)
        shares = scores if self.problem.kind == "multiclass" else np.hstack([1 - scores, scores])
        money = expected_payoffs(shares, row_matrix(payoff, self.problem, frame))
        names = list(payoff.actions)
        chosen = [names.index(action) for action in actions]
        told: list[float] = money[np.arange(len(chosen)), chosen].tolist()
        return told

    def _frame(self, values: Mapping[str, list[Any]]) -> pd.DataFrame:
        """The columns by which the payoff decides; none where it decides by probabilities alone."""
        if not self._deciding:
            return _NO_COLUMNS
        return pd.DataFrame({name: self._series(values[name], name) for name in self._deciding})

    def _series(self, values: list[Any], name: str) -> "pd.Series[Any]":
        column = self.problem.columns[name]
        if column.type == "timestamp":
            return pd.Series(
                np.array([np.datetime64("NaT") if one is None else one for one in values], "datetime64[us]")
            )
        if not column.is_numeric:
            return pd.Series(values, dtype="str")
        is_whole = column.type == "integer" and name in self.problem.required_columns
        return pd.Series(values, dtype="int64" if is_whole else "float64")

    def _cuts(self, values: Mapping[str, list[Any]], model: FairClassifier) -> NDArray[np.float64]:
        cuts = model.group_cuts.cuts
        words = [list(row) for row in zip(*(values[name] for name in model.group_columns), strict=True)]
        return np.array([np.nan if None in named else cuts.get(join_names(named), np.nan) for named in words])


_NO_COLUMNS = pd.DataFrame()


def _deciding_columns(problem: Problem) -> tuple[str, ...]:
    payoff = problem.payoff
    if payoff is None or not payoff.needs_rows:
        return ()
    scarce = () if payoff.capacity is None else (*problem.key, problem.event_time)
    return tuple(dict.fromkeys(name for name in (*payoff.columns, *scarce) if name is not None))


def compile_answerer(model: Model, problem: Problem, limits: OutlierLimits, check_rows: Sequence[Row]) -> Answerer:
    """Compile a release, and prove on rows that it says what tables say.

    Args:
        model: the released model.
        problem: the case of the release.
        limits: the fences of outliers of the release.
        check_rows: raw rows as they come; a few dozen are enough, and none is fine.

    Returns:
        A compiled answerer where it equals the plain one on these rows and on rows made of them with every kind of
        odd cell; else the plain one, with a note that says why.
    """
    plain = PlainAnswerer(model, problem, limits)
    try:
        compiled = CompiledAnswerer(model, problem, limits)
    except OffListError as error:
        return PlainAnswerer(model, problem, limits, note=str(error))
    except Exception as error:
        # Tables answer all the same, and they are what was judged.
        return PlainAnswerer(model, problem, limits, note=f"Compiling it failed ({type(error).__name__}).")
    difference = first_difference(plain, compiled, check_rows, problem, limits)
    return compiled if difference is None else PlainAnswerer(model, problem, limits, note=difference)
