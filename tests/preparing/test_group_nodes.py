from pandas.testing import assert_frame_equal

from evergreen.preparing.groups import check_plan, measure_groups_of_decisions
from evergreen.preparing.params import DataProcessingParams
from evergreen.tables.bias_plan import check_bias_plan
from evergreen.tables.groups import measure_groups
from tests.cases import LIBRARIES, frame_of
from tests.tables.group_world import people, stages, two_words_case

CLAUSE = {"measure": "base_rate", "columns": ["sex"], "remedy": "accept", "at_most": 0.1, "why": "For the test."}


class Params(DataProcessingParams):
    confidence: float = 0.9


def test_the_nodes_measure_tables_of_any_engine_at_the_confidence_asked_for_and_hold_them_against_the_plan() -> None:
    case = two_words_case({"bias_plan": {"clauses": [CLAUSE]}})
    tables = stages(people(case, 300))
    expected = measure_groups(*tables, problem=case, confidence=0.9)
    for library in LIBRARIES:
        moved = [frame_of(table, library).to_native() for table in tables[:2]]
        ledger = measure_groups_of_decisions(case, Params(random_state=1), *moved, *tables[2:])
        assert_frame_equal(ledger, expected, rtol=1e-12)
    assert_frame_equal(check_plan(case, expected), check_bias_plan(expected, case))
    assert check_plan(case, expected)["clause"].iloc[0] == "base_rate by sex"
