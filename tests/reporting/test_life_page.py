from typing import Any

import pandas as pd
import pytest

from evergreen.reporting import Banner, LifeFacts, Section, write_life_page
from evergreen.reporting.figures import TimeLine, draw_course, draw_distances, draw_incidents
from evergreen.reporting.life_course import lay_time, quality_course
from evergreen.reporting.life_groups import rate_course, sum_groups
from evergreen.reporting.life_history import RUNS
from evergreen.reporting.life_money import find_best_rule
from evergreen.reporting.life_page import life_sections
from evergreen.reporting.life_state import state_section
from tests.models.small import small_case
from tests.reporting import demo
from tests.reporting.life_demo import DRILLS, MONTHS, SECOND, incident, life_facts, rules, windows
from tests.reporting.outline import read_outline


def told(**changes: Any) -> dict[str, Section]:
    return {one.title: one for one in life_sections(life_facts(**changes))}


def state(**changes: Any) -> Section:
    facts = life_facts(**changes)
    return state_section(facts, find_best_rule(facts.counted, facts.rules, confidence=0.95))


def banner(section: Section) -> Banner:
    assert section.banner is not None
    return section.banner


def facts_of(section: Section) -> dict[str, tuple[str, str]]:
    return {one.name: (one.value, one.detail) for one in section.facts}


def table_of(section: Section, place: int = 0) -> pd.DataFrame:
    return section.tables[place].frame


@pytest.fixture(scope="module")
def page() -> str:
    return write_life_page(life_facts())


@pytest.fixture(scope="module")
def life() -> dict[str, Section]:
    return told()


def test_the_page_has_all_parts_in_order_and_a_figure_for_each_course(page: str) -> None:
    outline = read_outline(page)
    assert outline.texts("h1") == ["Bank marketing: life of the model until 2010-08-15"]
    assert outline.texts("h2") == [
        "State", "Money and quality", "Drift and data quality", "Groups", "Incidents", "Window by window", "Drills",
        "Releases", "Retraining", "Runs",
    ]  # fmt: skip
    assert outline.texts("figcaption") == [
        "Money, window by window",
        "Quality, window by window",
        "Rows, window by window",
        "How far the values of each column lie from the reference",
        "Missing cells, cells beyond the known range, rows in quarantine",
        "By sex",
        "When each cause was an incident",
    ]


def test_the_sums_count_each_window_once(life: dict[str, Section]) -> None:
    facts = facts_of(life["State"])
    assert banner(life["State"]).word == "1 open incident"
    assert facts["Live release"] == (f"R2 {SECOND}", "since 2010-05-31, by ben")
    assert facts["Windows seen"] == ("8", "2010-01 to 2010-08, by month")
    # June was answered twice; the 20 rows of the first release do not count.
    assert facts["Rows answered"] == ("790", "3 more could not be used")
    assert facts["Outcomes known"][0] == "710"
    money = 100 * 5 + 120 * 4 + 90 * 6 + 110 * 1 - 100 + 130 * 4 + 60 * 5
    assert facts["Money so far"][0] == f"{money:,} EUR"
    assert facts["Money so far"][1].startswith(f"{money - 2 * 710:,} EUR more (")
    assert facts["Money so far"][1].endswith("than 'call_everyone'")


@pytest.mark.parametrize(
    ("incidents", "word", "tone"),
    [
        ((), "Quiet", "good"),
        ((incident("age", "2010-04", "2010-05", is_open=False),), "Quiet", "good"),
        ((incident("age", "2010-04", "2010-05", is_open=True),), "1 open incident", "watch"),
        ((incident("age", "2010-04", "2010-05", is_open=True, is_harmful=True),), "1 open incident", "bad"),
        ((incident("quarantine", "2010-04", "2010-05", is_open=True, kind="quarantined"),), "1 open incident", "bad"),
    ],
)
def test_the_banner_follows_the_incidents(incidents: tuple[Any, ...], word: str, tone: str) -> None:
    found = banner(state(incidents=incidents))
    assert (found.word, found.tone) == (word, tone)


def test_a_model_that_earns_surely_less_than_a_rule_is_told_so() -> None:
    poor = rules().assign(lead=-500.0, lead_squares=1e9)
    assert banner(state(rules=poor, incidents=())).word == "Quiet"
    sure = rules().assign(lead=-500.0, lead_squares=500.0**2)
    assert banner(state(rules=sure, incidents=())).word == "Behind a rule without a model"


