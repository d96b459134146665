"""Money of a whole life, and the best rule without a model beside it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from evergreen.reporting.life_course import money_course
from evergreen.reporting.life_money import find_best_rule, lead_over, money_so_far
from tests.reporting.life_demo import life_facts, rules


def test_the_best_rule_is_found_over_the_windows_that_count() -> None:
    facts = life_facts()
    best = find_best_rule(facts.counted, facts.rules, confidence=0.95)
    assert best is not None
    assert (best.name, best.money, best.n_outcomes) == ("call_everyone", 2 * 710, 710)
    assert best.lead == pytest.approx(money_so_far(facts.counted) - 2 * 710)
    counted = facts.rules.query("rule == 'call_everyone'").merge(facts.counted[["release_id", "window"]])
    lead, squares = counted["lead"].sum(), counted["lead_squares"].sum()
    # Of two rules the better one was picked.
    assert best.high - best.lead == pytest.approx(norm.isf(0.0125) * (squares - lead**2 / 710) ** 0.5)


def test_a_rule_that_is_known_in_fewer_windows_is_not_compared() -> None:
    new = rules().query("rule == 'call_nobody' and window == '2010-07'").assign(rule="new", money=1e6)
    best = find_best_rule(life_facts().counted, pd.concat([rules(), new]), confidence=0.95)
    assert best is not None
    assert best.name == "call_everyone"


def test_money_adds_up_over_windows() -> None:
    facts = life_facts()
    best = find_best_rule(facts.counted, facts.rules, confidence=0.95)
    course = money_course(facts.counted, best, "EUR").set_index(["panel", "series", "window"])["value"]
    assert course["So far (EUR)", "Came", "2010-02"] == 100 * 5 + 120 * 4
    assert course["So far (EUR)", "Came", "2010-07"] == money_so_far(facts.counted)
    assert course["So far (EUR)", "Best rule without a model", "2010-02"] == 2 * 220
    assert course["Per decision (EUR)", "Best rule without a model", "2010-05"] == 2.0
    assert money_course(facts.counted, None, "").empty


def test_the_interval_holds_for_a_rule_that_was_picked_as_the_best_of_eight() -> None:
    """A model and eight rules earn as much on average, so the model is surely behind in one trial of forty at most."""
    draw, n_rows, n_trials, behind = np.random.default_rng(1), 200, 100, 0
    place = {"release_id": "a", "width": "month", "window": "2010-01"}
    counted = pd.DataFrame([place])
    for _ in range(n_trials):
        lead = draw.normal(size=n_rows) - (told := draw.normal(size=(8, n_rows)))
        earned = {"rule": list("abcdefgh"), "n_outcomes": n_rows, "money": told.sum(axis=1), "lead": lead.sum(axis=1)}
        frame = pd.DataFrame(place | earned | {"lead_squares": (lead**2).sum(axis=1)})
        best = find_best_rule(counted, frame, confidence=0.95)
        assert best is not None
        behind += best.high < 0
    assert behind <= 0.05 * n_trials


def test_from_some_window_on_the_interval_still_heeds_that_the_rule_was_picked() -> None:
    facts = life_facts()
    late = lead_over(facts.counted, facts.rules, "call_everyone", since="2010-05", confidence=0.95)
    part = facts.rules.query("rule == 'call_everyone' and window >= '2010-05'").merge(
        facts.counted[["release_id", "window"]]
    )
    lead, squares, n_rows = (part[name].sum() for name in ("lead", "lead_squares", "n_outcomes"))
    assert late is not None
    assert (late.lead, late.n_outcomes) == (pytest.approx(lead), n_rows)
    assert late.high - late.lead == pytest.approx(norm.isf(0.0125) * (squares - lead**2 / n_rows) ** 0.5)
    assert lead_over(facts.counted, facts.rules, "no_rule", since="2010-05", confidence=0.95) is None
    assert lead_over(facts.counted, pd.DataFrame(), "call_everyone", since="2010-05", confidence=0.95) is None
