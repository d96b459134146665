"""The rule by which clients decide, before and after the shock: the truth a model tries to find."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evergreen.pipelines.demo.contacts import NEVER
from evergreen.pipelines.demo.draws import Flags, Floats


@dataclass(frozen=True)
class Effect:
    """One term of the log-odds of a yes.

    Attributes:
        term: its name.
        before: its coefficient in the quiet world, in log-odds per unit of the term.
        after: its coefficient after the shock.
        meaning: how the term is computed.
    """

    term: str
    before: float
    after: float
    meaning: str


EFFECTS = (
    Effect("intercept", -4.3, -2.6, "1"),
    Effect("age_distance", 0.75, 0.25, "((age_years - 42) / 15) squared, at most 6: the young and the old say yes"),
    Effect("balance", 0.45, -0.3, "log(1 + max(balance_eur, 0) / 1000)"),
    Effect("housing_loan", -0.5, 1.4, "1 with a housing loan"),
    Effect("university", 0.5, 0.9, "1 with a university education"),
    Effect("management", 0.5, -0.3, "1 where the job is management"),
    Effect("blue_collar", -0.3, 1.1, "1 where the job is blue-collar"),
    Effect("cellular", 0.9, -1.0, "1 where called on a mobile phone"),
    Effect("callback", 1.9, 0.2, "1 where the client had asked for the call"),
    Effect("previous_contacts", 0.5, -0.5, "n_previous_contacts, at most 3"),
    Effect("too_soon", -1.0, -1.0, "1 where the last contact is at most 60 days ago"),
    Effect("rich_on_cellular", 0.7, -0.5, "1 where balance_eur is over 1500 and called on a mobile phone"),
    Effect("interested", 1.9, 1.6, "1 where the newest note shows interest"),
    Effect("reluctant", -1.8, -1.8, "1 where the newest note shows reluctance"),
    Effect("euribor", 0.05, 0.05, "euribor_3m_pct - 4"),
    Effect("confidence", 0.04, 0.04, "(consumer_confidence + 12) / 10"),
    Effect("season", 0.12, 0.12, "sine of the month: highest in March, lowest in September"),
)

_AT_MOST_PREVIOUS = 3
_TOO_SOON_DAYS = 60
_RICH_EUR = 1_500


def join_as_of(
    all_contacts: pd.DataFrame, true_clients: pd.DataFrame, true_indicators: pd.DataFrame, true_notes: pd.DataFrame
) -> pd.DataFrame:
    """Put beside each contact what was known about it when it was made.

    Args:
        all_contacts: contacts in order of time.
        true_clients: clients without flaws.
        true_indicators: indicators with ``published_on``.
        true_notes: notes with ``written_on``, in order of time.

    Returns:
        The contacts, same rows in the same order, with the columns of the others; ``tone`` is missing without a note.
    """
    newest = true_notes[["client_id", "written_on", "tone"]]
    rows = all_contacts.merge(true_clients, on="client_id", how="left", validate="m:1")
    rows = pd.merge_asof(rows, true_indicators, left_on="contacted_at", right_on="published_on")
    return pd.merge_asof(rows, newest, left_on="contacted_at", right_on="written_on", by="client_id")


def build_terms(decisions: pd.DataFrame) -> pd.DataFrame:
    """Compute the terms of the log-odds from what was known at the decision.

    Args:
        decisions: the table of ``join_as_of``.

    Returns:
        One column per effect, in the order of ``EFFECTS``.
    """
    d = decisions
    cellular, days = d["channel"] == "cellular", d["days_since_last_contact"]
    terms = {
        "intercept": 1.0,
        "age_distance": (((d["age_years"] - 42) / 15) ** 2).clip(upper=6),
        "balance": np.log1p(d["balance_eur"].clip(lower=0) / 1000),
        "housing_loan": d["has_housing_loan"],
        "university": d["education"] == "university",
        "management": d["job"] == "management",
        "blue_collar": d["job"] == "blue-collar",
        "cellular": cellular,
        "callback": d["channel"] == "callback",
        "previous_contacts": d["n_previous_contacts"].clip(upper=_AT_MOST_PREVIOUS),
        "too_soon": (days <= _TOO_SOON_DAYS) & (days != NEVER),
        "rich_on_cellular": cellular & (d["balance_eur"] > _RICH_EUR),
        "interested": (d["tone"] == "interested").fillna(value=False),
        "reluctant": (d["tone"] == "reluctant").fillna(value=False),
        "euribor": d["euribor_3m_pct"] - 4,
        "confidence": (d["consumer_confidence"] + 12) / 10,
        "season": np.sin(2 * np.pi * d["contacted_at"].dt.month / 12),
    }
    return pd.DataFrame(terms, index=d.index).astype("float64")


def weigh_terms(terms: pd.DataFrame, *, after: Flags) -> Floats:
    """Compute the probability of a yes.

    Args:
        terms: shape (n, number of effects), the table of ``build_terms``.
        after: shape (n,), whether the shock has come.

    Returns:
        Shape (n,), in (0, 1): the logistic function of the weighted sum.
    """
    values = terms[[effect.term for effect in EFFECTS]].to_numpy()
    before = values @ np.array([effect.before for effect in EFFECTS])
    changed = values @ np.array([effect.after for effect in EFFECTS])
    probability: Floats = 1 / (1 + np.exp(-np.where(after, changed, before)))
    return probability
