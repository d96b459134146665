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


@pytest.mark.parametrize("path", CASES, ids=[path.parent.name for path in CASES])
def test_a_shipped_case_is_filed_under_its_own_name(path):
    case = Problem.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))["problem"])
    settings = yaml.safe_load((path.parent / "globals.yml").read_text(encoding="utf-8"))
    assert settings["case"] == case.name
    assert path.parent.name in (case.name, "base")
    assert "as_of" in yaml.safe_load((path.parent / "parameters.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CASES, ids=[path.parent.name for path in CASES])
def test_every_source_of_a_shipped_case_is_read_from_where_raw_dir_says(path):
    case = Problem.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))["problem"])
    entries = {}
    for file in path.parent.glob("catalog*.yml"):
        entries |= yaml.safe_load(file.read_text(encoding="utf-8"))
    assert set(case.sources) <= set(entries)
    local = [entries[name] for name in case.sources if "credentials" not in entries[name]]
    assert [entry for entry in local if "runtime_params:raw_dir" not in str(entry)] == []


@pytest.mark.parametrize("path", CASES, ids=[path.parent.name for path in CASES])
def test_a_shipped_case_leaves_nothing_to_decide(path):
    texts = [file.read_text(encoding="utf-8") for file in path.parent.glob("*.yml")]
    assert not any("DECIDE" in text or "To be said" in text for text in texts)
    case = Problem.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))["problem"])
    assert case.payoff is not None
    assert any(one.metric == "payoff_per_decision" and one.versus == "no_model" for one in case.criteria)
