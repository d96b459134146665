import re

import pandas as pd
import pytest

from evergreen.reporting import Bars, ProfileFacts, Section, Table, render_page, render_profile_page
from evergreen.reporting.bars import draw_bars
from evergreen.reporting.profile_columns import columns_frame, role_of
from evergreen.reporting.profile_health import health_section
from tests.cases import binary_case, multiclass_case, regression_case
from tests.reporting.outline import Outline, read_outline
from tests.reporting.profile_demo import SUSPECTED, profile_facts, suspects, wide_case
from tests.reporting.test_page import HOSTILE


@pytest.fixture(scope="module")
def facts() -> ProfileFacts:
    return profile_facts(7)


@pytest.fixture(scope="module")
def page(facts: ProfileFacts) -> Outline:
    return read_outline(render_profile_page(facts))


def health(facts: ProfileFacts) -> dict[str, str]:
    """The sentences of the health section by tone."""
    return {point.text: point.tone for point in health_section(facts).points}


def changed(facts: ProfileFacts, **changes: object) -> ProfileFacts:
    return ProfileFacts(**{**vars(facts), **changes})  # type: ignore[arg-type]


def test_every_section_is_there(page: Outline) -> None:
    assert page.texts("h1") == ["Calls: profile of the table"]
    assert page.texts("h2") == [
        "Health", "Columns", "Suspects", "Usefulness", "Quarantine", "Repairs", "Groups", "Bias plan", "Rows",
    ]  # fmt: skip


def test_health_tells_rows_suspects_plan_and_sources(facts: ProfileFacts) -> None:
    told = health(facts)
    rows = "400 of 419 rows are usable; 12 (2.9%) are in quarantine, where the case accepts 10.0%; 7 came twice. "
    assert told[f"{rows}40 more lie after the date of the run."] == "good"
    assert told["2 suspects of leakage wait for an answer: 'age_years', '(rows)'."] == "bad"
    assert told["Source 'notes' costs more than it earns."] == "watch"
    section = health_section(facts)
    assert section.banner is not None
    assert section.banner.word == "Act"
    assert [(fact.name, fact.value) for fact in section.facts][:3] == [
        ("Rows that came in", "459"),
        ("Usable", "400"),
        ("In quarantine", "12"),
    ]


def test_one_of_anything_is_not_told_as_many(facts: ProfileFacts) -> None:
    told = facts.problem.model_dump()
    columns = {name: {**one, "is_feature": name == "age_years"} for name, one in told["columns"].items()}
    problem = type(facts.problem).model_validate({**told, "columns": columns})
    assert list(problem.feature_columns) == ["age_years"]
    section = health_section(changed(facts, problem=problem, reasons=facts.reasons.head(1)))
    assert [fact.detail for fact in section.facts[2:4]] == ["1 reason", "1 is learnt from"]


def test_the_page_says_that_shares_of_columns_and_sources_do_not_compare(page: Outline) -> None:
    assert any("Shares beside others do not compare between columns and sources" in text for text in page.texts("li"))


@pytest.mark.parametrize(
    ("status", "sentence", "tone"),
    [
        ("exceeded", "The data exceed the bias plan in 'base_rate by sex'.", "bad"),
        ("unplanned", "The bias plan passes over 'base_rate by sex'.", "watch"),
        ("too_few", "There are too few rows to judge 'base_rate by sex'.", "watch"),
        ("within", "The data keep the bias plan.", "good"),
    ],
)
def test_health_tells_how_the_plan_stands(status: str, sentence: str, tone: str, facts: ProfileFacts) -> None:
    check = pd.DataFrame({"clause": ["base_rate by sex"], "status": [status]})
    assert health(changed(facts, bias_plan_check=check))[sentence] == tone


def test_a_sound_table_is_called_sound(facts: ProfileFacts) -> None:
    check = facts.bias_plan_check.assign(status="within")
    told = facts.usefulness.assign(finding="It tells what no other column tells.")
    sound = changed(facts, bias_plan_check=check, usefulness=told, suspects=SUSPECTED.head(0))
    section = health_section(sound)
    assert section.banner is not None
    assert section.banner.word == "Sound"
    assert health(sound)["Nothing is suspected of giving the outcome away."] == "good"
    settled = changed(sound, suspects=suspects(("duration_seconds", "tells the target", 0.9, True, False)))
    assert health(settled)["All suspects of leakage are blocked or answered: 'duration_seconds'."] == "good"


def test_too_many_rows_in_quarantine_are_bad(facts: ProfileFacts) -> None:
    limits = facts.problem.limits.model_copy(update={"max_quarantined_share": 0.01})
    strict = changed(facts, problem=facts.problem.model_copy(update={"limits": limits}))
    assert next(iter(health(strict).values())) == "bad"


def test_every_column_has_its_row(facts: ProfileFacts) -> None:
    frame = columns_frame(facts.problem, facts.table_profile).set_index("column")
    assert list(frame.index) == list(facts.problem.columns)
    assert frame.loc["age_years", "values"].endswith(" years")
    assert frame.loc["called_at", "values"] == "2020-01-01 to 2020-04-09"
    assert frame.loc["sex", "values"].count("%") == 2
    assert frame.loc["note", "values"] == "4 to 5 characters"
    assert frame.loc["measured_quantity_006", "values"] == "\u2013"
    assert frame.loc["age_years", "missing_share"] == pytest.approx(0.1, abs=0.05)
    bars = frame.loc["age_years", "spread"]
    assert isinstance(bars, Bars)
    assert sum(bars.counts) == facts.table_profile.query("column == 'age_years' and what == 'histogram'")["value"].sum()


