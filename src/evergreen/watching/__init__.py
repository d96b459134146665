"""What a live release is held against: windows, profiles that add up, and alarms within one error budget."""

from evergreen.watching.alarm import Alarm
from evergreen.watching.alarms import find_alarms
from evergreen.watching.bins import WatchBins, choose_bins
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.incidents import Incident, update
from evergreen.watching.life import HeardWindow, LiveWindow, fold_incidents, follow_life
from evergreen.watching.outcomes import Judged, OutcomeRecord, count_outcomes
from evergreen.watching.panel import Watch, make_watch
from evergreen.watching.profile import WindowRecord, add, count_window, with_outcomes
from evergreen.watching.reference import REFERENCE_WINDOWS, ReferenceWindows, make_reference_windows, watch_release

__all__ = [
    "REFERENCE_WINDOWS",
    "Alarm",
    "AlarmBudget",
    "HeardWindow",
    "Incident",
    "Judged",
    "LiveWindow",
    "OutcomeRecord",
    "ReferenceWindows",
    "Watch",
    "WatchBins",
    "WindowRecord",
    "add",
    "choose_bins",
    "count_outcomes",
    "count_window",
    "find_alarms",
    "fold_incidents",
    "follow_life",
    "make_reference_windows",
    "make_watch",
    "update",
    "watch_release",
    "with_outcomes",
]
