"""Frames to figures, and figures to pages that one file holds whole: the only package that imports plotly."""

from evergreen.reporting.cost_page import CostFacts, write_cost_page
from evergreen.reporting.drills_page import DrillFacts, write_drills_page
from evergreen.reporting.estimates import IntervalDict
from evergreen.reporting.incident_section import incident_section, windows_section
from evergreen.reporting.life_facts import LifeFacts
from evergreen.reporting.life_page import write_life_page
from evergreen.reporting.monitoring_page import Finding, MonitoringFacts, Performance, write_monitoring_page
from evergreen.reporting.page import render_page
from evergreen.reporting.profile_facts import ProfileFacts
from evergreen.reporting.profile_page import render_profile_page
from evergreen.reporting.rehearsal_page import RehearsalFacts, write_rehearsal_page
from evergreen.reporting.report import report_sections, write_model_card, write_report
from evergreen.reporting.report_facts import Origin, ReportFacts, SearchFacts, Verdict
from evergreen.reporting.sections import Banner, Bars, Drawing, Fact, Point, Section, Table, Tone

__all__ = [
    "Banner",
    "Bars",
    "CostFacts",
    "Drawing",
    "DrillFacts",
    "Fact",
    "Finding",
    "IntervalDict",
    "LifeFacts",
    "MonitoringFacts",
    "Origin",
    "Performance",
    "Point",
    "ProfileFacts",
    "RehearsalFacts",
    "ReportFacts",
    "SearchFacts",
    "Section",
    "Table",
    "Tone",
    "Verdict",
    "incident_section",
    "render_page",
    "render_profile_page",
    "report_sections",
    "windows_section",
    "write_cost_page",
    "write_drills_page",
    "write_life_page",
    "write_model_card",
    "write_monitoring_page",
    "write_rehearsal_page",
    "write_report",
]