def test_what_was_earned_before_an_incident_does_not_hide_what_is_lost_in_it() -> None:
    going = incident("age", "2010-04", "2010-08", is_open=True)
    point = state(incidents=(going,)).points[0]
    gained = 110 * (1 - 2) + 100 * (-1 - 2) + 130 * (4 - 2) + 60 * (5 - 2)
    assert gained == 30
    assert point.word == "Since 2010-04, when the oldest open incident began"
    assert point.text.startswith("the decisions of which outcomes are known paid 830 EUR, 30 EUR more (")
    worse = rules().assign(lead=-500.0, money=0.0, lead_squares=400.0**2)
    lost = state(incidents=(going,), rules=worse)
    point = lost.points[0]
    assert (point.tone, banner(lost).tone) == ("bad", "bad")
    assert "2,000 EUR less" in point.text
    assert state(incidents=(going,), rules=pd.DataFrame()).points[0].word == "age"


@pytest.mark.parametrize(
    ("changes", "word", "titles"),
    [
        ({"release_id": None}, "No champion", ["State", "Releases", "Runs"]),
        ({"release_id": SECOND}, "Nothing seen yet", ["State", "Drills", "Releases", "Retraining", "Runs"]),
        (
            {"release_id": SECOND, "is_watched": False},
            "Not watched",
            ["State", "Drills", "Releases", "Retraining", "Runs"],
        ),
        ({"release_id": None, "drills": DRILLS}, "No champion", ["State", "Drills", "Releases", "Runs"]),
    ],
)
def test_what_is_not_there_yet_is_said(changes: dict[str, Any], word: str, titles: list[str]) -> None:
    found = life_sections(LifeFacts(problem=demo.bank_problem(), as_of="2010-08-15", **changes))
    assert [one.title for one in found] == titles
    assert found[0].banner is not None
    assert found[0].banner.word == word
    assert found[-2 if "Retraining" not in titles else -3].lead == "Nothing has been released yet."


def test_without_an_outcome_only_what_is_expected_is_told() -> None:
    names = ["payoff", "outcome", "expected_outcome", "loss", "expected_loss"]
    waiting = windows(n_outcomes=0, **dict.fromkeys(names, float("nan")))
    found = told(windows=waiting, rules=pd.DataFrame(), groups=pd.DataFrame())
    assert found["Money and quality"].lead == (
        "No outcome has come yet, so only what the model expects of itself can be told."
    )
    assert facts_of(found["State"])["Money so far"] == ("not known", "no outcome has come yet")
    assert facts_of(found["State"])["Outcomes known"] == ("0", "none has come yet")
    assert found["Groups"].lead.startswith("No window has been told apart by group")


def test_without_a_payoff_money_is_not_told() -> None:
    plain = small_case("binary", payoff=None, criteria=[{"metric": "roc_auc", "at_least": 0.6}])
    unpriced = windows(payoff=float("nan"), expected_payoff=float("nan"))
    found = told(problem=plain, windows=unpriced, rules=pd.DataFrame())
    assert facts_of(found["State"])["Money so far"][0] == "not priced"
    titles = [one.title for one in found["Money and quality"].figures]
    assert titles == ["Quality, window by window", "Rows, window by window"]


def test_every_window_of_every_release_stands_in_the_table(life: dict[str, Section]) -> None:
    frame = table_of(life["Window by window"])
    june = frame[frame["window"] == "2010-06"]
    assert june[["release", "counts"]].to_numpy().tolist() == [["R2", True], ["R1", False]]
    assert frame.iloc[0][["window", "release", "is_over", "n_rows"]].tolist() == ["2010-08", "R2", "not yet", 40]


def test_equal_lives_give_equal_bytes_but_for_the_runs(page: str) -> None:
    more = write_life_page(life_facts(runs=life_facts().runs.head(1)))
    assert page != more
    assert before_runs(page) == before_runs(more)


def before_runs(page: str) -> str:
    start = page.index(f">{RUNS}</h2>")
    return page[:start] + page[page.index("</section>", start) :]