def test_words_beyond_twelve_share_the_last_bar() -> None:
    profile = pd.DataFrame(
        [("channel", "n_rows", "", 100.0), ("channel", "n_missing", "", 10.0), ("channel", "n_distinct", "", 40.0)]
        + [("channel", "word", f"word {i}", 5.0) for i in range(14)]
        + [("channel", "other_words", "", 20.0)],
        columns=["column", "what", "label", "value"],
    )
    (bars,) = columns_frame(wide_case(0), profile)["spread"]
    assert bars == Bars((5.0,) * 12 + (30.0,), "word 0: 6%, the most of 14")


def test_roles_are_told() -> None:
    problem = wide_case(0)
    names = ["call_id", "called_at", "bought", "duration_seconds", "client_id", "sex"]
    assert [role_of(name, problem) for name in names] == [
        "key", "time", "target", "blocked", "not learnt from", "feature",
    ]  # fmt: skip


def test_suspects_are_marked_where_they_stand(page: Outline) -> None:
    marked = [" ".join(e.text.split()) for e in page.all("td", class_="toned")]
    assert {"✓ blocked", "✕ open", "✓ answered"} <= set(marked)


def test_reasons_are_counted_by_column_and_the_longest_name_wins() -> None:
    problem = binary_case({f"columns.{name}": {"type": "number"} for name in ("age", "age in years", "key")})
    by_row = "key call_id is shared by different rows"
    reasons = {"key is no number": 1007, "age in years is above 100": 1005, "age is no number": 1003, by_row: 1002}
    table = pd.DataFrame({"reason": list(reasons), "n_rows": list(reasons.values())})
    cells = read_outline(render_profile_page(profile_facts(problem=problem, reasons=table))).texts("td")[::-1]
    # The table of reasons comes after that of the columns.
    told = [cells[cells.index(f"{n_rows:,}") + 1] for n_rows in reasons.values()]
    assert told == ["key", "age in years", "age", "the whole row"]


def test_groups_are_told_from_raw_rows_to_the_split(page: Outline) -> None:
    leads = [e.text for e in page.all("p", class_="lead")]
    assert any("The group that cleaning took the largest share from is female (sex): " in lead for lead in leads)
    assert "Groups, from raw rows to training" in page.texts("caption")


@pytest.mark.parametrize("case", [multiclass_case, regression_case])
def test_a_case_without_groups_suspects_or_repairs_has_a_page(case: object) -> None:
    problem = case()  # type: ignore[operator]
    nothing = {"suspects": SUSPECTED.head(0)}
    bare = profile_facts(problem=problem, **nothing)
    bare = changed(bare, repairs=bare.repairs.head(0), reasons=bare.reasons.head(0))
    notes = read_outline(render_profile_page(bare)).texts("li")
    assert "No row is in quarantine." in notes
    assert "No cell had to be repaired." in notes


def test_five_hundred_columns_stay_light() -> None:
    html = render_profile_page(profile_facts(500))
    assert len(html.encode()) < 1_500_000
    page = read_outline(html)
    assert len(page.all("svg")) > 350
    assert len(page.all("title")) == len(page.all("svg")) + 1
    assert len(page.all("script")) == 1


def test_equal_facts_give_equal_bytes(facts: ProfileFacts) -> None:
    assert render_profile_page(facts) == render_profile_page(facts)


def test_only_pages_with_long_tables_run_a_script() -> None:
    frame = pd.DataFrame({"column": ["age"], "n_rows": [3]})
    plain, searchable = (
        render_page("A title", [Section("S", tables=(Table("T", frame, is_searchable=flag),))])
        for flag in (False, True)
    )
    policies = [read_outline(page).all("meta")[1].attributes["content"] for page in (plain, searchable)]
    assert "script-src 'none';" in policies[0]
    assert re.search("script-src 'sha256-[^ ]+';", policies[1])
    assert [page.count("<script>") for page in (plain, searchable)] == [0, 1]


def test_a_missing_number_is_shown_as_the_table_says() -> None:
    frame = pd.DataFrame({"column": ["age", "sex"], "worth": [1.5, None]})
    html = render_page("A title", [Section("S", tables=(Table("T", frame, undefined="none given"),))])
    assert read_outline(html).texts("td") == ["1.50", "none given"]


def test_bars_are_as_high_as_their_counts() -> None:
    drawn = draw_bars(Bars((1, 2, 0, 4), "Four words."))
    assert "<title>Four words.</title>" in drawn
    heights = [float(part.split("h")[0]) for part in drawn.split("v-")[1:]]
    assert heights == [6, 12, 24]


def test_a_bar_of_hardly_anything_is_seen_and_no_bars_draw_nothing() -> None:
    assert "v-1.5h" in draw_bars(Bars((1, 1000), "Two."))
    assert draw_bars(Bars((0, 0), "None.")) == draw_bars(Bars((), "None.")) == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_escaped_in_bars(text: str) -> None:
    frame = pd.DataFrame({"column": ["age"], "spread": [Bars((1, 2), text)]})
    page = read_outline(render_page("A title", [Section("S", tables=(Table("T", frame),))]))
    assert [e.text for e in page.all("title")][1] == text
    assert not page.all("script")
    assert not page.all("img")
