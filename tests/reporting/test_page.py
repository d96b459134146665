import gzip
import json
import re
from base64 import b64decode

import pandas as pd
import plotly.graph_objects as go
import plotly.offline
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.reporting import Banner, Drawing, Fact, Point, Section, Table, render_page
from tests.reporting.outline import read_outline

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '" onmouseover="window.hacked = 1" x="',
    "<!-- <script>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; & \u2028\u2029",
]


def plain_section() -> Section:
    return Section(
        "Money",
        banner=Banner("good", "Release", "All is well as of 2010-06-30."),
        lead="What it earns.",
        points=(Point("It pays.", "good", "OK"), Point("It is new.")),
        facts=(Fact("Rows", "12", "of 14"),),
        figures=(Drawing("A figure", "One point at one, two.", figure(), pd.DataFrame({"x": [1], "y": [2]})),),
        tables=(Table("A table", pd.DataFrame({"rule": ["model"], "value": [1.5]})),),
        notes=("Small print.",),
    )


def figure(name: str = "series") -> go.Figure:
    return go.Figure(go.Scatter(x=[1], y=[2], name=name))


def hostile_section(text: str) -> Section:
    return Section(
        text,
        banner=Banner("bad", text, text),
        lead=text,
        points=(Point(text, "watch", text),),
        facts=(Fact(text, text, text),),
        figures=(Drawing(text, text, figure(text), pd.DataFrame({text: [text]})),),
        tables=(Table(text, pd.DataFrame({text: [text]})),),
        notes=(text,),
    )


def test_every_part_is_on_the_page() -> None:
    page = read_outline(render_page("A title", [plain_section()], subtitle="A subtitle"))

    assert page.texts("title") == page.texts("h1") == ["A title"]
    assert page.texts("h2") == ["Money"]
    assert page.texts("dd") == ["12", "of 14"]
    assert page.texts("figcaption") == ["A figure"]
    assert page.texts("caption") == ["Data of the figure: A figure", "A table"]
    assert page.texts("li") == ["✓ OK: It pays.", "It is new.", "Small print."]
    assert [element.text for element in page.all("span", class_="whole")] == ["2010-06-30"]


def test_headings_landmarks_and_names_are_in_order() -> None:
    page = read_outline(render_page("A title", [plain_section()] * 3, language="de"))

    headings = [int(e.tag[1]) for e in page.elements if re.fullmatch(r"h[1-6]", e.tag)]
    assert headings == [1, 2, 2, 2]
    assert page.all("html", lang="de")
    assert [len(page.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    references = [e.attributes["aria-labelledby"] for e in page.elements if "aria-labelledby" in e.attributes]
    links = [e.attributes["href"].removeprefix("#") for e in page.all("a")]
    assert {*references, *links} <= set(ids)


def test_figures_and_tables_are_told_to_those_who_cannot_see_them() -> None:
    page = read_outline(render_page("A title", [plain_section()]))

    assert [e.attributes["aria-label"] for e in page.all("div", role="img")] == ["One point at one, two."]
    assert "In words: One point at one, two." in page.texts("noscript")[1]
    assert len(page.all("caption")) == len(page.all("table")) == 2
    assert all(e.attributes.get("scope") in ("col", "row") for e in page.all("th"))
    assert all(e.attributes["tabindex"] == "0" for e in page.all("div", role="region"))


def test_plotly_is_embedded_once_and_whole() -> None:
    page = read_outline(render_page("A title", [plain_section(), plain_section()]))
    (packed,) = page.all("script", id="plotly")
    assert gzip.decompress(b64decode(packed.text)).decode() == plotly.offline.get_plotlyjs()


def test_a_page_without_figures_runs_no_script_and_is_small() -> None:
    html = render_page("A title", [Section("Nothing")])
    page = read_outline(html)
    assert not page.all("script")
    assert "script-src 'none'" in page.all("meta")[1].attributes["content"]
    assert len(html) < 20_000


def test_a_page_with_figures_stays_under_three_megabytes() -> None:
    assert len(render_page("A title", [plain_section()] * 5).encode()) < 3_000_000


def test_equal_inputs_give_equal_bytes() -> None:
    first = render_page("A title", [plain_section()])
    assert render_page("A title", [plain_section()]) == first


def test_a_figure_keeps_its_numbers() -> None:
    page = read_outline(render_page("A title", [plain_section()]))
    (source,) = page.all("script", id="s1-f1-source")
    drawn = json.loads(source.text)["data"][0]
    assert (drawn["x"], drawn["y"], drawn["name"]) == ([1], [2], "series")


def test_long_figure_data_are_cut_and_the_page_says_so() -> None:
    data = pd.DataFrame({"x": range(2_000)})
    section = Section("Money", figures=(Drawing("Misses", "Many points.", figure(), data),))
    page = read_outline(render_page("A title", [section]))
    assert page.texts("caption") == ["Data of the figure: Misses, first 500 of 2,000 rows"]
    assert len(page.all("tr")) == 501


def test_a_table_without_rows_says_so() -> None:
    section = Section("Data", tables=(Table("Repairs", pd.DataFrame(columns=["rule", "n_cells"])),))
    assert "No rows" in read_outline(render_page("A title", [section])).texts("td")


def test_nan_in_a_figure_is_a_gap_and_no_broken_json() -> None:
    section = Section("Money", figures=(Drawing("A", "B", go.Figure(go.Scatter(y=[1.0, float("nan")]))),))
    (source,) = read_outline(render_page("A title", [section])).all("script", id="s1-f1-source")
    assert json.loads(source.text)["data"][0]["type"] == "scatter"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    page = read_outline(render_page(text, [hostile_section(text)], language=text, subtitle=text))
    harmless = read_outline(render_page("a", [hostile_section("a" * len(text))], subtitle="a"))

    assert [e.tag for e in page.elements] == [e.tag for e in harmless.elements]
    assert [sorted(e.attributes) for e in page.elements] == [sorted(e.attributes) for e in harmless.elements]
    assert page.all("h1")[0].text == text
    assert page.all("td" if page.all("td") else "th")[0].text == text
    (source,) = page.all("script", id="s1-f1-source")
    assert json.loads(source.text)["data"][0]["name"] == text


@settings(max_examples=40)
@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_any_text_is_shown_as_it_stands(text: str) -> None:
    section = Section("Money", lead=text, tables=(Table("A table", pd.DataFrame({"rule": [text]})),))
    page = read_outline(render_page(text, [section]))
    assert page.all("title")[0].text == text
    assert page.all("p", class_="lead")[0].text == text
    assert page.all("th", scope="row")[0].text == text
