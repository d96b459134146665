"""What drills cannot tell of a case, in words."""

from collections.abc import Sequence

from evergreen.problem import DrillKind
from evergreen.watching.drills.faults import Fault
from evergreen.watching.drills.ground import Ground
from evergreen.watching.periods import Width

_CELLS: dict[DrillKind, tuple[str, str]] = {
    "unit": ("A changed unit", "numbers"),
    "lost": ("A lost column", "cells"),
    "stuck": ("A stuck value", "numbers or words"),
    "renamed": ("A renamed word", "words"),
    "missing": ("More missing cells", "cells"),
    "shift": ("A shift", "numbers"),
    "group_shift": ("A shift in a group", "numbers beside a column that makes groups"),
    "concept_flip": ("A turned concept", "a segment"),
}


def tell_unheld(ground: Ground, faults: Sequence[Fault], *, monitored: Width) -> list[str]:
    """Say which drills a case cannot have, and which monitors cannot hear.

    Args:
        ground: what drills are held on.
        faults: those that are held.
        monitored: the width of the windows of monitoring.

    Returns:
        Sentences; none where everything was drilled as it is watched.
    """
    held, problem = {fault.kind for fault in faults}, ground.problem
    said = [
        f"{name} is not drilled: no feature has {what} that vary."
        for kind, (name, what) in _CELLS.items()
        if kind not in held
    ]
    if ground.width is None:
        said.append(
            "The number of rows is not watched where the case is not split by time, so rows that come twice are "
            "hardly heard; windows are batches of the holdout, which differ by chance alone."
        )
    elif ground.width != monitored:
        said.append(
            f"Monitoring watches by {monitored}, drills are held by {ground.width}: the holdout has too few windows "
            f"of a {monitored}. A {monitored} has more rows, so smaller faults are seen in one."
        )
    if problem.payoff is None:
        said.append("Money is not watched: the case has no payoff.")
    return said
