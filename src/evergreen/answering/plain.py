"""Answers by the very functions that training and batches use: slow for one row, and the truth for all others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from evergreen.answering.answer import Answer
from evergreen.measures import expected_payoffs
from evergreen.models.decide import Model, predict_rows
from evergreen.models.row_payoffs import row_matrix
from evergreen.models.scores import ACTION, probabilities_of, score_columns
from evergreen.problem import Column, Problem
from evergreen.tables.engines import as_frame
from evergreen.tables.outliers import OutlierLimits
from evergreen.tables.repair import REASONS, mark_rows, usable_rows
from evergreen.tables.run_rules import name_rules

Row = Mapping[str, Any]
CellKind = Literal["number", "text", "flag", "nothing"]


class PlainAnswerer:
    """Answers through ``mark_rows`` and ``predict_rows``.

    Args:
        model: the released model.
        problem: the case of the release.
        limits: the fences of outliers of the release.
        note: why nothing faster answers.
    """

    is_compiled = False

    def __init__(self, model: Model, problem: Problem, limits: OutlierLimits, *, note: str = "") -> None:
        self._model, self._problem, self._limits, self.note = model, problem, limits, note

    def answer(self, rows: Sequence[Row]) -> list[Answer]:
        """Repair, score and decide.

        Args:
            rows: see ``Answerer.answer``.

        Returns:
            One answer a row, in order.
        """
        answers: dict[int, Answer] = {}
        for places in alike_rows(rows, self._problem):
            told = self._answer_alike([rows[place] for place in places])
            answers.update(zip(places, told, strict=True))
        return [answers[place] for place in range(len(rows))]

    def _answer_alike(self, rows: Sequence[Row]) -> list[Answer]:
        marked = mark_rows(as_frame(raw_table(rows, self._problem)), self._problem, self._limits)
        known: pd.DataFrame = marked.to_native()
        repairs = name_rules(known, self._problem.columns)
        reasons = known[REASONS].fillna("").tolist()
        usable = usable_rows(marked, self._problem).to_native().reset_index(drop=True)
        decided = iter(self._decide(usable) if len(usable) else [])
        return [
            Answer((), None, None, repair, reason) if reason else Answer(*next(decided), repair)
            for repair, reason in zip(repairs, reasons, strict=True)
        ]

    def _decide(self, rows: pd.DataFrame) -> list[tuple[tuple[float, ...], str | float, float | None]]:
        predicted = predict_rows(self._model, rows, self._problem)
        scores = predicted[list(score_columns(self._problem))].to_numpy(dtype=float)
        actions = predicted[ACTION].tolist()
        payoffs = self._expect(predicted, rows)
        return [
            (tuple(score.tolist()), action, money)
            for score, action, money in zip(scores, actions, payoffs, strict=True)
        ]

    def _expect(self, predicted: pd.DataFrame, rows: pd.DataFrame) -> list[float | None]:
        payoff = self._problem.payoff
        if payoff is None or not payoff.actions:
            return [None] * len(predicted)
        money = expected_payoffs(probabilities_of(predicted, self._problem), row_matrix(payoff, self._problem, rows))
        names = list(payoff.actions)
        chosen = [names.index(action) for action in predicted[ACTION]]
        return [float(value) for value in money[np.arange(len(chosen)), chosen]]


def raw_table(rows: Sequence[Row], problem: Problem) -> pd.DataFrame:
    """Write raw rows as a table that rules read as they read a source.

    Args:
        rows: cells by the contract's names; in each column of one kind, or missing.
        problem: the case.

    Returns:
        All columns of the contract: numbers as float64, Booleans as object, all else as text. What is known only at
        the outcome is empty, whatever the rows say.
    """
    unknown = set(problem.outcome_columns)
    cells = {name: [None if name in unknown else row.get(name) for row in rows] for name in problem.columns}
    return pd.DataFrame({name: _series(cells[name], column) for name, column in problem.columns.items()})


def _series(cells: list[Any], column: Column) -> "pd.Series[Any]":
    kinds = {cell_kind(cell) for cell in cells} - {"nothing"}
    if kinds == {"number"} or (not kinds and column.is_numeric):
        return pd.Series([np.nan if cell is None else as_float(cell) for cell in cells], dtype="float64")
    if kinds == {"flag"}:
        return pd.Series(cells, dtype=object)
    return pd.Series(cells, dtype="str")


def cell_kind(cell: Any) -> CellKind:
    """Say what JSON wrote.

    Args:
        cell: text, a number, a Boolean or None.

    Returns:
        Its kind.
    """
    if cell is None:
        return "nothing"
    if isinstance(cell, bool):
        return "flag"
    return "number" if isinstance(cell, int | float) else "text"


def as_float(number: float) -> float:
    """Read a number as computers count; a whole number beyond all of them is infinite.

    Args:
        number: of any size.

    Returns:
        A float.
    """
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def alike_rows(rows: Sequence[Row], problem: Problem) -> list[list[int]]:
    """Part rows so that each column holds cells of one kind: how one row is written must not change another.

    Args:
        rows: raw cells by the contract's names.
        problem: the case.

    Returns:
        Places of rows, part by part; all places once.
    """
    written = {name: [cell_kind(row.get(name)) for row in rows] for name in problem.columns}
    mixed = [kinds for kinds in written.values() if len(set(kinds) - {"nothing"}) > 1]
    if not mixed:
        return [list(range(len(rows)))] if rows else []
    parts = defaultdict(list)
    for place, kinds in enumerate(zip(*mixed, strict=True)):
        parts[kinds].append(place)
    return list(parts.values())
