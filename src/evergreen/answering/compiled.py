"""Answers by lookups and small arrays, where they are proven to be the same as those by tables."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
from evergreen.answering.repaired import Repaired
from evergreen.measures import expected_payoffs
from evergreen.models.decide import Model, predict_and_decide, predict_features
from evergreen.models.fair_classifier import FairClassifier
from evergreen.models.fair_thresholds import decide_by_cuts
from evergreen.models.row_payoffs import row_matrix
from evergreen.problem import Problem
from evergreen.tables.groupings import join_names
from evergreen.tables.outliers import OutlierLimits
from evergreen.tables.repair import REASON_SEPARATOR

Row = Mapping[str, Any]
Decided = tuple[tuple[float, ...], str | float, float | None]

# Prepared prose has thousands of numbers a row.
_ROWS_AT_ONCE = 256


class RepairedRow(NamedTuple):
    """A row after its repair.

    Attributes:
        cells: in the order of the columns that are known at the decision.
        repairs: (column, rule) of every cell that was changed, in contract order.
        reasons: why it cannot be used, all in one text; empty where it can.
    """

    cells: tuple[Repaired, ...]
    repairs: tuple[tuple[str, str], ...]
    reasons: str


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
        names = [name for name in problem.columns if name not in unknown]
        self._places = {name: place for place, name in enumerate(names)}
        self._repairs = [(name, ColumnRepair(name, problem, limits)) for name in names]
        payoff = problem.payoff
        self._has_actions = payoff is not None and bool(payoff.actions)
        self._is_rationed = payoff is not None and payoff.capacity is not None
        self._deciding = _deciding_columns(problem)

    def answer(self, rows: Sequence[Row]) -> list[Answer]:
        """Repair, score and decide.

        Args:
            rows: see ``Answerer.answer``.

        Returns:
            One answer a row, in order.
        """
        repaired = self.repair(rows)
        answers = [Answer((), None, None, row.repairs, row.reasons) for row in repaired]
        for places in self._parts(rows, repaired):
            decided = self._decide([repaired[place].cells for place in places])
            for place, told in zip(places, decided, strict=True):
                answers[place] = Answer(*told, repaired[place].repairs)
        return answers

    def repair(self, rows: Sequence[Row]) -> list[RepairedRow]:
        """Repair the cells of rows.

        Args:
            rows: raw cells by the contract's names.

        Returns:
            The repaired rows, in order.
        """
        columns = [repair([row.get(name) for row in rows]) for name, repair in self._repairs]
        return [_repaired_row(cells) for cells in zip(*columns, strict=True)]

    def features(self, rows: Sequence[Sequence[Repaired]]) -> FeatureCells:
        """Take the features out of usable rows.

        Args:
            rows: cells of repaired rows.

        Returns:
            What the compiled model takes.
        """
        return feature_cells(rows, self._places, self.problem)

    def _parts(self, rows: Sequence[Row], repaired: Sequence[RepairedRow]) -> list[list[int]]:
        """Part usable rows into what is decided together."""
        usable = [place for place, row in enumerate(repaired) if not row.reasons]
        if self._is_rationed:
            # Who gets a scarce action depends on who asks with him.
            together = [
                [place for place in part if not repaired[place].reasons] for part in alike_rows(rows, self.problem)
            ]
            return [part for part in together if part]
        return [usable[start : start + _ROWS_AT_ONCE] for start in range(0, len(usable), _ROWS_AT_ONCE)]

    def _decide(self, rows: Sequence[Sequence[Repaired]]) -> list[Decided]:
        cells, frame = self.features(rows), self._frame(rows)
        if isinstance(self.model, FairClassifier):
            known = predict_features(self.model, cells, self.problem)  # type: ignore[arg-type]
            actions: NDArray[Any] = decide_by_cuts(known, self._cuts(rows, self.model), self.problem)
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

    def _frame(self, rows: Sequence[Sequence[Repaired]]) -> pd.DataFrame:
        """The columns by which the payoff decides; none where it decides by probabilities alone."""
        if not self._deciding:
            return _NO_COLUMNS
        columns = {name: self._series([row[self._places[name]][0] for row in rows], name) for name in self._deciding}
        return pd.DataFrame(columns)

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

    def _cuts(self, rows: Sequence[Sequence[Repaired]], model: FairClassifier) -> NDArray[np.float64]:
        cuts, places = model.group_cuts.cuts, [self._places[name] for name in model.group_columns]
        words = [[row[place][0] for place in places] for row in rows]
        return np.array([np.nan if None in named else cuts.get(join_names(named), np.nan) for named in words])


def _repaired_row(cells: tuple[Repaired, ...]) -> RepairedRow:
    repairs = tuple(repair for cell in cells if cell.repairs for repair in cell.repairs)
    return RepairedRow(cells, repairs, REASON_SEPARATOR.join(cell.faults for cell in cells if cell.faults))


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
