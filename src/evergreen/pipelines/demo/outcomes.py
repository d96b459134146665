"""What came of each contact, and what the bank recorded of it."""

import numpy as np
import pandas as pd

from evergreen.pipelines.demo.draws import Flags, Integers, is_after, spawn_streams
from evergreen.pipelines.demo.effects import build_terms, join_as_of, weigh_terms
from evergreen.pipelines.demo.params import DemoParams

_LOG_SECONDS = {"no": 5.1, "yes": 6.3}  # medians of 2.7 and 9 minutes
_LOG_SPREAD = 0.5
_LONGEST_SECONDS = 5_000


def draw_outcomes(
    all_contacts: pd.DataFrame,
    true_clients: pd.DataFrame,
    true_indicators: pd.DataFrame,
    true_notes: pd.DataFrame,
    params: DemoParams,
) -> pd.DataFrame:
    """Draw each client's answer from its true probability, and what was recorded.

    Args:
        all_contacts: contacts in order of time.
        true_clients: clients without flaws.
        true_indicators: indicators with their day of publication.
        true_notes: notes with their day of writing.
        params: the world.

    Returns:
        The contacts with ``duration_seconds`` (1 to 5,000; long after a yes), ``subscribed`` as recorded ("yes", "no"),
        and the truth: ``probability``, ``is_subscriber``, ``is_misrecorded`` (a yes of the mistreated group that was
        recorded as no).
    """
    decisions = join_as_of(all_contacts, true_clients, true_indicators, true_notes)
    after = is_after(decisions["contacted_at"], params.shock_on)
    probability = weigh_terms(build_terms(decisions), after=after)
    answers, durations, records = spawn_streams(params.random_state, "outcomes", 3)
    n = len(decisions)
    said_yes = answers.random(n) < probability
    is_mistreated = (decisions[params.mistreated_column] == params.mistreated_group).to_numpy()
    is_misrecorded = said_yes & is_mistreated & (records.random(n) < params.mistreated_share)
    return all_contacts.assign(
        duration_seconds=_draw_durations(said_yes, durations),
        subscribed=pd.Series(np.where(said_yes & ~is_misrecorded, "yes", "no"), dtype="str"),
        probability=probability,
        is_subscriber=said_yes,
        is_misrecorded=is_misrecorded,
    )


def _draw_durations(said_yes: Flags, rng: np.random.Generator) -> Integers:
    middle = np.where(said_yes, _LOG_SECONDS["yes"], _LOG_SECONDS["no"])
    seconds = np.exp(middle + _LOG_SPREAD * rng.standard_normal(len(said_yes)))
    return np.clip(seconds, 1, _LONGEST_SECONDS).astype(np.int64)
