from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import pytest

from evergreen.errors import DataError
from evergreen.problem import Problem
from evergreen.reporting import SearchFacts, Section, write_report
from tests.reporting import demo
from tests.reporting.outline import read_outline


def regression_problem() -> Problem:
    return Problem.model_validate(
        {
            "name": "bikes",
            "goal": "Have enough bikes at the stations.",
            "decision": "How many bikes to set out.",
            "entity": "an hour at one station",
            "kind": "regression",
            "key": ["row"],
            "target": {"column": "n_rented"},
            "sources": {"hours": {"is_spine": True}},
            "columns": {
                "row": {"type": "integer", "why": "Names the row."},
                "temperature_c": {"type": "number", "why": "Nobody rides in the cold."},
                "usual": {"type": "number", "why": "What is set out today."},
                "n_rented": {"type": "number", "why": "The demand.", "known_at": "outcome"},
            },
            "payoff": {"unit": "EUR", "under_per_unit": 3, "over_per_unit": 1},
            "rules": [{"name": "as_usual", "column": "usual"}],
            "criteria": [{"metric": "mae", "at_most": 50}],
            "split": {"by": "random", "new_rows_share": 0.1},
        }
    )


def problem_without_payoff() -> Problem:
    told = demo.bank_problem().model_dump(exclude={"payoff", "rules", "criteria"})
    return Problem.model_validate({**told, "criteria": [{"metric": "roc_auc", "at_least": 0.7}]})


def test_the_verdict_comes_first_and_everything_is_told() -> None:
    page = read_outline(write_report(demo.report_facts()))

    assert page.texts("h1") == ["Bank marketing: report of 2010-06-30"]
    assert page.texts("h2") == [
        "Verdict",
        "Money",
        "Quality",
        "Criteria",
        "Fairness of decisions",
        "Slices",
        "What the model looks at",
        "Beside the champion",
        "Candidates",
        "Data",
        "Contract",
        "Split",
        "Costs",
        "Provenance",
    ]
    assert page.all("p", class_="word")[0].text == "✓ Release"
    assert [text for text in page.texts("span") if text in demo.bank_verdict()["reasons"]] == demo.bank_verdict()[
        "reasons"
    ]
    assert {demo.RELEASE_ID, "number 2", "each bound at a one-sided level of 0.76 %"} <= set(page.texts("dd"))
    assert len(page.all("figure")) == 9


@pytest.mark.parametrize(
    ("verdict", "word", "tone"),
    [("hold", "✕ Hold", "bad"), ("undecided", "! Undecided", "watch")],
)
def test_each_verdict_has_its_own_banner(verdict: str, word: str, tone: str) -> None:
    page = read_outline(write_report(demo.report_facts(verdict=demo.bank_verdict(verdict=verdict, release_id=None))))
    assert page.all("p", class_="word")[0].text == word
    assert page.all("div", class_=f"banner {tone}")
    assert "no release" in page.texts("dd")


def test_a_release_that_is_not_made_yet_is_no_contradiction() -> None:
    page = read_outline(write_report(demo.report_facts(verdict=demo.bank_verdict(release_id=None))))
    assert "none yet" in page.texts("dd")


def test_criteria_show_value_bound_and_limit_in_their_own_units() -> None:
    page = read_outline(write_report(demo.report_facts(criteria=demo.failed_criteria())))
    rows = page.texts("tr")
    assert "payoff_per_decision versus no_model at least 0 ✕ failed -0.410 1.86 0" in rows
    assert any("! undecided not defined 0.0251 0.0300" in row for row in rows)


def test_undefined_figures_are_called_so() -> None:
    money = {**demo.bank_money(), "model": demo.estimate(None, None, None)}
    page = read_outline(write_report(demo.report_facts(verdict=demo.bank_verdict(money=money))))
    assert "not defined" in page.texts("dd")
    assert "model not defined not defined not defined decides by the model's scores" in page.texts("tr")


def test_rows_repairs_and_contract_are_told() -> None:
    rows = read_outline(write_report(demo.report_facts())).texts("tr")
    assert "repair quarantined: age_years out of range 31" in rows
    assert "job synonym 1,204" in rows
    assert any(row.startswith("call_duration_s Known only once") and "! outcome" in row for row in rows)
    assert any(row.startswith("age_years Deposits") and "! yes" in row for row in rows)
    assert "call -5 95" in rows


