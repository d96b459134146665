"""Predictions as rows of the table."""

from collections.abc import Collection, Sequence
from typing import Any

from evergreen.errors import LogError, bounded, named
from evergreen.prediction_log.cells import event_text, key_text, safe_text, to_json, utc_text, value_of
from evergreen.prediction_log.records import Prediction
from evergreen.prediction_log.schema import PREDICTIONS

# The order in which encode_predictions writes.
NAMES = tuple(column.name for column in PREDICTIONS.columns if column.name != "id")

Row = tuple[Any, ...]


def encode_predictions(predictions: Sequence[Prediction], hidden: Collection[str]) -> list[Row]:
    """Write predictions as rows.

    Args:
        predictions: any number.
        hidden: columns whose cells are left out.

    Returns:
        One tuple each, in the order of ``NAMES``.

    Raises:
        LogError: where a hidden column is part of the key, or ``answered_at`` is no time.
    """
    return [_encode(one, hidden) for one in predictions]


def _encode(one: Prediction, hidden: Collection[str]) -> Row:
    cells = one.cells
    if hidden:
        _refuse_hidden_keys(one, hidden)
        cells = {name: cell for name, cell in cells.items() if name not in hidden}
    return (
        safe_text(one.request_id),
        one.row,
        safe_text(one.role),
        key_text(one.key),
        event_text(one.event_time),
        to_json(cells),
        to_json(one.repairs) if one.repairs else "[]",
        safe_text(one.reasons),
        to_json(one.scores),
        to_json(value_of(one.action)),
        None if one.expected_payoff is None else float(one.expected_payoff),
        safe_text(one.release_id),
        _answered_at(one),
        float(one.latency_ms),
    )


def _answered_at(one: Prediction) -> str:
    try:
        return utc_text(one.answered_at)
    except (ValueError, OverflowError) as error:
        thing = f"Row {one.row} of request '{bounded(one.request_id)}'"
        raise LogError(thing, f"has answered_at '{bounded(one.answered_at)}'", "Give an ISO time in UTC.") from error


def _refuse_hidden_keys(one: Prediction, hidden: Collection[str]) -> None:
    found = [name for name in one.key if name in hidden]
    if found:
        cure = "Let it be logged (is_logged: true), or let another column name the rows."
        raise LogError(f"Column {named(found)}", "is hidden from the log and names the rows", cure)
