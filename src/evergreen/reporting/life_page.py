"""The page that tells the whole life of a case's model, over all of its releases."""

from dataclasses import replace

from evergreen.reporting.cells import heading
from evergreen.reporting.distance_section import distance_section
from evergreen.reporting.incident_section import MOST_INCIDENTS, incident_section
from evergreen.reporting.life_course import course_section, lanes_of, lay_time, windows_table
from evergreen.reporting.life_facts import LifeFacts
from evergreen.reporting.life_groups import groups_section
from evergreen.reporting.life_history import life_drills_section, releases_section, retraining_section, runs_section
from evergreen.reporting.life_money import BestRule, find_best_rule
from evergreen.reporting.life_state import state_section
from evergreen.reporting.page import render_page
from evergreen.reporting.sections import Section


def write_life_page(facts: LifeFacts) -> str:
    """Write the page of a model's life.

    Args:
        facts: all that it tells; what is not there yet is said.

    Returns:
        One self-contained HTML page. Equal facts give equal bytes; of equal runs the section "Runs" alone differs.

    Raises:
        DataError: where a frame lacks a column that a figure shows.
    """
    return render_page(
        f"{heading(facts.problem.name)}: life of the model until {facts.as_of}",
        life_sections(facts),
        subtitle="How every release has fared, window by window; monitoring.html has the newest rows in detail.",
    )


def life_sections(facts: LifeFacts) -> list[Section]:
    """Lay out what the page says.

    Args:
        facts: all that it tells.

    Returns:
        Its sections, in order.

    Raises:
        DataError: where a frame lacks a column that a figure shows.
    """
    best = find_best_rule(facts.counted, facts.rules, confidence=facts.confidence)
    return [
        state_section(facts, best),
        *(_lived(facts, best) if len(facts.windows) else []),
        *([] if facts.release_id is None and facts.drills is None else [life_drills_section(facts)]),
        releases_section(facts),
        *([] if facts.release_id is None else [retraining_section(facts)]),
        runs_section(facts),
    ]


def _lived(facts: LifeFacts, best: BestRule | None) -> list[Section]:
    line = lay_time(facts)
    lanes = lanes_of(facts, line, most=MOST_INCIDENTS)
    incidents = incident_section(facts.incidents)
    return [
        course_section(facts, line, best),
        distance_section(facts),
        groups_section(facts, line),
        incidents if lanes is None else replace(incidents, figures=(lanes,)),
        windows_table(facts),
    ]
