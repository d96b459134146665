from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

from evergreen.reporting import (
    Drawing,
    MonitoringFacts,
    Section,
    Table,
    render_page,
    render_profile_page,
    write_cost_page,
    write_life_page,
    write_monitoring_page,
    write_report,
)
from evergreen.reporting.figures import draw_candidates, draw_drift, draw_importances, draw_money
from evergreen.reporting.palette import PALETTE
from tests import browser
from tests.browser import open_page
from tests.reporting import demo
from tests.reporting.life_demo import life_facts
from tests.reporting.profile_demo import profile_facts
from tests.reporting.test_cost_page import cost_facts
from tests.reporting.test_page import HOSTILE, hostile_section

EMPTY = MonitoringFacts(case="bank_marketing", as_of="2010-07-31")
N_UNDRAWN = "[...document.querySelectorAll('.plot')].filter(plot => !plot.querySelector('svg.main-svg path')).length"
TITLE_COLOUR = "getComputedStyle(document.querySelector('.plot .xtitle')).fill"
WIDE = "document.querySelector('section[aria-labelledby=s2] .searchable')"
TYPED = f"""(() => {{
  const box = {WIDE};
  const input = box.previousElementSibling.querySelector('input');
  input.value = 'TIMESTAMP  quantity';
  input.dispatchEvent(new Event('input'));
  const shown = [...box.querySelectorAll('tbody tr')].filter(row => !row.hidden);
  return [box.previousElementSibling.querySelector('[role=status]').textContent,
          shown.every(row => row.textContent.includes('timestamp'))];
}})()"""
SORTED = f"""(() => {{
  const box = {WIDE};
  const heads = [...box.querySelectorAll('thead th')];
  const place = heads.findIndex(head => head.textContent === 'Missing share');
  const button = heads[place].querySelector('button');
  const column = () => [...box.querySelectorAll('tbody tr')].map(row => parseFloat(row.cells[place].textContent));
  button.click();
  const up = column();
  button.click();
  const down = column();
  return [up.every((x, i) => !i || up[i - 1] <= x), down.every((x, i) => !i || down[i - 1] >= x),
          heads[place].getAttribute('aria-sort'), heads.filter(head => !head.querySelector('button')).length];
}})()"""


CUT_OFF = """[...document.querySelectorAll('.plot svg text')].filter(text => {
  const inner = text.getBoundingClientRect(), outer = text.closest('.plot').getBoundingClientRect();
  return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
}).map(text => text.textContent)"""
BROKEN = """[...document.querySelectorAll('tbody th')].flatMap(cell => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), range = document.createRange(), broken = [];
  for (let node; (node = walker.nextNode());) for (const word of node.textContent.matchAll(/[^\\s_:]+/g)) {
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map(box => box.top)).size > 1) broken.push(word[0]);
  }
  return broken;
})"""


