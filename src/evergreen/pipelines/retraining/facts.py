"""What is known before any row is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd

from evergreen.models.performance import PAYOFF
from evergreen.problem import Problem
from evergreen.releases import RELEASE_ID, LoadedRelease, Succession
from evergreen.tables.split_card import SplitCard
from evergreen.watching.periods import first_day
from evergreen.watching.signals import NOT_OF_THE_WORLD

Document = dict[str, Any]
ReadTable = Callable[[], pd.DataFrame | None]
ReadDocument = Callable[[], Document | None]
ReadIncidents = Callable[[], list[Document] | None]
# The document of a release that has not learnt from all the past.
LEARNT_SINCE = "learnt_since"
_SECONDS_PER_HOUR = 3600
_MODEL = "model"
_FINDINGS = pd.DataFrame(columns=["check", "subject", "severity", "value", "finding"])


@dataclass(frozen=True, eq=False)
class Watched:
    """What monitoring has found about the champion.

    Attributes:
        findings: the table ``monitoring``; no rows where nobody has looked, or at another release.
        realised: what has come of its decisions; empty likewise.
        is_of_other: whether what was found is about another release.
    """

    findings: pd.DataFrame = field(default_factory=lambda: _FINDINGS)
    realised: Document = field(default_factory=dict)
    is_of_other: bool = False

    @property
    def n_outcomes(self) -> int:
        """How many outcomes are known."""
        return int(self.realised.get("n_outcomes", 0))

    def spoken(self, about: Literal["money", "bias", "alarm"]) -> pd.DataFrame:
        """Take the findings that say something.

        Args:
            about: money; outcomes that are not what was predicted ("bias"); or any other "alarm" that another model
                could mend: what is wrong with the service none can.

        Returns:
            Rows of the table.
        """
        said = self.findings[self.findings["finding"].astype("str").str.len() > 0]
        is_money = said["check"] == "money"
        is_bias = (said["check"] == "bias") | ((said["check"] == "incident") & (said["subject"] == "outcomes"))
        is_alarm = ~is_money & ~is_bias & (said["severity"] == "alarm") & (said["check"] != "service")
        return said[{"money": is_money, "bias": is_bias, "alarm": is_alarm}[about]]


def read_watched(
    champion: LoadedRelease, predictions: ReadTable, monitoring: ReadTable, realised: ReadDocument
) -> Watched:
    """Read what monitoring has found about the champion.

    Args:
        champion: the live release.
        predictions: reads the predictions that were watched; they say whose they are.
        monitoring: reads what was found.
        realised: reads what has come of the decisions.

    Returns:
        What was found; nothing where it is of another release.
    """
    scored, findings = predictions(), monitoring()
    if scored is None or findings is None:
        return Watched()
    if set(scored[RELEASE_ID]) - {champion.release_id}:
        return Watched(is_of_other=True)
    return Watched(findings, realised() or {})


def last_touched(succession: Succession, card: SplitCard, former: Document) -> date:
    """Say when the champion was made, made live, or last challenged, whichever came last.

    Args:
        succession: who is live.
        card: the split of the champion.
        former: what the last run of retraining wrote down; may be empty.

    Returns:
        The day.
    """
    days = [card.as_of] if succession.changed_on is None else [card.as_of, succession.changed_on]
    attempt = former.get("attempt") or {}
    if attempt.get("champion_id") == succession.champion.release_id:
        days.append(date.fromisoformat(attempt["as_of"]))
    return max(days)


def changed_since(champion: LoadedRelease, incidents: ReadIncidents) -> date | None:
    """Say since when the world is no longer the one that the champion knows, as its open incidents date it.

    Incidents of the service, of late outcomes, of how many rows come and of how many cannot be used say nothing of how
    rows and outcomes hang together.

    Args:
        champion: the live release.
        incidents: reads all incidents.

    Returns:
        The first day of the oldest window; where no incident of its is open, the day from which on it has learnt; None
        where it has learnt from all the past.
    """
    own = (one for one in incidents() or [] if one["is_open"] and one["release_id"] == champion.release_id)
    dated = [first_day(one["since"]) for one in own if one["latest"]["kind"] not in NOT_OF_THE_WORLD]
    return min(dated, default=learnt_since(champion))


def learnt_since(champion: LoadedRelease) -> date | None:
    """Say from which day on the champion has learnt.

    Args:
        champion: the live release.

    Returns:
        The day; None where it has learnt from all the past.
    """
    told = champion.documents.get(LEARNT_SINCE)
    return None if told is None else date.fromisoformat(told["since"])


def cost_of_training(problem: Problem, former: Document, candidate_costs: ReadTable) -> float | None:
    """Price one retraining: what the last one took, else what the fit of the challenger took.

    Args:
        problem: the case, for the price.
        former: what the last run of retraining wrote down; may be empty.
        candidate_costs: reads what candidates took.

    Returns:
        Money; None where there is no price, or it is not in the unit of the payoff, or nobody knows what it takes.
    """
    price = problem.compute
    if price is None or problem.payoff is None or price.unit != problem.payoff.unit:
        return None
    seconds = (former.get("attempt") or {}).get("cpu_seconds")
    if seconds is None:
        seconds = _fit_seconds(candidate_costs())
    return None if seconds is None else seconds / _SECONDS_PER_HOUR * price.per_cpu_hour


def _fit_seconds(costs: pd.DataFrame | None) -> float | None:
    if costs is None:
        return None
    found = costs.loc[costs["candidate"] == "challenger", "fit_cpu_seconds"].dropna()
    return float(found.iloc[0]) if len(found) else None


def most_to_win(problem: Problem, champion: LoadedRelease, watched: Watched, every_days: int) -> float | None:
    """Say what a model as good as the champion was when it was judged could win back until the next one.

    It is what was promised a decision, less the lower end of what came of it, times the decisions that are made
    meanwhile: the hopeful end of what training again may win.

    Args:
        problem: the case.
        champion: the live release.
        watched: what monitoring has found.
        every_days: how long the next model is to serve.

    Returns:
        Money, 0 or more; None where nobody knows.
    """
    promised = champion.documents.get("money", {}).get(_MODEL, {}).get("value")
    low = watched.realised.get("money", {}).get(_MODEL, {}).get("low")
    volume = watched.findings.loc[watched.findings["check"] == "volume", "value"]
    days = problem.split.new_rows_days
    if promised is None or low is None or volume.empty or days is None or PAYOFF not in problem.metrics:
        return None
    return float(max(0.0, promised - low) * float(volume.iloc[0]) / days * every_days)
