"""Frames to figures, and figures to pages that one file holds whole: the only package that imports plotly."""

from evergreen.reporting.estimates import IntervalDict
from evergreen.reporting.monitoring_page import Finding, MonitoringFacts, Performance, write_monitoring_page
from evergreen.reporting.page import render_page
from evergreen.reporting.profile_facts import ProfileFacts
from evergreen.reporting.profile_page import render_profile_page
from evergreen.reporting.report import ReportFacts, Verdict, write_report
from evergreen.reporting.sections import Banner, Bars, Drawing, Fact, Point, Section, Table, Tone

__all__ = [
    "Banner",
    "Bars",
    "Drawing",
    "Fact",
    "Finding",
    "IntervalDict",
    "MonitoringFacts",
    "Performance",
    "Point",
    "ProfileFacts",
    "ReportFacts",
    "Section",
    "Table",
    "Tone",
    "Verdict",
    "render_page",
    "render_profile_page",
    "write_monitoring_page",
    "write_report",
]
