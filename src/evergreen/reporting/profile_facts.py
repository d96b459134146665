"""What the profile page tells."""

from dataclasses import dataclass

import pandas as pd

from evergreen.problem import Problem


@dataclass(frozen=True)
class ProfileFacts:
    """All that the profile page tells.

    Attributes:
        problem: the case.
        row_ledger: ``stage``, ``what``, ``n_rows``.
        repairs: ``column``, ``rule``, ``n_cells``.
        reasons: ``reason``, ``n_rows`` of the quarantined rows; a row may have several reasons.
        table_profile: of ``tables.profile.profile_table``.
        group_ledger: of ``tables.groups.measure_groups``.
        bias_plan_check: of ``tables.bias_plan.check_bias_plan``.
        suspects: of ``models.suspects.find_suspects``.
        usefulness: of ``models.usefulness.measure_usefulness``.
    """

    problem: Problem
    row_ledger: pd.DataFrame
    repairs: pd.DataFrame
    reasons: pd.DataFrame
    table_profile: pd.DataFrame
    group_ledger: pd.DataFrame
    bias_plan_check: pd.DataFrame
    suspects: pd.DataFrame
    usefulness: pd.DataFrame

    def n_rows(self, what: str, stage: str | None = None) -> int:
        """Count rows of the ledger: the first entry of a name, in a stage or in any; 0 where there is none."""
        is_meant = (self.row_ledger["what"] == what) & (stage is None or self.row_ledger["stage"] == stage)
        entries = self.row_ledger.loc[is_meant, "n_rows"]
        return int(entries.iloc[0]) if len(entries) else 0

    @property
    def open_suspects(self) -> list[str]:
        """The subjects that nobody has blocked or answered."""
        is_open = ~self.suspects["is_blocked"] & ~self.suspects["is_answered"]
        return self.suspects.loc[is_open, "subject"].unique().tolist()