def rgb(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def save(page: str, folder: Path) -> Path:
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.mark.browser
@pytest.mark.parametrize(
    ("write", "n_figures", "width", "scheme"),
    [
        pytest.param(lambda: write_report(demo.report_facts()), 9, 1280, "light", id="report, desk"),
        pytest.param(lambda: write_report(demo.report_facts()), 9, 375, "dark", id="report, phone"),
        pytest.param(lambda: write_cost_page(cost_facts()), 0, 375, "dark", id="costs, phone"),
        pytest.param(lambda: write_life_page(life_facts()), 7, 1280, "light", id="life, desk"),
        pytest.param(lambda: write_life_page(life_facts()), 7, 375, "dark", id="life, phone"),
        pytest.param(lambda: write_monitoring_page(demo.monitoring_facts()), 3, 375, "light", id="monitoring, phone"),
        pytest.param(lambda: write_monitoring_page(EMPTY), 0, 375, "dark", id="empty, phone"),
    ],
)
def test_a_page_is_drawn_whole_quiet_and_within_the_window(
    write: Callable[[], str], n_figures: int, width: int, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    path = save(write(), tmp_path)
    visit = open_page(path, width=width, height=2400, scheme=scheme, probe=N_UNDRAWN)

    assert visit.console_errors == ()
    assert visit.requests == ()
    assert visit.dom.count('class="plot ') == n_figures
    assert visit.answer == 0
    assert visit.scroll_width <= width
    assert path.stat().st_size < 3_000_000
    assert visit.screenshot_path.stat().st_size > 10_000


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_follow_the_scheme_of_the_page(scheme: Literal["light", "dark"], tmp_path: Path) -> None:
    path = save(write_monitoring_page(demo.monitoring_facts()), tmp_path)
    visit = open_page(path, width=1000, height=800, scheme=scheme, probe=TITLE_COLOUR)
    assert visit.answer == rgb(getattr(PALETTE["muted"], scheme))


@pytest.mark.browser
def test_hostile_text_is_shown_and_never_run(tmp_path: Path) -> None:
    path = save(render_page(HOSTILE[0], [hostile_section(text) for text in HOSTILE]), tmp_path)
    visit = open_page(path, width=1000, height=800, probe="[window.hacked === undefined, document.title]")
    assert visit.answer == [True, HOSTILE[0]]
    assert visit.console_errors == ()


@pytest.mark.browser
def test_names_that_look_like_markup_are_drawn_as_they_stand(tmp_path: Path) -> None:
    frame = demo.candidates().replace({"candidate": {"logistic": "<=50k", "ensemble": "<b>&amp;</b>"}})
    drawing = Drawing("Candidates", "Lines.", draw_candidates(frame, metric="log_loss"))
    path = save(render_page("Names", [Section("Candidates", figures=(drawing,))]), tmp_path)
    probe = "[...document.querySelectorAll('.legendtext')].map(text => text.textContent)"
    visit = open_page(path, width=1000, height=800, probe=probe)
    assert visit.answer == ["base_rate", "<=50k", "gradient_boosting", "<b>&amp;</b>"]


@pytest.mark.browser
def test_on_a_phone_no_label_is_cut_off_and_no_name_is_broken_in_a_word(tmp_path: Path) -> None:
    rules = ["model", "deliver_all", "set_all_aside"]
    values = pd.Series([-0.0341, -0.288, -42.81])
    money = pd.DataFrame({"rule": rules, "value": values, "low": values - 0.05, "high": values + 0.05})
    importances = pd.DataFrame(
        {"column": ["felt_temperature_share"], "loss_increase": [9e4], "loss_increase_low": [1e4]}
    ).assign(loss_increase_high=1e5)
    drift = demo.drift().assign(population_stability_index=12.228)
    figures = (
        draw_money(money, unit="cent per decision"),
        draw_importances(importances, unit="Squared error, rentals squared"),
        draw_drift(drift),
    )
    drawings = tuple(Drawing(f"Figure {place}", "Dots.", figure) for place, figure in enumerate(figures))
    names = ["payoff_per_decision versus no_model", "calibration_error", "Precision:dermason", "always_bag_barbunya"]
    table = Table("Names", pd.DataFrame({"criterion": names, "text": "a sentence that is rather long"}))
    path = save(render_page("Narrow", [Section("All", figures=drawings, tables=(table,))]), tmp_path)
    visit = open_page(path, width=390, height=900, probe=f"[{CUT_OFF}, {BROKEN}]")
    assert visit.answer == [[], []]
    assert visit.scroll_width <= 390


@pytest.mark.browser
def test_a_script_slipped_into_a_page_is_not_run(tmp_path: Path) -> None:
    page = write_report(demo.report_facts()).replace("</main>", "<script>window.hacked = 1</script></main>")
    visit = open_page(save(page, tmp_path), width=1000, height=800, probe="window.hacked === undefined")
    assert visit.answer is True
    assert any("Content Security Policy" in error for error in visit.console_errors)


@pytest.mark.browser
def test_without_scripts_text_and_tables_read_and_figures_say_so(tmp_path: Path) -> None:
    path = save(write_monitoring_page(demo.monitoring_facts()), tmp_path)
    visit = open_page(path, width=1000, height=800, has_scripts=False, probe="document.body.innerText")
    assert visit.answer.count("This figure needs JavaScript. In words: ") == 3
    assert "euribor_3m_percent" in visit.answer


@pytest.mark.browser
def test_a_browser_that_cannot_unpack_the_figures_says_so(tmp_path: Path) -> None:
    page = write_monitoring_page(demo.monitoring_facts())
    start = page.index('id="plotly">') + len('id="plotly">')
    path = save(page[:start] + "AAAA" + page[start + 4 :], tmp_path)
    visit = open_page(path, width=1000, height=800, probe="document.body.innerText")
    assert visit.answer.count("This browser could not draw the figure") == 3


@pytest.mark.browser
def test_a_faulty_page_is_noticed(tmp_path: Path) -> None:
    path = save("<meta name=viewport content='width=device-width'><p style='width: 900px'>wide</p><script>lost()</script>", tmp_path)  # fmt: skip  # noqa: E501
    visit = open_page(path, width=375, height=600)
    assert any("lost is not defined" in error for error in visit.console_errors)
    assert visit.scroll_width >= 900


@pytest.mark.parametrize(
    ("ci", "refusal"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)], ids=["at home", "in CI"]
)
def test_a_machine_without_a_browser_is_told(
    ci: str, refusal: type[BaseException], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    with pytest.raises(refusal, match="no chromium on this machine"):
        open_page(tmp_path / "page.html", width=375, height=600)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
def test_a_profile_of_five_hundred_columns_opens_at_once_and_fits_the_window(
    width: int, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    path = save(render_profile_page(profile_facts(500)), tmp_path)
    loaded = "performance.getEntriesByType('navigation')[0].domComplete"
    visit = open_page(path, width=width, height=2400, scheme=scheme, probe=loaded)

    assert visit.console_errors == ()
    assert visit.requests == ()
    assert visit.scroll_width <= width
    assert visit.dom.count('<svg class="bars"') > 350
    assert visit.dom.count('type="search"') >= 2
    assert visit.answer < 5_000  # milliseconds; about 500 on an idle machine
    assert visit.screenshot_path.stat().st_size > 10_000


@pytest.mark.browser
@pytest.mark.parametrize(
    ("probe", "answer"),
    [(TYPED, ["71 of 512 rows", True]), (SORTED, [True, True, "descending", 1])],
    ids=["filtered", "sorted"],
)
def test_long_tables_are_filtered_and_sorted(probe: str, answer: list[object], tmp_path: Path) -> None:
    path = save(render_profile_page(profile_facts(500)), tmp_path)
    visit = open_page(path, width=1000, height=800, probe=probe)
    assert visit.console_errors == ()
    assert visit.answer == answer


@pytest.mark.browser
def test_without_scripts_long_tables_are_whole_and_offer_no_search(tmp_path: Path) -> None:
    path = save(render_profile_page(profile_facts(40)), tmp_path)
    visit = open_page(path, width=1000, height=800, has_scripts=False, probe="document.querySelectorAll('tr').length")
    assert visit.dom.count('type="search"') == 0
    assert visit.answer > 100
