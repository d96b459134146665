from pathlib import Path

import pytest
import yaml

from evergreen.problem import Problem

PROJECT = Path(__file__).parents[2]
CASES = sorted(PROJECT.glob("conf/*/parameters_problem.yml"))


@pytest.mark.parametrize("path", CASES, ids=[path.parent.name for path in CASES])
def test_a_shipped_case_is_valid_and_survives_being_written_down(path):
    case = Problem.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))["problem"])
    assert Problem.model_validate(case.model_dump(mode="json", exclude_none=True)) == case
    assert all(column.why for column in case.columns.values())


def test_the_demonstration_is_among_them():
    assert PROJECT / "conf/base/parameters_problem.yml" in CASES
