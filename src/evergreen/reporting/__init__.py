"""Frames to figures, and figures to pages that one file holds whole: the only package that imports plotly."""

from evergreen.reporting.estimates import IntervalDict
from evergreen.reporting.monitoring_page import Finding, MonitoringFacts, Performance, write_monitoring_page
from evergreen.reporting.page import render_page
from evergreen.reporting.report import ReportFacts, Verdict, write_report
from evergreen.reporting.sections import Banner, Drawing, Fact, Point, Section, Table, Tone

__all__ = [
    "Banner",
    "Drawing",
    "Fact",
    "Finding",
    "IntervalDict",
    "MonitoringFacts",
    "Performance",
    "Point",
    "ReportFacts",
    "Section",
    "Table",
    "Tone",
    "Verdict",
    "render_page",
    "write_monitoring_page",
    "write_report",
]
