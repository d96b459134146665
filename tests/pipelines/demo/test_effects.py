import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from evergreen.pipelines.demo.effects import EFFECTS, build_terms, join_as_of, weigh_terms
from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import World, params


def _decision(**changes: object) -> pd.DataFrame:
    plain = {
        "contacted_at": pd.Timestamp("2007-06-10 10:00"),
        "channel": "landline",
        "n_previous_contacts": 0,
        "days_since_last_contact": 999,
        "age_years": 42,
        "balance_eur": -50.0,
        "has_housing_loan": False,
        "education": "primary",
        "job": "admin",
        "euribor_3m_pct": 4.0,
        "consumer_confidence": -12.0,
        "tone": None,
    }
    return pd.DataFrame([{**plain, **changes}])


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({}, {}),
        ({"age_years": 27}, {"age_distance": 1.0}),
        ({"age_years": 95}, {"age_distance": 6.0}),
        ({"balance_eur": 1000.0}, {"balance": np.log(2)}),
        ({"channel": "callback", "has_housing_loan": True}, {"callback": 1.0, "housing_loan": 1.0}),
        (
            {"channel": "cellular", "balance_eur": 3000.0},
            {"cellular": 1.0, "rich_on_cellular": 1.0, "balance": np.log(4)},
        ),
        ({"n_previous_contacts": 5, "days_since_last_contact": 60}, {"previous_contacts": 3.0, "too_soon": 1.0}),
        ({"n_previous_contacts": 1, "days_since_last_contact": 61}, {"previous_contacts": 1.0}),
        ({"tone": "interested"}, {"interested": 1.0}),
        ({"tone": "reluctant", "job": "management"}, {"reluctant": 1.0, "management": 1.0}),
        ({"euribor_3m_pct": 1.0, "consumer_confidence": -32.0}, {"euribor": -3.0, "confidence": -2.0}),
    ],
)
def test_terms_are_computed_from_what_is_known(changes: dict[str, object], terms: dict[str, float]) -> None:
    expected = {effect.term: 0.0 for effect in EFFECTS} | {"intercept": 1.0} | terms
    assert build_terms(_decision(**changes)).iloc[0].to_dict() == pytest.approx(expected, abs=1e-12)


def test_the_shock_changes_the_weights() -> None:
    terms = build_terms(pd.concat([_decision(channel="cellular")] * 2, ignore_index=True))
    by_name = {effect.term: effect for effect in EFFECTS}
    log_odds = [
        by_name["intercept"].before + by_name["cellular"].before,
        by_name["intercept"].after + by_name["cellular"].after,
    ]
    expected = [1 / (1 + np.exp(-value)) for value in log_odds]
    assert weigh_terms(terms, after=np.array([False, True])).tolist() == pytest.approx(expected)


def test_a_decision_knows_only_what_came_before_it() -> None:
    contacts = pd.DataFrame({"client_id": [1, 1], "contacted_at": pd.to_datetime(["2007-02-10", "2007-02-20"])})
    clients = pd.DataFrame({"client_id": [1], "job": ["admin"]})
    indicators = pd.DataFrame({"published_on": pd.to_datetime(["2007-01-11", "2007-02-11"]), "level": [1.0, 2.0]})
    notes = pd.DataFrame(
        {"client_id": [2, 1], "written_on": pd.to_datetime(["2007-02-01", "2007-02-20"]), "tone": ["a", "b"]}
    )
    joined = join_as_of(contacts, clients, indicators, notes)
    assert joined["level"].tolist() == [1.0, 2.0]
    assert joined["tone"].isna().tolist() == [True, False]


@given(params())
@settings(max_examples=15, deadline=None)
def test_every_decision_finds_its_client_and_its_indicators(some: DemoParams) -> None:
    world = World(some)
    joined = join_as_of(world.drawn_contacts, world.true_clients, world.true_indicators, world.true_notes)
    assert joined["contact_id"].tolist() == world.drawn_contacts["contact_id"].tolist()
    assert joined["euribor_3m_pct"].notna().all()
    assert (joined["published_on"] <= joined["contacted_at"]).all()
    probability = weigh_terms(build_terms(joined), after=np.zeros(len(joined), dtype=bool))
    assert ((probability > 0) & (probability < 1)).all()
