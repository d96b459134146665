from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.prediction_log.outcome_table import read_outcomes
from evergreen.problem import Problem
from tests.models.small import small_case


def _key_of(row: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    return {name: row[name] for name in problem.key}


def _read(table: pd.DataFrame, problem: Problem, **terms: Any) -> list[tuple[Any, Any, str]]:
    read = read_outcomes(table, problem, key_of=_key_of, **{"known_at": "2024-03-01", **terms})
    return [(next(iter(one.key.values())), one.value, one.known_at) for one in read]


def _table(problem: Problem, targets: list[Any], **more: list[Any]) -> pd.DataFrame:
    (key,) = problem.key
    return pd.DataFrame({key: range(len(targets)), problem.target.column: targets, **more})


def test_classes_are_written_as_the_contract_does_and_blanks_are_left_out() -> None:
    problem = small_case("binary")
    no, yes = problem.target.classes
    table = _table(problem, [f" {yes.upper()} ", None, no, ""])
    assert _read(table, problem) == [(0, yes, "2024-03-01"), (2, no, "2024-03-01")]


def test_quantities_are_numbers() -> None:
    problem = small_case("regression")
    assert [value for _, value, _ in _read(_table(problem, ["1.5", 2, None]), problem)] == [1.5, 2.0]


def test_a_column_says_since_when_each_is_known() -> None:
    problem = small_case("regression")
    times = [pd.Timestamp("2024-02-01"), pd.Timestamp("2024-02-02 12:00")]
    table = _table(problem, [1, 2], seen_at=times)
    known = [time for _, _, time in _read(table, problem, known_at_column="seen_at")]
    assert known == ["2024-02-01T00:00:00", "2024-02-02T12:00:00"]


@pytest.mark.parametrize(
    ("kind", "changes", "terms", "finding"),
    [
        ("binary", {"drop": "key"}, {}, "The table of outcomes lacks"),
        ("binary", {"drop": "target"}, {}, "The table of outcomes lacks"),
        ("binary", {}, {"known_at_column": "seen_at"}, "The table of outcomes lacks 'seen_at'"),
        ("binary", {"target": "perhaps"}, {}, "Row 1 of the outcomes has the target 'perhaps', which is none of"),
        ("regression", {"target": "many"}, {}, "Row 1 of the outcomes has the target 'many', which is no number"),
    ],
    ids=["no key", "no target", "no time", "no class", "no number"],
)
def test_a_table_that_cannot_be_read_is_told(
    kind: Any, changes: dict[str, str], terms: dict[str, str], finding: str
) -> None:
    problem = small_case(kind)
    table = _table(problem, [None, changes.get("target")])
    dropped = {"key": problem.key[0], "target": problem.target.column}.get(changes.get("drop", ""))
    with pytest.raises(DataError, match=finding):
        _read(table.drop(columns=dropped) if dropped else table, problem, **terms)
