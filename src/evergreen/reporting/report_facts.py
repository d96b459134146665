"""All that the report of a verdict tells, before it is put into words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

import pandas as pd
import plotly.graph_objects as go

from evergreen.problem import Problem
from evergreen.reporting.estimates import IntervalDict
from evergreen.reporting.sections import Drawing, Section

Result = Literal["release", "hold", "undecided"]


class Verdict(TypedDict):
    """The verdict as it is kept: see ``verdict.json``."""

    case: str
    as_of: str
    verdict: Result
    reasons: list[str]
    metrics: dict[str, IntervalDict]
    money: dict[str, IntervalDict]
    release_id: str | None
    look: NotRequired[dict[str, Any]]


@dataclass(frozen=True)
class SearchFacts:
    """How the challenger was found.

    Attributes:
        history: ``trial``, ``candidate``, ``state``, ``loss``, ...: one row a trial.
        combination: ``step``, ``candidate``, ``trial``, ``weight``, ``loss``, ``gain``, ``gain_se``, ``outcome``, ...
        quantile_trials: ``candidate``, ``cost``, ``cost_of_mean``, ``gain``, ``gain_se``, ``outcome``, ...; no row
            where no value is decided on.
        left_out: columns that no model of the challenger learns from, because they move in time.
    """

    history: pd.DataFrame
    combination: pd.DataFrame
    quantile_trials: pd.DataFrame
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """What a verdict was made from.

    Attributes:
        split_card: ``training_id``, ``holdout_id`` and ``as_of`` of the split.
        looks: the log of openings of the holdout.
        software: library -> version; "evergreen" with the commit where it is known.
        random_state: the seed of the intervals.
        n_resamples: bootstrap resamples.
    """

    split_card: Mapping[str, Any]
    looks: pd.DataFrame
    software: Mapping[str, str]
    random_state: int
    n_resamples: int


@dataclass(frozen=True)
class ReportFacts:
    """All that the report tells.

    Attributes:
        problem: the case.
        verdict: the verdict with its reasons, metrics and money; money is in ``money_unit``.
        criteria: ``criterion``, ``value``, ``bound``, ``limit``, ``result`` (passed, failed, undecided), ``reason``.
        row_ledger: ``stage``, ``what``, ``n_rows``.
        repairs: ``column``, ``rule``, ``n_cells``.
        candidates: ``candidate``, ``fold``, ``metric``, ``score``, ``fit_rows``; folds in time order.
        suspects: ``subject``, ``suspicion``, ``strength``, ``is_blocked``, ``is_answered``, ``finding``; None where
            nobody looked.
        decisions: ``action``, ``outcome``, ``n_rows``, ``money``; None where they were not counted.
        figures: drawn figures by name, see ``FIGURES``; any may lack.
        figure_data: the frames they were drawn from, by the same names, offered beneath them.
        money_unit: the unit of money ("EUR per decision"); the payoff's unit where empty.
        interval: what the intervals are ("95 % bootstrap intervals"), for a note.
        groups: finished sections on groups.
        slices: finished sections on slices.
        explanations: finished sections on what the model looks at.
        champion: finished sections on the live release.
        search: how the challenger was found; None where not told.
        origin: what the verdict was made from; None where not told.
    """

    problem: Problem
    verdict: Verdict
    criteria: pd.DataFrame
    row_ledger: pd.DataFrame
    repairs: pd.DataFrame
    candidates: pd.DataFrame
    suspects: pd.DataFrame | None = None
    decisions: pd.DataFrame | None = None
    figures: Mapping[str, go.Figure] = field(default_factory=dict)
    figure_data: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    money_unit: str = ""
    interval: str = ""
    groups: tuple[Section, ...] = ()
    slices: tuple[Section, ...] = ()
    explanations: tuple[Section, ...] = ()
    champion: tuple[Section, ...] = ()
    search: SearchFacts | None = None
    origin: Origin | None = None

    @property
    def unit(self) -> str:
        """The unit of money; empty where the case has no payoff."""
        payoff = self.problem.payoff
        return self.money_unit or (payoff.unit if payoff is not None else "")

    def drawing(self, name: str, title: str, alt: str) -> tuple[Drawing, ...]:
        """Give the figure of a name.

        Args:
            name: one of ``FIGURES``.
            title: what the figure shows.
            alt: what a reader would see in it.

        Returns:
            The drawing with its data; nothing where the figure lacks.
        """
        if name not in self.figures:
            return ()
        return (Drawing(title, alt, self.figures[name], self.figure_data.get(name)),)


FIGURES = ("money", "thresholds", "candidates", "calibration", "gains", "scores", "confusion", "residuals", "tuning")
"""The figures that have a place in the report."""
