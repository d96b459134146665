import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evergreen.reporting import Banner, Drawing, Fact, Point, Section, Table, write_model_card, write_report
from evergreen.reporting.figures import draw_gains
from evergreen.reporting.markdown import literal_markdown, render_markdown
from tests.reporting import demo
from tests.reporting.outline import Outline, read_outline
from tests.reporting.test_page import HOSTILE


def read_markdown(text: str) -> Outline:
    """Read Markdown as a page would show it."""
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return read_outline(re.sub(r"<(br|hr) />", "", rendered))


def n_left_out(card: Outline) -> int:
    """Add up the rows that a card says are elsewhere."""
    told = (re.fullmatch(r"(\d+) (?:more )?rows are in report.html.", text) for text in card.texts("p"))
    return sum(int(match[1]) for match in told if match)


def test_the_card_tells_what_the_page_tells_in_the_same_order() -> None:
    facts = demo.report_facts()
    page, card = read_outline(write_report(facts)), read_markdown(write_model_card(facts))

    assert card.texts("h1") == ["Bank marketing: model card of 2010-06-30"]
    assert card.texts("h2") == page.texts("h2")
    rows, tables = page.texts("tr"), card.texts("tr")
    assert len(rows) > 150
    assert [row for row in tables if row in set(rows)] == [row for row in rows if row in set(tables)]
    n_heads = len([told for told in card.texts("p") if re.fullmatch(r"\d+ rows are in report.html.", told)])
    assert len([row for row in rows if row not in tables]) == n_left_out(card) + n_heads
    assert [text for text in page.texts("dd") if text not in card.texts("td")] == []
    notes = [text for text in page.texts("li") if text not in page.texts("a")]
    assert [text for text in notes if text.removeprefix("- ") not in card.texts("li")] == []
    leads = [" ".join(one.text.split()) for one in page.all("p", class_="lead")]
    assert len(leads) > 8
    assert [text for text in leads if text not in card.texts("p")] == []
    alts = [one.attributes["aria-label"] for one in page.all("div", role="img")]
    assert [alt for alt in alts if not any(text.endswith(alt) for text in card.texts("p"))] == []


def test_a_card_is_short_and_without_markup() -> None:
    card = write_model_card(demo.report_facts())
    assert len(card.encode()) < 100_000
    assert "<" not in card.replace("\\<", "").replace("< 0", "")


def test_equal_facts_give_equal_bytes() -> None:
    assert write_model_card(demo.report_facts()) == write_model_card(demo.report_facts())


@pytest.mark.parametrize("text", [*HOSTILE, "a|b", "*x*", "_x_", "1. one", "2) two", "- x", "# x", "> x", "=", "&lt;", "~~x~~", "a\nb", "[x](y)", "`x`", "\\"])  # fmt: skip  # noqa: E501
def test_no_text_is_taken_for_markup(text: str) -> None:
    section = Section(
        "Names",
        banner=Banner("good", text),
        lead=text,
        points=(Point(text, "watch", text),),
        facts=(Fact(text, text),),
        tables=(Table("Names", pd.DataFrame({"name": [text]})),),
        notes=(text,),
    )
    page = read_markdown(render_markdown(text, [section]))
    shown = " ".join(text.split())
    assert page.texts("h1") == [shown]
    assert page.texts("p")[1] == shown
    assert page.texts("li") == [f"! {shown}: {shown}", shown]
    assert page.texts("td") == [shown, shown, "", shown]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=12))
def test_every_word_is_read_back_as_it_was_written(text: str) -> None:
    page = read_markdown(f"{literal_markdown(text)}\n\n- {literal_markdown(text)}")
    assert page.texts("p")[0] == text
    assert page.texts("li") == [text]


def test_names_stay_readable() -> None:
    assert literal_markdown("roc_auc at least 0.65: -0.4, R&D") == "roc_auc at least 0.65: -0.4, R&D"


def test_an_empty_table_says_so() -> None:
    card = render_markdown("T", [Section("S", tables=(Table("None", pd.DataFrame(columns=["a", "b"])),))])
    assert read_markdown(card).texts("td") == ["No rows", ""]


def test_of_a_table_that_nobody_reads_through_the_first_rows_are_told() -> None:
    frame = pd.DataFrame({"group": [f"g{place}" for place in range(40)]})
    section = Section("S", tables=(Table("Groups", frame, is_searchable=True), Table("All", frame)))
    card = read_markdown(render_markdown("T", [section]))
    assert card.texts("td") == [*frame["group"].head(12), *frame["group"]]
    assert [text for text in card.texts("p") if "report" in text] == ["28 more rows are in report.html."]


def test_long_data_of_a_figure_is_left_to_the_page() -> None:
    curve = pd.concat([demo.gains()] * 4)
    drawing = Drawing("Gains", "A line.", draw_gains(demo.gains()), curve)
    card = render_markdown("T", [Section("S", figures=(drawing,))])
    assert f"A line.\n\n{len(curve)} rows are in report.html." in card
    assert "|" not in card
