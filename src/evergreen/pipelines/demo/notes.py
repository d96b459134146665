"""What the bank's clerks wrote down about clients."""

import numpy as np
import pandas as pd

from evergreen.pipelines.demo.contacts import HISTORY_MONTHS
from evergreen.pipelines.demo.draws import Integers, choose, month_starts, pick, spawn_streams
from evergreen.pipelines.demo.params import DemoParams

TONES = {"interested": 0.36, "reluctant": 0.30, "neutral": 0.34}
_NEW_SHARE = 0.05  # notes in a month for each client about whom notes are written
_FIRST_WITHIN_DAYS = 180
_REPORT_SHARE = 0.15  # contacts with such clients that are reported in a note some days later
_REPORT_AFTER_DAYS = (1, 4)

_WORDINGS = {
    "interested": (
        "asked about interest rates",
        "asked how a term deposit compares with a savings account",
        "wants to put money from a sale aside",
        "would like to hear about savings plans",
        "asked about rates for one and two years",
    ),
    "reluctant": (
        "wants to be left alone",
        "complained about calls at work",
        "says there is no money to spare",
        "asked not to be called in the evening again",
        "wants to be left alone and sounded annoyed",
    ),
    "neutral": (
        "changed the postal address",
        "ordered a new card",
        "asked about opening hours",
        "reported a lost card and ordered a new one",
        "asked for a copy of the contract",
    ),
    "report yes": ("agreed to the term deposit on the phone", "signed the term deposit after the call"),
    "report no": ("declined the term deposit on the phone", "thought it over and declined the term deposit"),
}
_ENDINGS = ("", "", ", says the branch", ", says the call centre")


def draw_notes(all_contacts: pd.DataFrame, params: DemoParams) -> pd.DataFrame:
    """Draw who is written about, when and in what tone.

    Besides notes of interest, reluctance and daily business, some report a contact a few days after it.

    Args:
        all_contacts: contacts with ``contact_id``, ``client_id``, ``contacted_at``.
        params: the world.

    Returns:
        One row per note in order of time: ``client_id``, ``written_on`` (a day; one note per client and day), ``tone``
        (interested, reluctant, neutral, report), ``contact_id`` of the reported contact (0 otherwise) and ``wording``,
        a number in [0, 1) that picks the words.
    """
    who, *rngs = spawn_streams(params.random_state, "notes", 8)
    draws = who.random(params.n_clients)
    noted = np.flatnonzero(draws <= max(params.noted_client_share, draws.min())) + 1
    standing = _draw_standing(noted, params, rngs[:4])
    reports = _draw_reports(all_contacts[all_contacts["client_id"].isin(noted)], rngs[4], rngs[5])
    notes = pd.concat([standing, reports], ignore_index=True)
    notes["wording"] = rngs[6].random(len(notes))
    notes = notes[notes["written_on"] < pd.Timestamp(params.end_on)]
    notes = notes.sort_values(["written_on", "client_id"], kind="stable")
    return notes.drop_duplicates(["written_on", "client_id"]).reset_index(drop=True)


def _draw_standing(noted: Integers, params: DemoParams, rngs: list[np.random.Generator]) -> pd.DataFrame:
    months = month_starts(params.first_month, params.n_months, n_before=HISTORY_MONTHS)
    first_on = months[0] + pd.to_timedelta(rngs[0].integers(0, _FIRST_WITHIN_DAYS, len(noted)), unit="D")
    later = months.repeat(int(np.ceil(_NEW_SHARE * len(noted))))
    day = np.floor(rngs[1].random(len(later)) * later.days_in_month.to_numpy())
    later_on = later + pd.to_timedelta(day.astype(np.int64), unit="D")
    client_id = np.concatenate([noted, noted[rngs[2].integers(0, len(noted), len(later))]])
    table = pd.DataFrame({"client_id": client_id, "written_on": first_on.append(later_on)})
    table = table.assign(tone=pick(rngs[3].random(len(table)), TONES), contact_id=0)
    return table.astype({"written_on": "datetime64[us]", "tone": "str"})


def _draw_reports(contacts: pd.DataFrame, which: np.random.Generator, waits: np.random.Generator) -> pd.DataFrame:
    reported = contacts[which.random(len(contacts)) < _REPORT_SHARE]
    wait = pd.to_timedelta(waits.integers(*_REPORT_AFTER_DAYS, len(reported)), unit="D")
    written_on = (reported["contacted_at"].dt.normalize() + wait).astype("datetime64[us]")
    table = reported[["client_id", "contact_id"]].assign(written_on=written_on, tone="report")
    return table.astype({"tone": "str"})


def write_notes(true_notes: pd.DataFrame, all_contacts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Put the notes into words and file them by month.

    A report says what the client answered, whatever the bank recorded.

    Args:
        true_notes: the table of ``draw_notes``.
        all_contacts: contacts with ``contact_id`` and ``is_subscriber``.

    Returns:
        Month ("2007-01") -> notes of the month: ``client_id``, ``written_on`` ("2007-01-10"), ``note``.
    """
    said_yes = set(all_contacts.loc[all_contacts["is_subscriber"], "contact_id"])
    topics = [
        tone if tone != "report" else ("report yes" if contact_id in said_yes else "report no")
        for tone, contact_id in zip(true_notes["tone"], true_notes["contact_id"], strict=True)
    ]
    written_on = true_notes["written_on"].dt.strftime("%Y-%m-%d")
    table = pd.DataFrame({"client_id": true_notes["client_id"], "written_on": written_on})
    table["note"] = [_put_in_words(t, w) for t, w in zip(topics, true_notes["wording"], strict=True)]
    months = {str(month): rows for month, rows in table.groupby(table["written_on"].str[:7])}
    return {month: rows.reset_index(drop=True) for month, rows in months.items()}


def _put_in_words(topic: str, wording: float) -> str:
    words = _WORDINGS[topic]
    ending = choose((wording * len(words)) % 1, _ENDINGS)
    return f"{choose(wording, words)}{ending}"