def test_several_metrics_of_candidates_stay_apart() -> None:
    both = pd.concat([demo.candidates(), demo.candidates().assign(metric="roc_auc", score=0.75)])
    rows = read_outline(write_report(demo.report_facts(candidates=both, figures={}, figure_data={}))).texts("tr")
    assert "logistic Log loss 0.298 0.290 0.300 0.339" in rows
    assert "logistic ROC AUC 0.750 0.750 0.750 0.750" in rows


def test_a_case_without_money_or_repairs_or_figures_is_a_full_page() -> None:
    facts = demo.report_facts(
        problem=problem_without_payoff(),
        verdict=demo.bank_verdict(money={}),
        repairs=demo.repairs().head(0),
        figures={},
        figure_data={},
        money_unit="",
        interval="",
        groups=(Section("Groups", lead="No group is treated worse."),),
        search=None,
        origin=None,
        suspects=demo.suspects().head(0),
    )
    page = read_outline(write_report(facts))
    assert "The case gives no payoff, so nothing here is judged in money." in page.texts("p")
    assert "No cell had to be repaired." in page.texts("li")
    assert page.texts("h2")[4] == "Groups"
    assert page.texts("h2")[-1] == "Split"
    assert any("Nothing is suspected" in text for text in page.texts("li"))
    assert not page.all("script")


def test_a_regression_tells_its_costs_and_rules() -> None:
    money = {"model": demo.estimate(-41.0, -44.0, -38.0), "as_usual": demo.estimate(-60.0, -65.0, -55.0)}
    verdict = demo.bank_verdict(money=money, metrics={"mae": demo.estimate(31.2, 29.0, 33.1)})
    page = read_outline(write_report(demo.report_facts(problem=regression_problem(), verdict=verdict, figures={}, figure_data={})))  # fmt: skip  # noqa: E501
    rows = page.texts("tr")
    assert "as_usual -60 -65 -55 takes the value of usual" in rows
    assert "a unit too few 3" in rows
    assert "MAE 31.20 29 33.10 as the target lower" in rows
    assert any("drawn so that the target is spread alike" in text for text in page.texts("p"))


def test_a_regression_speaks_of_values_and_names_its_unit() -> None:
    problem = regression_problem()
    target = problem.columns["n_rented"].model_copy(update={"unit": "bikes"})
    problem = problem.model_copy(update={"columns": {**problem.columns, "n_rented": target}})
    verdict = demo.bank_verdict(
        money={"best_constant": demo.estimate(-60.0, -65.0, -55.0)}, metrics={"mae": demo.estimate(31.2, 29.0, 33.1)}
    )
    page = read_outline(write_report(demo.report_facts(problem=problem, verdict=verdict)))
    assert "MAE 31.20 29 33.10 bikes lower" in page.texts("tr")
    assert any("the same quantity in every row" in text for text in page.texts("tr"))
    assert "Predicted and true values" in page.texts("figcaption")
    assert not any("class" in text for text in page.texts("figcaption"))
    assert not any("more probable class" in text for text in page.texts("li"))


def test_the_quality_of_classes_says_that_it_is_not_that_of_decisions() -> None:
    page = read_outline(write_report(demo.report_facts()))
    assert any("are of the more probable class" in text for text in page.texts("li"))


def test_each_reason_carries_the_result_of_its_criterion() -> None:
    reasons = ["AUC is too low.", "Money is won.", "Nobody knows."]
    criteria = demo.bank_criteria().assign(result=["failed", "passed", "undecided"], reason=reasons)
    page = read_outline(
        write_report(
            demo.report_facts(criteria=criteria, verdict=demo.bank_verdict(reasons=[*reasons, "Something else."]))
        )
    )
    told = [
        (one.attributes["class"], " ".join(one.text.split())) for one in page.all("li") if "class" in one.attributes
    ]
    assert told[:4] == [
        ("bad", "✕ AUC is too low."),
        ("good", "✓ Money is won."),
        ("watch", "! Nobody knows."),
        ("plain", "Something else."),
    ]


def test_other_thresholds_are_told_in_words_and_called_hindsight() -> None:
    page = read_outline(write_report(demo.report_facts()))
    (plot,) = [one for one in page.all("div", role="img") if "a score on" in one.attributes["aria-label"]]
    assert "highest at 0.05, with 7.8 EUR per decision, acting on 95% of the rows" in plot.attributes["aria-label"]
    assert any("found with hindsight" in text for text in page.texts("li"))


