"""Why a release says what it says of raw rows."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from evergreen.answering import CompiledExplainer
from evergreen.answering.compiled import CompiledAnswerer
from evergreen.answering.plain import raw_table
from evergreen.models.explain_row import explain_row
from evergreen.serving.desk import Done
from evergreen.serving.served import ServedRelease
from evergreen.tables.engines import as_frame
from evergreen.tables.repair import mark_rows, usable_rows


def explain_answers(done: Done) -> list[dict[str, Any] | None]:
    """Divide the score of each answered row among its columns.

    Args:
        done: answers of releases that have a background.

    Returns:
        ``of_class``, ``baseline``, ``contributions`` and ``score``, which is their sum; None for a row that was not
        scored, and of a release without a background.
    """
    together = zip(done.job.served, done.job.rows, done.answers, strict=True)
    return [_explain(served, row) if answer.scores else None for served, row, answer in together]


def _explain(served: ServedRelease, row: Mapping[str, Any]) -> dict[str, Any] | None:
    background, problem = served.background, served.problem
    if background is None:
        return None
    if isinstance(served.answerer, CompiledAnswerer):
        return asdict(CompiledExplainer(served.answerer, background).explain(row))
    marked = mark_rows(as_frame(raw_table([row], problem)), problem, served.loaded.outlier_limits)
    repaired = usable_rows(marked, problem).to_native().reset_index(drop=True)
    return asdict(explain_row(served.loaded.model, repaired, background, problem))
