import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.reporting import Finding, MonitoringFacts, Performance, Section, write_monitoring_page
from tests.reporting import demo
from tests.reporting.outline import read_outline


def test_the_worst_finding_names_the_state_and_comes_first() -> None:
    page = read_outline(write_monitoring_page(demo.monitoring_facts()))

    assert page.texts("h1") == ["Bank marketing: monitoring of 2010-07-31"]
    assert page.texts("h2") == ["State", "Performance", "Drift", "Scores", "Data quality"]
    assert page.all("p", class_="word")[0].text == "✕ Alarm"
    assert [text.split(":")[0] for text in page.texts("li")[5:8]] == ["✕ Alarm", "! Watch", "✓ OK"]
    assert {"2010-07-01 to 2010-07-31", "2,595", "1,410 of 2,595", demo.RELEASE_ID} <= set(page.texts("dd"))
    assert len(page.all("figure")) == 3


@pytest.mark.parametrize(
    ("severities", "word"),
    [([], "✓ All quiet"), (["ok"], "✓ All quiet"), (["ok", "watch"], "! Watch"), (["alarm", "ok"], "✕ Alarm")],
)
def test_the_state_follows_the_findings(severities: list[str], word: str) -> None:
    findings = tuple(Finding(severity, "Something was found.") for severity in severities)  # type: ignore[arg-type]
    page = read_outline(write_monitoring_page(demo.monitoring_facts(findings=findings)))
    assert page.all("p", class_="word")[0].text == word


def test_drift_is_told_in_words_and_rows() -> None:
    page = read_outline(write_monitoring_page(demo.monitoring_facts()))
    assert "2 of 7 columns lie differently than when the release was made." in page.texts("p")
    assert "euribor_3m_percent ✕ yes 29,871 2,595 0.0% 0.0% 0.412 < 0.001 < 0.001 0.344" in page.texts("tr")
    alts = [element.attributes["aria-label"] for element in page.all("div", role="img")]
    assert "Bars of the population stability index of 7 columns; euribor_3m_percent, former_outcome drifted." in alts


def test_no_drift_is_told_as_such() -> None:
    page = read_outline(write_monitoring_page(demo.monitoring_facts(drift=demo.drift().assign(is_drifted=False))))
    assert any("no column drifted" in element.attributes["aria-label"] for element in page.all("div", role="img"))


def test_no_outcome_yet_is_said_clearly() -> None:
    page = read_outline(write_monitoring_page(demo.monitoring_facts(performance=Performance())))
    sentence = "No outcome of the 2,595 rows has come yet, so how well the model did is not known."
    assert sentence in page.texts("p")


def test_outcomes_without_money_show_metrics_alone() -> None:
    known = Performance(3, {"log_loss": demo.estimate(0.3, 0.2, 0.4)})
    page = read_outline(write_monitoring_page(demo.monitoring_facts(performance=known)))
    assert len(page.all("figure")) == 2
    assert "Log loss 0.300 0.200 0.400 nat lower" in page.texts("tr")


def test_a_metric_in_the_unit_of_the_target_names_it() -> None:
    known = Performance(3, {"mae": demo.estimate(31.2, 29.0, 33.1)}, target_unit="rentals")
    page = read_outline(write_monitoring_page(demo.monitoring_facts(performance=known)))
    assert "MAE 31.20 29 33.10 rentals lower" in page.texts("tr")


def test_what_was_not_measured_is_said() -> None:
    nothing = pd.DataFrame()
    facts = demo.monitoring_facts(drift=nothing, score_shift=nothing, quality=nothing, performance=Performance(2))
    page = read_outline(write_monitoring_page(facts))
    assert {
        "Drift was not tested in this window.",
        "The distribution of scores was not compared in this window.",
        "Data quality was not measured in this window.",
    } <= set(page.texts("p"))


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (MonitoringFacts(case="bank", as_of="2010-07-31"), "No champion"),
        (MonitoringFacts(case="bank", as_of="2010-07-31", release_id="r1"), "Nothing scored"),
    ],
)
def test_an_empty_state_is_a_proper_page(facts: MonitoringFacts, word: str) -> None:
    page = read_outline(write_monitoring_page(facts))
    assert page.all("p", class_="word")[0].text == word
    assert page.texts("h1") == ["Bank: monitoring of 2010-07-31"]
    assert page.all("main")


def test_rows_without_a_date_are_not_called_no_window() -> None:
    undated = read_outline(write_monitoring_page(demo.monitoring_facts(window=None)))
    empty = read_outline(write_monitoring_page(demo.monitoring_facts(window=None, n_rows=0)))
    assert undated.texts("dd")[0] == "the new rows, which have no date"
    assert empty.texts("dd")[0] == "no row was scored"


def test_further_sections_follow() -> None:
    extra = (Section("Groups", lead="No group is treated worse."),)
    full = read_outline(write_monitoring_page(demo.monitoring_facts(extra=extra)))
    empty = read_outline(write_monitoring_page(MonitoringFacts(case="bank", as_of="2010-07-31", extra=extra)))
    assert full.texts("h2")[-1] == empty.texts("h2")[-1] == "Groups"


def test_equal_facts_give_equal_bytes() -> None:
    assert write_monitoring_page(demo.monitoring_facts()) == write_monitoring_page(demo.monitoring_facts())


def test_a_drift_frame_without_a_verdict_is_refused() -> None:
    facts = demo.monitoring_facts(drift=demo.drift().drop(columns="is_drifted"))
    with pytest.raises(DataError, match="lacks 'is_drifted'"):
        write_monitoring_page(facts)
