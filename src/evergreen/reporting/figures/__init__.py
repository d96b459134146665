"""Pure functions from a finished frame to a figure; nothing is computed here but positions on paper."""

from plotly.graph_objects import Figure

from evergreen.reporting.figures.candidates import draw_candidates
from evergreen.reporting.figures.course import TimeLine, draw_course, draw_incidents, draw_rows
from evergreen.reporting.figures.curves import draw_gains, draw_thresholds
from evergreen.reporting.figures.decisions import draw_confusion, draw_money
from evergreen.reporting.figures.distances import draw_distances
from evergreen.reporting.figures.drift import draw_drift
from evergreen.reporting.figures.drills import draw_drills
from evergreen.reporting.figures.explanations import draw_effects, draw_importances
from evergreen.reporting.figures.rehearsal import draw_rehearsal
from evergreen.reporting.figures.scores import draw_calibration, draw_residuals, draw_score_shift, draw_scores
from evergreen.reporting.figures.tuning import draw_tuning

__all__ = [
    "Figure",
    "TimeLine",
    "draw_calibration",
    "draw_candidates",
    "draw_confusion",
    "draw_course",
    "draw_distances",
    "draw_drift",
    "draw_drills",
    "draw_effects",
    "draw_gains",
    "draw_importances",
    "draw_incidents",
    "draw_money",
    "draw_rehearsal",
    "draw_residuals",
    "draw_rows",
    "draw_score_shift",
    "draw_scores",
    "draw_thresholds",
    "draw_tuning",
]