def test_incidents_and_releases_lie_where_they_happened() -> None:
    line = lay_time(life_facts())
    assert line.windows == tuple(MONTHS)
    assert line.marks == {"2010-01": "R1", "2010-06": "R2"}
    assert line.spans == (("2010-04", "2010-05"), ("2010-07", "2010-08"))


@pytest.mark.parametrize(
    ("kind", "panel"),
    [
        ("binary", "Share of 'yes'"),
        ("multiclass", "Accuracy of the most probable class"),
        ("regression", "Mean of outcome"),
    ],
)
def test_quality_is_named_by_the_kind_of_problem(kind: Any, panel: str) -> None:
    course = quality_course(life_facts().counted, small_case(kind))
    assert list(dict.fromkeys(course["panel"]))[1] == panel


def test_groups_are_added_up_and_small_ones_leave_gaps() -> None:
    facts = life_facts()
    own = facts.counted[["release_id", "width", "window"]].merge(facts.groups)
    sums = sum_groups(own).set_index("group")
    assert sums.loc["male", "decided"] / sums.loc["male", "n_rows"] == pytest.approx(0.2)
    assert sums.loc["female", "n_rows"] == 395
    course = rate_course(own, facts.problem).set_index(["panel", "series", "window"])["value"]
    decided = course["Share of favourable decisions"]
    assert decided["female", "2010-01"] == pytest.approx(0.1)
    assert pd.isna(decided["female", "2010-08"])
    beyond = course["Share of 'yes' beyond what was expected"].dropna()
    assert beyond.to_numpy() == pytest.approx(0.05)


def test_what_is_told_in_words_names_the_window_it_is_of(life: dict[str, Section]) -> None:
    money = life["Money and quality"].figures[0].alt
    assert "Per decision (EUR), came: 5 in 2010-01, 5 in 2010-07" in money
    assert "Per decision (EUR), expected (blind to concept drift): 5 in 2010-01, 5 in 2010-08" in money
    groups = life["Groups"].figures[0].alt
    assert "Share of favourable decisions, female: 10.0% in 2010-07;" in groups
    assert groups.endswith("Share of 'yes' beyond what was expected, male: 5.0% in 2010-07.")


def test_the_map_puts_what_rang_first_and_tells_what_lies_farthest(life: dict[str, Section]) -> None:
    moved, spoilt = life["Drift and data quality"].figures
    assert list(dict.fromkeys(moved.figure.data[0].y)) == ["age", "outcomes", "job"]
    assert "farthest off is age in 2010-04, by 8.5 standard errors" in moved.alt
    assert list(dict.fromkeys(spoilt.figure.data[0].y)) == ["job: missing"]
    first = table_of(life["Drift and data quality"]).iloc[0]
    assert first[["column", "window", "rang", "release"]].tolist() == ["job", "2010-04", False, "R1"]
    assert table_of(life["Drift and data quality"])["column"].tolist() == ["job", "age", "outcomes"]
    assert life["Drift and data quality"].lead.endswith("age rang in them.")


def test_a_cell_without_a_score_is_a_gap() -> None:
    cells = pd.DataFrame(
        {"row": ["a", "b"], "window": "w", "score": [-3.0, float("nan")], "is_alarm": [True, False], "told": ""}
    )
    figure = draw_distances(cells, ["w"])
    assert figure.data[0].z[0] == 3.0
    assert pd.isna(figure.data[0].z[1])
    assert list(figure.data[1].y) == ["a"]


def test_an_incident_of_windows_that_are_not_shown_is_left_out() -> None:
    line = TimeLine(("2010-03", "2010-04"), {})
    frame = pd.DataFrame(
        {"cause": ["a", "b"], "first": ["2009-01", "2010-02"], "last": ["2009-02", "2010-03"], "is_open": False,
         "told": "x"}
    )  # fmt: skip
    figure = draw_incidents(frame, line)
    assert [list(one.x) for one in figure.data] == [["2010-03"]]


def test_a_course_is_drawn_in_panels_with_its_releases() -> None:
    facts = life_facts()
    figure = draw_course(quality_course(facts.counted, facts.problem), lay_time(facts))
    assert len(figure.data) == 4
    assert sum(shape.type == "line" for shape in figure.layout.shapes) == 2
    assert sum(shape.type == "rect" for shape in figure.layout.shapes) == 4
    assert figure.layout.xaxis.categoryarray == tuple(MONTHS)
