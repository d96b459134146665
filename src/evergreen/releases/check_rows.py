"""Rows of the holdout that a release carries, to be asked again wherever it is to decide."""

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.answering.answer import Answer, Answerer
from evergreen.answering.plain import PlainAnswerer
from evergreen.models.decide import Model
from evergreen.models.explain_row import choose_background
from evergreen.models.scores import ACTION, score_columns
from evergreen.problem import CaseModel, Problem
from evergreen.releases.raw_cells import raw_cells, repaired_as_json
from evergreen.tables.outliers import OutlierLimits

CHECK_ROWS, BACKGROUND = "check_rows", "background"
_N_ROWS, _N_EVEN = 50, 25
_TOLERANCE = 1e-9


class CheckRows(CaseModel):
    """Rows and what was said of them when the model was judged.

    Attributes:
        rows: raw cells by the contract's names.
        scores: of each row, in the order of ``score_columns``.
        actions: of each row; None where an action is scarce, since it then depends on all rows of a window.
    """

    rows: tuple[dict[str, Any], ...]
    scores: tuple[tuple[float, ...], ...]
    actions: tuple[str | float, ...] | None


def choose_check_rows(
    model: Model, rows: pd.DataFrame, predictions: pd.DataFrame, problem: Problem, limits: OutlierLimits
) -> CheckRows:
    """Choose rows at even steps through the scores, and such that have missing cells and rare words.

    Each feature's missing cell is wanted first, then its rarest word, then the next one. A row that the contract does
    not read back from JSON as it is, with the same score, is left out: a time with fractions of a second is such a
    cell.

    Args:
        model: the model that was judged.
        rows: repaired rows of the holdout, n of them.
        predictions: what ``predict_rows`` gave for them, in the same order.
        problem: the case.
        limits: the fences of outliers.

    Returns:
        50 rows at most, with the columns that the model or the contract needs and no others.
    """
    scores = predictions[list(score_columns(problem))].to_numpy(dtype=float)
    places = _choose_places(rows, scores[:, -1], problem)
    chosen = raw_cells(rows.iloc[places], problem, needed_columns(problem))
    told = CheckRows(
        rows=tuple(chosen),
        scores=tuple(tuple(map(float, one)) for one in scores[places]),
        actions=None if problem.is_rationed else tuple(_plain(one) for one in predictions[ACTION].iloc[places]),
    )
    answers = PlainAnswerer(model, problem, limits).answer(told.rows)
    kept = [place for place, one in enumerate(answers) if not one.repairs and not _difference(told, place, one)]
    return CheckRows(
        rows=tuple(told.rows[place] for place in kept),
        scores=tuple(told.scores[place] for place in kept),
        actions=None if told.actions is None else tuple(told.actions[place] for place in kept),
    )


def background_rows(model: Model, rows: pd.DataFrame, problem: Problem) -> dict[str, Any]:
    """Choose the rows that explanations of single rows compare with, see ``choose_background``.

    Args:
        model: the model.
        rows: repaired rows of the holdout.
        problem: the case.

    Returns:
        ``rows``: the features of ten rows at most, as repaired cells: numbers, words, ISO times and None.
    """
    return {"rows": repaired_as_json(choose_background(model, rows, problem))}


def needed_columns(problem: Problem) -> tuple[str, ...]:
    """Name the columns without which a release cannot score or decide.

    Args:
        problem: the case.

    Returns:
        Names in contract order: what is required, the features, what prices actions, and what names groups by which a
        case with fairness decides.
    """
    wanted = {*problem.required_columns, *problem.feature_columns}
    wanted |= set(problem.payoff.columns) if problem.payoff is not None else set()
    wanted |= set(problem.fairness.columns) if problem.fairness is not None else set()
    return tuple(name for name in problem.columns if name in wanted)


def first_difference(told: CheckRows, answerer: Answerer) -> str:
    """Ask the check rows again.

    Args:
        told: the rows and what was said of them.
        answerer: who is asked.

    Returns:
        Which row is answered otherwise, and how; empty where none is.
    """
    for place, answer in enumerate(answerer.answer(told.rows)):
        if difference := _difference(told, place, answer):
            return f"check row {place + 1} of {len(told.rows)} {difference}"
    return ""


def _difference(told: CheckRows, place: int, answer: Answer) -> str:
    if answer.reasons:
        return f"cannot be used ({answer.reasons})"
    if not _are_close(told.scores[place], answer.scores):
        return f"scores {_words(answer.scores)}, and scored {_words(told.scores[place])} when it was judged"
    if told.actions is not None and not _is_same(told.actions[place], answer.action):
        return f"is decided as '{answer.action}', and was as '{told.actions[place]}' when it was judged"
    return ""


def _are_close(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and all(
        isclose(a, b, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE) for a, b in zip(one, other, strict=True)
    )


def _is_same(told: str | float, action: str | float | None) -> bool:
    if isinstance(told, str) or isinstance(action, str) or action is None:
        return told == action
    return _are_close([told], [action])


def _words(scores: Sequence[float]) -> str:
    return ", ".join(f"{score:.12g}" for score in scores)


def _plain(action: Any) -> str | float:
    return action if isinstance(action, str) else float(action)


def _choose_places(rows: pd.DataFrame, scores: NDArray[np.float64], problem: Problem) -> list[int]:
    """Take rows from the order of scores, then rows with cells that are still wanted, then from the order again."""
    chosen = dict.fromkeys(_even(scores, _N_EVEN))
    for name, cell in _wanted(rows, problem):
        if len(chosen) >= _N_ROWS:
            break
        places = np.flatnonzero(_has(rows[name], cell))
        if not chosen.keys() & set(places.tolist()):
            chosen[int(places[0])] = None
    more = [place for place in _even(scores, 2 * _N_ROWS) if place not in chosen]
    return [*chosen, *more[: _N_ROWS - len(chosen)]]


def _even(scores: NDArray[np.float64], n_rows: int) -> list[int]:
    n_rows = min(n_rows, len(scores))
    steps = ((np.arange(n_rows) + 0.5) / max(n_rows, 1) * len(scores)).astype(int)
    return [int(place) for place in np.argsort(scores, kind="stable")[steps]]


def _wanted(rows: pd.DataFrame, problem: Problem) -> list[tuple[str, str | None]]:
    """List (feature, cell) to be shown: of each feature the missing cell (None), then the rarest words in turn."""
    wanted: list[tuple[int, str, str | None]] = []
    for name, column in problem.feature_columns.items():
        if rows[name].isna().any():
            wanted.append((0, name, None))
        if column.type in ("category", "boolean"):
            counts: Mapping[Any, int] = rows[name].value_counts().to_dict()
            rarest = sorted(counts, key=lambda word: (counts[word], word))[:_N_ROWS]
            wanted += [(rank, name, word) for rank, word in enumerate(rarest, start=1)]
    order = list(problem.feature_columns)
    return [(name, cell) for _, name, cell in sorted(wanted, key=lambda one: (one[0], order.index(one[1])))]


def _has(cells: "pd.Series[Any]", cell: str | None) -> NDArray[np.bool_]:
    found = cells.isna() if cell is None else (cells == cell).fillna(value=False)
    return found.to_numpy(dtype=bool)
