"""Fire drills: faults put into real windows, to learn which of them the watch would see."""

from evergreen.watching.drills.drill import ANY, MONITORS, Course, Life, Run, hold_drills, hold_runs
from evergreen.watching.drills.faults import Fault, Severity, list_faults
from evergreen.watching.drills.ground import Cut, Ground, lay_ground
from evergreen.watching.drills.params import DrillsParams
from evergreen.watching.drills.results import tabulate_runs, tell_lives, tell_runs
from evergreen.watching.drills.unheld import tell_unheld

__all__ = [
    "ANY",
    "MONITORS",
    "Course",
    "Cut",
    "DrillsParams",
    "Fault",
    "Ground",
    "Life",
    "Run",
    "Severity",
    "hold_drills",
    "hold_runs",
    "lay_ground",
    "list_faults",
    "tabulate_runs",
    "tell_lives",
    "tell_runs",
    "tell_unheld",
]
