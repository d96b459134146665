"""A release that has been loaded, compiled and tried, and can answer requests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from evergreen.answering import Answerer
from evergreen.answering.compiled import compile_answerer
from evergreen.errors import ReleaseError
from evergreen.problem import Problem
from evergreen.releases import LoadedRelease
from evergreen.releases.check_rows import BACKGROUND, CHECK_ROWS, CheckRows, first_difference
from evergreen.releases.versions import refuse_other_versions
from evergreen.serving.intake import Intake
from evergreen.serving.params import ServingParams
from evergreen.serving.usual import UsualCells
from evergreen.watching import REFERENCE_WINDOWS, ReferenceWindows

Role = Literal["champion", "canary", "shadow"]
MakeAnswerer = Callable[[LoadedRelease], Answerer]


@dataclass(frozen=True)
class ServedRelease:
    """One release on duty.

    Attributes:
        loaded: the release.
        answerer: how it answers.
        intake: how it takes rows.
        role: what it is there for.
    """

    loaded: LoadedRelease
    answerer: Answerer
    intake: Intake
    role: Role = "champion"

    @property
    def release_id(self) -> str:
        """Its name."""
        return self.loaded.release_id

    @property
    def problem(self) -> Problem:
        """The case it was made for."""
        return self.loaded.problem

    @cached_property
    def example(self) -> Mapping[str, Any]:
        """A row that it can answer."""
        rows = check_rows_of(self.loaded).rows
        return rows[0] if rows else example_row(self.problem)

    @cached_property
    def background(self) -> pd.DataFrame | None:
        """The repaired features that explanations compare with; None where the release has none."""
        told = self.loaded.documents.get(BACKGROUND)
        return repaired_features(told["rows"], self.problem) if told else None

    @cached_property
    def usual(self) -> UsualCells:
        """What the cells of its requests are held against."""
        told = self.loaded.documents.get(REFERENCE_WINDOWS)
        return UsualCells(self.problem, None if told is None else ReferenceWindows.model_validate(told))


def make_answerer(loaded: LoadedRelease) -> Answerer:
    """Make a release answer in the fastest way that is known to be right.

    Args:
        loaded: the release.

    Returns:
        A compiled answerer where the release can be compiled; else one that goes the way of batches.
    """
    return compile_answerer(loaded.model, loaded.problem, loaded.outlier_limits, check_rows_of(loaded).rows)


def serve_release(
    loaded: LoadedRelease, params: ServingParams, make: MakeAnswerer = make_answerer, *, role: Role = "champion"
) -> ServedRelease:
    """Put a release on duty; takes seconds, so not beside requests in one thread.

    Args:
        loaded: the release; its files have been verified.
        params: of the service.
        make: what makes it answer.
        role: what it will be there for.

    Returns:
        The release, once it has answered.

    Raises:
        ReleaseError: where another version of scikit-learn made it, or it answers its own check rows in another way
            than when it was judged, or not at all.
    """
    refuse_other_versions(loaded.release_id, loaded.versions)
    served = ServedRelease(loaded, make(loaded), Intake.of(loaded.problem, params), role)
    thing, cure = f"Release '{loaded.release_id}'", "Install the versions it was made with, or train and release again."
    told = check_rows_of(loaded)
    try:
        difference = first_difference(told, served.answerer) if told.rows else ""
        served.usual.strays([served.example])
        served.answerer.answer([served.example])
    except Exception as error:
        raise ReleaseError(thing, f"fails on rows of its contract ({type(error).__name__})", cure) from error
    if difference:
        raise ReleaseError(thing, f"answers otherwise than when it was judged: {difference}", cure)
    return served


def check_rows_of(loaded: LoadedRelease) -> CheckRows:
    """Read the rows whose answers are known.

    Args:
        loaded: the release.

    Returns:
        The rows; none where the release has none.
    """
    nothing: dict[str, Any] = {"rows": (), "scores": (), "actions": None}
    return CheckRows.model_validate(loaded.documents.get(CHECK_ROWS, nothing))


def example_row(problem: Problem) -> dict[str, Any]:
    """Make up a row that keeps the contract.

    Args:
        problem: the case.

    Returns:
        A cell for each column that is known at the decision.
    """
    late = set(problem.outcome_columns)
    return {name: _example(problem, name) for name in problem.columns if name not in late}


def _example(problem: Problem, name: str) -> Any:
    column = problem.columns[name]
    if column.is_numeric:
        low, high = column.range or (None, None)
        number = low if low is not None else high if high is not None else 1
        return int(number) if column.type == "integer" else float(number)
    days = {"iso": "2024-02-29", "day_first": "29/02/2024", "month_first": "02/29/2024"}
    made: Mapping[str, Any] = {
        "boolean": True,
        "timestamp": days[column.time_format],
        "category": (column.values or ("word",))[0],
        "image": None,
        "text": "a few words",
    }
    return made[column.type]


def repaired_features(rows: Sequence[Mapping[str, Any]], problem: Problem) -> pd.DataFrame:
    """Read repaired rows from JSON.

    Args:
        rows: numbers, words, ISO times and None.
        problem: the case.

    Returns:
        The features: numbers float64, times datetime64, all else text.
    """
    frame: dict[str, pd.Series[Any]] = {}
    for name, column in problem.feature_columns.items():
        cells = pd.Series([row.get(name) for row in rows], dtype=object)
        if column.type == "timestamp":
            frame[name] = pd.to_datetime(cells).astype("datetime64[us]")
        else:
            frame[name] = cells.astype("float64" if column.is_numeric else "str")
    return pd.DataFrame(frame)
