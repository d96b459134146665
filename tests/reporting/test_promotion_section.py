from typing import Any

import pytest

from evergreen.reporting import render_page
from evergreen.reporting.promotion_section import promotion_section

RECORD = {
    "criterion": "log_loss better than the champion's",
    "champion_id": "0123abcd",
    "metric": "log_loss",
    "rule": "strict",
    "margin": 0.0,
    "gain": 0.031,
    "bound": 0.012,
    "detectable": 0.025,
    "rows_needed": 1300,
    "n_rows": 2000,
    "n_units": 200,
    "number": 2,
    "level": 0.0076,
    "result": "passed",
    "word": "It is better.",
    "is_judged": True,
}
UNKNOWN = {"gain": None, "bound": None, "detectable": None, "rows_needed": None, "result": "undecided"}


@pytest.mark.parametrize(("result", "tone"), [("passed", "good"), ("failed", "bad"), ("undecided", "watch")])
def test_a_judged_comparison_has_the_tone_of_its_result(result: str, tone: str) -> None:
    section = promotion_section(RECORD | {"result": result})
    assert [(point.text, point.tone, point.word) for point in section.points] == [("It is better.", tone, result)]
    assert section.lead == ""


def test_a_comparison_that_is_only_told_has_no_tone() -> None:
    section = promotion_section(RECORD | {"is_judged": False})
    assert section.lead == "The case has no rule of promotion, so the verdict does not heed this."
    assert section.points[0].tone == "plain"


def test_the_figures_stand_beside_it() -> None:
    facts = {fact.name: (fact.value, fact.detail) for fact in promotion_section(RECORD).facts}
    assert facts == {
        "Gain in Log loss": ("0.0310", "lower bound 0.0120"),
        "Smallest gain these rows tell": ("0.0250", "with a chance of 80 %"),
        "Rows compared": ("2,000", "1,300 would tell this gain"),
        "Champion": ("0123abcd", "comparison 2"),
    }


@pytest.mark.parametrize("changes", [UNKNOWN, {"result": "no rival", "champion_id": None} | {"number": None}])
def test_what_was_not_measured_is_not_shown(changes: dict[str, Any]) -> None:
    assert promotion_section(RECORD | changes).facts == ()


def test_without_another_live_model_it_says_so() -> None:
    section = promotion_section(RECORD | {"result": "no rival", "word": "No other model is live."})
    assert (section.lead, section.points) == ("No other model is live.", ())


def test_it_is_a_part_of_a_page() -> None:
    assert "Smallest gain these rows tell" in render_page("A page", [promotion_section(RECORD)])
