"""What is wrong in the files of contacts."""

import pandas as pd

from evergreen.pipelines.demo.contacts import NEVER
from evergreen.pipelines.demo.draws import Flags, Floats, choose, spawn_streams
from evergreen.pipelines.demo.flaws import Flaw, find_word_flaws, misspell, spoil_cells
from evergreen.pipelines.demo.params import DemoParams

IMPOSSIBLE_COUNTS = (-1, -3, 5_000)
_RAW_COLUMNS = [
    "contact_id",
    "client_id",
    "contacted_at",
    "channel",
    "n_previous_contacts",
    "days_since_last_contact",
    "duration_seconds",
    "subscribed",
]


def find_contact_flaws(true_contacts: pd.DataFrame, client_flaws: list[Flaw], params: DemoParams) -> list[Flaw]:
    """Decide which contacts are delivered twice and which cells are spoilt.

    A contact has at most one of these flaws, and none where its client's age is impossible: that row is lost anyway.
    The number for "never called" is no accident and stands in every row it applies to.

    Args:
        true_contacts: contacts of the campaign without flaws.
        client_flaws: what is wrong with the clients.
        params: the world, for the shares.

    Returns:
        Duplicates, sentinels, misspelt channels and their synonyms, impossible numbers of earlier contacts.
    """
    n = len(true_contacts)
    by_id = true_contacts.set_index("contact_id")
    kinds, ways = (rng.random(n) for rng in spawn_streams(params.random_state, "contact_flaws", 2))
    is_sound = ~true_contacts["contact_id"].isin(find_quarantined(true_contacts, client_flaws)).to_numpy()
    up_to_duplicate = params.duplicated_share
    up_to_misspelt = up_to_duplicate + params.misspelt_share
    is_duplicate = is_sound & (kinds < up_to_duplicate)
    is_misspelt = is_sound & (kinds >= up_to_duplicate) & (kinds < up_to_misspelt)
    is_impossible = is_sound & (kinds >= up_to_misspelt) & (kinds < up_to_misspelt + params.out_of_range_share)
    return [
        _find_duplicates(by_id, is_duplicate, ways),
        _find_never(by_id["days_since_last_contact"]),
        *find_word_flaws(by_id["channel"], source="contacts", hit=is_misspelt, draws=ways),
        _find_counts(by_id["n_previous_contacts"], is_impossible, ways),
    ]


def find_quarantined(true_contacts: pd.DataFrame, client_flaws: list[Flaw]) -> list[int]:
    """Name the contacts that nobody can use because their client's age is impossible.

    Args:
        true_contacts: contacts with ``contact_id`` and ``client_id``.
        client_flaws: what is wrong with the clients.

    Returns:
        Their ``contact_id``.
    """
    lost = {row for flaw in client_flaws if flaw.treatment == "quarantined" for row in flaw.rows}
    return [int(i) for i in true_contacts.loc[true_contacts["client_id"].isin(lost), "contact_id"]]


def deliver_contacts(true_contacts: pd.DataFrame, contact_flaws: list[Flaw]) -> dict[str, pd.DataFrame]:
    """Write the flaws into the contacts and file them by month; second deliveries stand at the end of the file.

    Args:
        true_contacts: contacts of the campaign without flaws.
        contact_flaws: what is wrong.

    Returns:
        Month ("2007-01") -> raw rows of the month.
    """
    table = spoil_cells(true_contacts, contact_flaws)
    again = [_deliver_again(true_contacts, flaw) for flaw in contact_flaws if flaw.kind == "duplicate"]
    table = pd.concat([table, *again], ignore_index=True)[_RAW_COLUMNS]
    months = table["contacted_at"].dt.strftime("%Y-%m")
    return {str(month): rows.reset_index(drop=True) for month, rows in table.groupby(months)}


def _deliver_again(true_contacts: pd.DataFrame, flaw: Flaw) -> pd.DataFrame:
    copies = true_contacts.set_index("contact_id", drop=False).loc[flaw.rows]
    for column in ("channel", "subscribed"):
        copies[column] = pd.Series([found[column] for found in flaw.found], index=copies.index, dtype="str")
    return copies


def _find_duplicates(by_id: pd.DataFrame, hit: Flags, draws: Floats) -> Flaw:
    words = by_id.loc[hit, ["channel", "subscribed"]]
    meant = words.to_dict(orient="records")
    found = [
        {str(column): misspell(word, draw) for column, word in row.items()}
        for row, draw in zip(meant, draws[hit], strict=True)
    ]
    return Flaw("duplicate", "contacts", None, "contact_id", "removed as duplicate", words.index.tolist(), found, meant)


def _find_never(days: pd.Series) -> Flaw:
    rows = days.index[days == NEVER].tolist()
    found, meant = [NEVER] * len(rows), [None] * len(rows)
    return Flaw("sentinel", "contacts", str(days.name), "contact_id", "blanked", rows, found, meant)


def _find_counts(counts: pd.Series, hit: Flags, draws: Floats) -> Flaw:
    rows, meant = counts.index[hit].tolist(), counts[hit].tolist()
    found = [choose(draw, IMPOSSIBLE_COUNTS) for draw in draws[hit]]
    return Flaw("out_of_range", "contacts", str(counts.name), "contact_id", "blanked", rows, found, meant)
