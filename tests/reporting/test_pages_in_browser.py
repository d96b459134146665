from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from evergreen.reporting import Drawing, MonitoringFacts, Section, render_page, write_monitoring_page, write_report
from evergreen.reporting.figures import draw_candidates
from evergreen.reporting.palette import PALETTE
from tests import browser
from tests.browser import open_page
from tests.reporting import demo
from tests.reporting.test_page import HOSTILE, hostile_section

EMPTY = MonitoringFacts(case="bank_marketing", as_of="2010-07-31")
N_UNDRAWN = "[...document.querySelectorAll('.plot')].filter(plot => !plot.querySelector('svg.main-svg path')).length"
TITLE_COLOUR = "getComputedStyle(document.querySelector('.plot .xtitle')).fill"


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
        pytest.param(lambda: write_report(demo.report_facts()), 6, 1440, "light", id="report, desk"),
        pytest.param(lambda: write_report(demo.report_facts()), 6, 375, "dark", id="report, phone"),
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
