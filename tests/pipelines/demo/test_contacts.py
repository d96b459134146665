import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.pipelines.demo.contacts import CHANNEL_MIX, NEVER, draw_contacts, keep_campaign, look_back
from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import params, small_world


def test_looking_back_counts_the_calls_of_one_year() -> None:
    calls = [
        (1, "2007-01-01 10:00", 0, 999),
        (2, "2007-01-05 10:00", 0, 999),
        (1, "2007-03-02 09:00", 1, 60),
        (1, "2007-03-02 15:00", 2, 0),
        (2, "2008-01-05 09:00", 1, 365),
        (1, "2008-03-02 09:00", 0, 999),
    ]
    who, when, n_previous, days = zip(*calls, strict=True)
    counted = look_back(np.array(who), np.array(when, dtype="datetime64[us]"))
    assert counted[0].tolist() == list(n_previous)
    assert counted[1].tolist() == list(days)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 900)), min_size=1, max_size=25))
def test_looking_back_agrees_with_counting_one_by_one(calls: list[tuple[int, int]]) -> None:
    calls = sorted(calls, key=lambda call: call[1])
    who, day = np.array([c for c, _ in calls]), np.array([d for _, d in calls])
    n_previous, days_since = look_back(who, np.datetime64("2007-01-01", "us") + day.astype("timedelta64[D]"))
    for i in range(len(calls)):
        gaps = [day[i] - day[j] for j in range(i) if who[j] == who[i] and day[i] - day[j] <= 365]
        assert n_previous[i] == len(gaps)
        assert days_since[i] == min(gaps, default=NEVER)


@given(params())
@settings(max_examples=15, deadline=None)
def test_each_month_has_its_contacts_in_order_of_time(some: DemoParams) -> None:
    campaign = keep_campaign(draw_contacts(some), some)
    months = campaign["contacted_at"].dt.to_period("M").value_counts()
    assert len(months) == some.n_months
    assert set(months) == {some.n_contacts_per_month}
    assert campaign["contacted_at"].is_monotonic_increasing
    assert campaign["contact_id"].is_unique
    assert campaign["contacted_at"].dt.hour.between(9, 19).all()
    assert campaign["client_id"].between(1, some.n_clients).all()


@given(params())
@settings(max_examples=15, deadline=None)
def test_more_months_leave_the_earlier_ones_as_they_were(some: DemoParams) -> None:
    fewer = draw_contacts(some)
    more = draw_contacts(some.model_copy(update={"n_months": some.n_months + 2}))
    pd.testing.assert_frame_equal(more.head(len(fewer)), fewer)


def test_the_first_month_has_a_past_like_the_last() -> None:
    world = small_world(n_clients=1000, n_contacts_per_month=200, shock_on=None)
    months = world.true_contacts.groupby(world.true_contacts["contacted_at"].dt.month)["n_previous_contacts"].mean()
    assert months.between(1.8, 3.0).all()


def test_the_channels_move_with_the_shock() -> None:
    contacts = small_world(n_clients=2000, n_contacts_per_month=2000).true_contacts
    after = contacts["contacted_at"] >= "2007-04-01"
    for rows, mix in ((contacts[~after], CHANNEL_MIX["before"]), (contacts[after], CHANNEL_MIX["after"])):
        shares = rows["channel"].value_counts(normalize=True)
        assert all(abs(shares[channel] - share) < 0.03 for channel, share in mix.items())
