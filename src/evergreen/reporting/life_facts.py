"""What the page of a model's life tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from evergreen.problem import Problem
from evergreen.releases import HistoryEntry

Document = Mapping[str, Any]


@dataclass(frozen=True)
class LifeFacts:
    """All that the page tells.

    Attributes:
        problem: the case.
        as_of: the logical date, ISO.
        release_id: the live release; None where there is no champion.
        is_watched: whether the live release keeps what its windows are held against.
        confidence: of intervals.
        history: every change of what is live, oldest first.
        windows: one row a window and release, in the order of time, see ``tabulate_life``.
        distances: how far each column of the newest windows lies from the reference, see ``tabulate_life``.
        rules: what rules without a model would have earned, see ``tally_windows``.
        groups: decisions and outcomes by group, see ``tally_windows``.
        incidents: fields of ``watching.Incident`` with ``release_id`` and ``is_open``, in the order they opened.
        drills: what came of the last drills, as in ``drills.json``; None where none was held.
        retraining: what the last run of retraining did, as in ``retraining.json``; None where there was none.
        runs: the runs of the case before this one, as the ledger tells them.
    """

    problem: Problem
    as_of: str
    release_id: str | None = None
    is_watched: bool = True
    confidence: float = 0.95
    history: Sequence[HistoryEntry] = ()
    windows: pd.DataFrame = field(default_factory=pd.DataFrame)
    distances: pd.DataFrame = field(default_factory=pd.DataFrame)
    rules: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    incidents: Sequence[Document] = ()
    drills: Document | None = None
    retraining: Document | None = None
    runs: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def unit(self) -> str:
        """The unit of money; empty where nothing is priced."""
        return "" if self.problem.payoff is None else self.problem.payoff.unit

    @property
    def counted(self) -> pd.DataFrame:
        """Each window once."""
        return self.windows if self.windows.empty else self.windows[self.windows["is_counted"]].reset_index(drop=True)

    @property
    def numbers(self) -> dict[str, str]:
        """Release -> its short name ("R1"), in the order in which they first became live."""
        told = [one.release_id for one in self.history if one.makes_champion]
        seen = [] if self.windows.empty else list(self.windows["release_id"])
        return {name: f"R{place}" for place, name in enumerate(dict.fromkeys([*told, *seen]), start=1)}
