"""Parameters of monitoring; they lie where the fire drills can read them, too."""

from evergreen.watching.params import MonitoringParams

__all__ = ["MonitoringParams"]
