"""Parameters of small drills, from those of conf/base."""

from pathlib import Path
from typing import Any

import yaml

from evergreen.watching.drills import DrillsParams
from evergreen.watching.params import MonitoringParams

CONF = Path(__file__).resolve().parents[2] / "conf" / "base"
_SMALL = {
    "max_columns": 1,
    "shifts": [1.0],
    "n_worlds": 3,
    "n_before": 2,
    "n_after": 4,
    "n_quiet": 6,
    "random_state": 1,
}


def read(stage: str) -> dict[str, Any]:
    """The parameters of a stage as they are shipped."""
    found: dict[str, Any] = yaml.safe_load((CONF / f"parameters_{stage}.yml").read_text())[stage]
    return found


def drills(**changes: Any) -> DrillsParams:
    """Small drills."""
    return DrillsParams.model_validate(read("drills") | _SMALL | changes)


def monitoring(**changes: Any) -> MonitoringParams:
    """Monitoring as it is shipped."""
    return MonitoringParams.model_validate(read("monitoring") | {"random_state": 1} | changes)