def test_without_other_thresholds_nothing_is_said_of_hindsight() -> None:
    told = demo.report_facts()
    lacking = {name: frame for name, frame in told.figure_data.items() if name != "thresholds"}
    assert "hindsight" not in write_report(demo.report_facts(figure_data=lacking))


def test_several_classes_have_a_table_of_their_own() -> None:
    by_class = {"recall:no": demo.estimate(0.9, 0.8, 0.95), "f1:no": demo.estimate(0.8, 0.7, 0.85)}
    metrics = {**demo.bank_metrics(), **by_class, "recall:yes": demo.estimate(0.6, 0.5, 0.7)}
    rows = read_outline(write_report(demo.report_facts(verdict=demo.bank_verdict(metrics=metrics)))).texts("tr")
    assert "Class Rows Recall Recall low Recall high F1 F1 low F1 high" in rows
    assert "no 6,624 0.900 0.800 0.950 0.800 0.700 0.850" in rows
    assert "yes 844 0.600 0.500 0.700 not defined not defined not defined" in rows
    assert not any(row.startswith("Recall:no") for row in rows)


def test_the_search_is_told_with_its_settings_in_words() -> None:
    page = read_outline(write_report(demo.report_facts()))
    assert any("3 settings were tried: 2 on all folds, 1 stopped early" in text for text in page.texts("p"))
    rows = page.texts("tr")
    assert "2 linear 0 0.400 0.277 0.0020 0.0010 kept" in rows
    assert "2 boosted stopped 0.330 0.290 numbers scaled, C 0.123 Worse than trial 1." in rows


def test_columns_that_the_challenger_leaves_out_are_named_where_the_search_is_told() -> None:
    search = replace(demo.search(), left_out=("euribor_3m_percent", "job"))
    page = read_outline(write_report(demo.report_facts(search=search)))
    sentence = "The challenger leaves out the columns euribor_3m_percent, job: what they tell moves in time"
    assert any(sentence in text for text in page.texts("p"))
    rows = [row for row in page.texts("tr") if row.startswith("euribor_3m_percent ")]
    assert any("! left out: it moves in time" in row for row in rows)
    assert not any("leaves out" in text for text in read_outline(write_report(demo.report_facts())).texts("p"))


def test_models_that_decide_on_a_value_are_told_where_there_are_any() -> None:
    trials = pd.DataFrame(
        [("lightgbm", 1, 40, 1.0, 0.0, 0.74, 3.1, 3.4, 0.3, 0.1, "kept")], columns=demo.search().quantile_trials.columns
    )
    search = SearchFacts(demo.search().history, demo.search().combination, trials)
    rows = read_outline(write_report(demo.report_facts(search=search))).texts("tr")
    assert "lightgbm 3.10 3.40 0.300 0.100 0.740 kept" in rows


def test_each_suspect_says_whether_it_is_settled() -> None:
    points = read_outline(write_report(demo.report_facts())).texts("li")
    assert "✓ Blocked: call_duration_s (tells the target). Known only at the outcome." in points
    assert "! Answered: client_id (tells the target). Clients are numbered by branch." in points
    assert "✕ Open: job (tells the target). Nobody has looked at it." in points


def test_provenance_names_rows_model_code_and_looks() -> None:
    page = read_outline(write_report(demo.report_facts()))
    assert {"t1", "h1", "m1", "0.1.0+1a2b3c4", "7"} <= set(page.texts("dd"))
    assert "pandas 3.1.1" in page.texts("tr")
    assert "1 2010-06-30 7,468 2010-01-04 2010-05-31 h1 t1 m1" in page.texts("tr")


def test_hostile_names_are_shown_and_stay_text() -> None:
    worse = demo.repairs().assign(rule="<script>alert(1)</script>")
    facts = demo.report_facts(repairs=worse)
    assert "<script>alert(1)" not in write_report(facts)
    assert any("<script>alert(1)</script>" in row for row in read_outline(write_report(facts)).texts("tr"))


def test_equal_facts_give_equal_bytes() -> None:
    assert write_report(demo.report_facts()) == write_report(demo.report_facts())


def test_a_figure_without_a_place_is_refused() -> None:
    with pytest.raises(DataError, match=r"Figure 'mony' has no place in the report\. Use a name among money"):
        write_report(demo.report_facts(figures={"mony": go.Figure()}))


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(DataError, match=r"Verdict 'maybe' is unknown\. It is one of release, hold, undecided"):
        write_report(demo.report_facts(verdict=demo.bank_verdict(verdict="maybe")))
