"""Outcomes in the table."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select, update

from evergreen.errors import LogError, bounded
from evergreen.prediction_log.cells import key_text, to_json, utc_text, value_of
from evergreen.prediction_log.records import Outcome, Receipt
from evergreen.prediction_log.schema import OUTCOMES, PREDICTIONS, lock_writers
from evergreen.prediction_log.settle import Effect, Known, settle

# Far below the number of values that SQLite takes in one statement.
_N_KEYS = 500
_UPDATE = (
    update(OUTCOMES)
    .where(OUTCOMES.c.id == bindparam("row_id"))
    .values(known_at=bindparam("since"), confirmed_at=bindparam("until"))
)

Told = tuple[str, str, str]


def encode_outcomes(outcomes: Sequence[Outcome]) -> list[Told]:
    """Write outcomes as the table holds them.

    Args:
        outcomes: any number.

    Returns:
        (key, value, known_at) of each.

    Raises:
        LogError: where a cell of a key is missing, or ``known_at`` is no time.
    """
    return [_encode(one, place) for place, one in enumerate(outcomes)]


def put_outcomes(connection: Connection, told: Sequence[Told]) -> Receipt:
    """Enter outcomes.

    Args:
        connection: within a transaction that may write.
        told: (key, value, known_at) of each, in order of arrival.

    Returns:
        What they did.
    """
    lock_writers(connection)
    effects: Counter[Effect] = Counter()
    n_unknown = 0
    for start in range(0, len(told), _N_KEYS):
        part = told[start : start + _N_KEYS]
        keys = {key for key, _, _ in part}
        known = _predicted(connection, keys)
        effects.update(_put_part(connection, part, keys))
        n_unknown += sum(key not in known for key, _, _ in part)
    return Receipt(effects["new"], effects["repeated"], effects["changed"], n_unknown)


def _encode(one: Outcome, place: int) -> Told:
    thing = f"Outcome {place}"
    key = key_text(one.key)
    if not one.key or any(value_of(cell) is None for cell in one.key.values()):
        finding = f"has the key {bounded(key)}, in which a cell is missing"
        raise LogError(thing, finding, "Give every key column of the row.")
    try:
        return key, to_json(value_of(one.value)), utc_text(one.known_at)
    except (ValueError, OverflowError) as error:
        finding = f"has known_at '{bounded(one.known_at)}'"
        raise LogError(thing, finding, "Give an ISO time in UTC.") from error


def _put_part(connection: Connection, part: Sequence[Told], keys: Collection[str]) -> list[Effect]:
    histories = _histories(connection, keys)
    effects = [settle(histories[key], value, known_at) for key, value, known_at in part]
    touched = [(key, one) for key, history in histories.items() for one in history if one.is_touched]
    changes = [
        {"row_id": one.id, "since": one.known_at, "until": one.confirmed_at} for _, one in touched if one.id is not None
    ]
    if changes:
        connection.execute(_UPDATE, changes)
    added = [
        {"key": key, "value": one.value, "known_at": one.known_at, "confirmed_at": one.confirmed_at}
        for key, one in touched
        if one.id is None
    ]
    if added:
        connection.execute(OUTCOMES.insert(), added)
    return effects


def _histories(connection: Connection, keys: Collection[str]) -> defaultdict[str, list[Known]]:
    columns = OUTCOMES.c
    query = select(columns.key, columns.value, columns.known_at, columns.confirmed_at, columns.id)
    histories: defaultdict[str, list[Known]] = defaultdict(list)
    for key, *known in connection.execute(query.where(columns.key.in_(keys)).order_by(columns.id)):
        histories[key].append(Known(*known))
    return histories


def _predicted(connection: Connection, keys: Collection[str]) -> set[str]:
    found = connection.execute(select(PREDICTIONS.c.key).where(PREDICTIONS.c.key.in_(keys)).distinct())
    return {key for (key,) in found}
