"""Whom the bank calls, when and how; what came of it is drawn elsewhere."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from evergreen.pipelines.demo.draws import Integers, is_after, month_starts, pick, spawn_streams
from evergreen.pipelines.demo.params import DemoParams

HISTORY_MONTHS = 12  # so that the first month has a past like any other
WINDOW_DAYS = 365
NEVER = 999  # the bank's word for "not called within the window"
CHANNEL_MIX = {
    "before": {"cellular": 0.60, "landline": 0.28, "callback": 0.12},
    "after": {"cellular": 0.34, "landline": 0.58, "callback": 0.08},
}
_OPENS_AT_HOUR, _OPEN_HOURS = 9, 11


def draw_contacts(params: DemoParams) -> pd.DataFrame:
    """Draw all contacts, with one year before the campaign begins.

    Args:
        params: the world; more months leave the earlier ones as they were.

    Returns:
        One row per contact in order of time: ``contact_id`` from 1, ``client_id``, ``contacted_at`` (09:00 to 20:00),
        ``channel``, ``n_previous_contacts`` (calls in the 365 days before), ``days_since_last_contact`` (0 to 365,
        999 where there was none).
    """
    months = month_starts(params.first_month, params.n_months, n_before=HISTORY_MONTHS)
    days, seconds, who, channels = spawn_streams(params.random_state, "contacts", 4)
    start = months.repeat(params.n_contacts_per_month)
    n = len(start)
    day = np.floor(days.random(n) * start.days_in_month.to_numpy()).astype(np.int64)
    second = _OPENS_AT_HOUR * 3600 + seconds.integers(0, _OPEN_HOURS * 3600, n)
    table = pd.DataFrame({"client_id": who.integers(1, params.n_clients + 1, n)})
    table["contacted_at"] = start + pd.to_timedelta(day, unit="D") + pd.to_timedelta(second, unit="s")
    table["contacted_at"] = table["contacted_at"].astype("datetime64[us]")
    draws = channels.random(n)
    after = is_after(table["contacted_at"], params.shock_on)
    table["channel"] = np.where(after, pick(draws, CHANNEL_MIX["after"]), pick(draws, CHANNEL_MIX["before"]))
    table = table.sort_values("contacted_at", kind="stable", ignore_index=True).astype({"channel": "str"})
    table.insert(0, "contact_id", np.arange(1, n + 1))
    n_previous, days_since = look_back(table["client_id"].to_numpy(), table["contacted_at"].to_numpy())
    return table.assign(n_previous_contacts=n_previous, days_since_last_contact=days_since)


def look_back(client_id: Integers, contacted_at: npt.NDArray[np.datetime64]) -> tuple[Integers, Integers]:
    """Count each client's earlier contacts and the days since the last one, within the last 365 days.

    Args:
        client_id: shape (n,).
        contacted_at: shape (n,), in order of time.

    Returns:
        Two arrays of shape (n,): how many, and how many days ago (999 where there was none).
    """
    day = contacted_at.astype("datetime64[D]").astype(np.int64)
    order = np.argsort(client_id, kind="stable")
    who, when = client_id[order], day[order] - day.min(initial=0)
    # One axis for all clients, with gaps between them wider than the window.
    place = who * (when.max(initial=0) + WINDOW_DAYS + 1) + when
    n_previous = np.arange(len(place)) - np.searchsorted(place, place - WINDOW_DAYS, side="left")
    days_since = np.where(n_previous > 0, np.diff(when, prepend=0), NEVER)
    back = np.argsort(order, kind="stable")
    return n_previous[back], days_since[back]


def keep_campaign(all_contacts: pd.DataFrame, params: DemoParams) -> pd.DataFrame:
    """Keep the contacts of the campaign and forget the year before it.

    Args:
        all_contacts: contacts with ``contacted_at``.
        params: the world, for its first month.

    Returns:
        The later rows, numbered anew by the index.
    """
    inside = all_contacts["contacted_at"] >= pd.Timestamp(params.first_month)
    return all_contacts[inside].reset_index(drop=True)
