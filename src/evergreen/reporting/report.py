"""The page and the card of a verdict: what stands where."""

from evergreen.errors import DataError, named
from evergreen.reporting.cells import heading
from evergreen.reporting.contract import contract_section, split_section
from evergreen.reporting.data_section import data_section
from evergreen.reporting.markdown import render_markdown
from evergreen.reporting.money_section import money_section
from evergreen.reporting.origin_section import costs_section, origin_section
from evergreen.reporting.page import render_page
from evergreen.reporting.quality_section import quality_section
from evergreen.reporting.report_facts import FIGURES, ReportFacts
from evergreen.reporting.search_section import candidates_section
from evergreen.reporting.sections import Section
from evergreen.reporting.verdict_sections import BANNERS, criteria_section, verdict_section


def write_report(facts: ReportFacts) -> str:
    """Write the page for the owner of the business case.

    Args:
        facts: all that it tells.

    Returns:
        One self-contained HTML page.

    Raises:
        DataError: where a figure's name has no place in the report, or the verdict is none of the three.
    """
    return render_page(_title(facts, "report"), report_sections(facts), subtitle=facts.problem.goal)


def write_model_card(facts: ReportFacts) -> str:
    """Write the model card: what the page tells, as plain Markdown.

    Args:
        facts: all that it tells.

    Returns:
        Markdown with tables in the manner of GitHub; figures are told in words, with their data.

    Raises:
        DataError: as ``write_report``.
    """
    return render_markdown(_title(facts, "model card"), report_sections(facts), subtitle=facts.problem.goal)


def report_sections(facts: ReportFacts) -> list[Section]:
    """Put the sections of a verdict into their order.

    Args:
        facts: all that they tell.

    Returns:
        The sections, the verdict first.

    Raises:
        DataError: as ``write_report``.
    """
    _require_known_names(facts)
    return [
        verdict_section(facts),
        money_section(facts),
        quality_section(facts),
        criteria_section(facts),
        *facts.groups,
        *facts.slices,
        *facts.explanations,
        *facts.champion,
        candidates_section(facts),
        data_section(facts),
        contract_section(facts.problem, facts.search),
        split_section(facts.problem),
        *([] if facts.origin is None else [costs_section(), origin_section(facts, facts.origin)]),
    ]


def _title(facts: ReportFacts, kind: str) -> str:
    return f"{heading(facts.problem.name)}: {kind} of {facts.verdict['as_of']}"


def _require_known_names(facts: ReportFacts) -> None:
    stray = [name for name in {**facts.figures, **facts.figure_data} if name not in FIGURES]
    if stray:
        raise DataError(
            f"Figure {named(stray)}", "has no place in the report", f"Use a name among {', '.join(FIGURES)}."
        )
    verdict = facts.verdict["verdict"]
    if verdict not in BANNERS:
        raise DataError(f"Verdict '{verdict}'", "is unknown", f"It is one of {', '.join(BANNERS)}.")
