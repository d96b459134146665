import pytest
from pandera.errors import SchemaError

from evergreen.tables.bias_plan import check_bias_plan
from evergreen.tables.groups import measure_groups
from evergreen.tables.schemas import BiasPlanCheck, GroupLedger
from tests.tables.group_world import group_case, people, stages, two_words_case

CLAUSE = {"measure": "base_rate", "columns": ["sex"], "remedy": "reweigh", "at_most": 0.1, "why": "For the test."}


def ledger_of(case, n_rows):
    return measure_groups(*stages(people(case, n_rows)), problem=case, confidence=0.95)


@pytest.mark.parametrize("n_rows", [0, 1, 400])
def test_what_is_measured_and_checked_passes(n_rows):
    plain = two_words_case({"columns.sex.is_sensitive": False, "columns.region.is_sensitive": False})
    for case in (plain, group_case({"bias_plan": {"clauses": [CLAUSE]}})):
        ledger = ledger_of(case, n_rows)
        assert len(GroupLedger.validate(ledger)) == len(ledger)
        found = check_bias_plan(ledger, case)
        assert len(BiasPlanCheck.validate(found)) == len(found)


@pytest.mark.parametrize(
    ("column", "value"),
    [("stage", "gathered"), ("n_rows", -1), ("share", 1.5), ("missing_share", -0.1), ("outcome_sd", -1.0)],
)
def test_a_ledger_that_breaks_its_schema_is_refused(column, value):
    ledger = ledger_of(two_words_case(), 20)
    ledger.loc[0, column] = value
    with pytest.raises(SchemaError, match=column):
        GroupLedger.validate(ledger)


def test_a_group_twice_at_a_stage_is_refused():
    ledger = ledger_of(two_words_case(), 20)
    ledger.loc[1, "stage"] = ledger.loc[0, "stage"]
    with pytest.raises(SchemaError, match="not unique"):
        GroupLedger.validate(ledger)


@pytest.mark.parametrize(("column", "value"), [("status", "fine"), ("remedy", "ignore"), ("finding", "")])
def test_a_check_that_breaks_its_schema_is_refused(column, value):
    case = two_words_case({"bias_plan": {"clauses": [CLAUSE]}})
    found = check_bias_plan(ledger_of(case, 400), case)
    found.loc[0, column] = value
    with pytest.raises(SchemaError, match=column):
        BiasPlanCheck.validate(found)
