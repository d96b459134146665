"""What a live release is held against: windows, profiles that add up, and alarms within one error budget."""

from evergreen.watching.alarm import Alarm
from evergreen.watching.alarms import find_alarms
from evergreen.watching.bins import WatchBins, choose_bins
from evergreen.watching.budget import AlarmBudget
from evergreen.watching.incidents import Incident, update
from evergreen.watching.outcomes import Judged, OutcomeRecord, count_outcomes
from evergreen.watching.panel import Watch, make_watch
from evergreen.watching.profile import WindowRecord, add, count_window, with_outcomes

__all__ = [
    "Alarm",
    "AlarmBudget",
    "Incident",
    "Judged",
    "OutcomeRecord",
    "Watch",
    "WatchBins",
    "WindowRecord",
    "add",
    "choose_bins",
    "count_outcomes",
    "count_window",
    "find_alarms",
    "make_watch",
    "update",
    "with_outcomes",
]
