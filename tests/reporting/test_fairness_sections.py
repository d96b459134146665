import pandas as pd
import pytest

from evergreen.judging.fairness import judge_fairness, measure_decisions_by_group
from evergreen.reporting import render_page
from evergreen.reporting.fairness_sections import decisions_section, gaps_section, remedies_section
from tests.models.fair_world import CELLS, decided_case, decided_rows, ledger_of
from tests.pipelines.evaluation.line import PARAMS

LOOK = {"number": 1, "level": 0.03}
PROBLEM = decided_case()
REMEDIES = pd.DataFrame(
    {
        "remedy": ["none", "reweigh"],
        "is_applied": [True, False],
        "group_is_needed": ["never", "when learning"],
        "metric": "selection_rate",
        "at_most": 0.1,
        "gap": [0.2, 0.05],
        "gap_low": [0.1, 0.01],
        "gap_high": [0.3, 0.1],
        "gap_upper_bound": [0.28, 0.09],
        "payoff": [2.0, 1.5],
        "payoff_low": [1.0, 0.5],
        "payoff_high": [3.0, 2.5],
        "payoff_change": [0.0, -0.5],
        "payoff_change_low": [0.0, -0.9],
        "payoff_change_high": [0.0, -0.1],
        "log_loss": [0.5, 0.6],
        "word": ["breaks the limit", "keeps the limit; costs 0.5 a decision"],
    }
)


@pytest.fixture(scope="module")
def tables():
    rows, predictions = decided_rows(300, {cell: 0.8 if cell == ("blue", "true") else 0.4 for cell in CELLS})
    made = measure_decisions_by_group(PROBLEM, PARAMS, rows, rows, predictions, ledger_of(PROBLEM, rows), LOOK)
    return (*made, judge_fairness(PROBLEM, made[1], LOOK))


def test_judged_gaps_come_first_with_their_results(tables) -> None:
    rates, gaps, _, judgements = tables
    section = gaps_section(gaps, rates, judgements, PROBLEM)
    assert section.lead == "Gaps that the case asks about: 3. Gaps that surely keep the limit: 0."
    assert [(point.tone, point.word) for point in section.points][-1] == ("bad", "failed")
    assert "blue x true (0.8 of 300 rows)" in section.points[-1].text
    assert [len(table.frame) for table in section.tables] == [len(gaps), len(rates)]


def test_a_case_that_asks_nothing_is_told_so(tables) -> None:
    rates, gaps, _, _ = tables
    section = gaps_section(gaps, rates, [], decided_case(None))
    assert "told and not judged" in section.lead
    assert section.points == ()


def test_gaps_that_nothing_defines_are_named_beneath_the_table(tables) -> None:
    rates, gaps, _, _ = tables
    is_lost = (gaps["gap"] == "precision") & (gaps["columns"] == "colour")
    thin = gaps.assign(value=gaps["value"].mask(is_lost))
    section = gaps_section(thin, rates, [], PROBLEM)
    assert len(section.tables[0].frame) == len(gaps) - 1
    assert section.notes[-1] == "Fewer than two groups are large enough for: precision by colour."
    assert "limit" in section.tables[0].frame
    assert "limit" not in gaps_section(gaps.assign(limit=float("nan")), rates, [], PROBLEM).tables[0].frame


def test_groups_are_followed_in_one_row(tables) -> None:
    frame = decisions_section(tables[2], PROBLEM).tables[0].frame.set_index(["columns", "group"])
    one = frame.loc[("colour x is_known", "blue x true")]
    assert (one["raw rows"], one["holdout rows"], one["decided rows"], one["selected share"]) == (300, 300, 240, 0.8)


def test_remedies_are_told_with_their_prices() -> None:
    section = remedies_section(REMEDIES, PROBLEM)
    assert "the gap in selection rate (at most 0.1)" in section.lead
    assert "EUR per decision" in section.lead
    assert section.tables[0].frame["word"].tolist() == REMEDIES["word"].tolist()


def test_nothing_to_tell_is_said(tables) -> None:
    rates, gaps, decided, _ = tables
    for section in (
        gaps_section(gaps[:0], rates[:0], [], PROBLEM),
        decisions_section(decided[:0], PROBLEM),
        remedies_section(REMEDIES[:0], PROBLEM),
    ):
        assert section.tables == ()
        assert section.lead


def test_the_sections_make_a_page(tables) -> None:
    rates, gaps, decided, judgements = tables
    page = render_page(
        "Groups",
        [
            gaps_section(gaps, rates, judgements, PROBLEM),
            decisions_section(decided, PROBLEM),
            remedies_section(REMEDIES, PROBLEM),
        ],
    )
    assert "Selection rate" in page
    assert "keeps the limit; costs 0.5 a decision" in page
