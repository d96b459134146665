import numpy as np
from hypothesis import given, settings
from sklearn.metrics import roc_auc_score

from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import World, params, small_world


def test_the_length_of_a_call_gives_its_outcome_away() -> None:
    contacts = small_world(n_contacts_per_month=400).true_contacts
    assert roc_auc_score(contacts["subscribed"] == "yes", contacts["duration_seconds"]) > 0.9


@given(params())
@settings(max_examples=20, deadline=None)
def test_only_a_yes_of_the_mistreated_group_is_recorded_wrongly(some: DemoParams) -> None:
    contacts = World(some).all_contacts.merge(World(some).true_clients, on="client_id")
    is_wrong = contacts["is_misrecorded"]
    assert contacts.loc[is_wrong, "is_subscriber"].all()
    assert (contacts.loc[is_wrong, some.mistreated_column] == some.mistreated_group).all()
    assert ((contacts["subscribed"] == "yes") == (contacts["is_subscriber"] & ~is_wrong)).all()


@given(params())
@settings(max_examples=20, deadline=None)
def test_shares_are_as_asked_within_sampling_error(some: DemoParams) -> None:
    contacts = World(some).all_contacts.merge(World(some).true_clients, on="client_id")
    p = contacts["probability"]
    assert abs(contacts["is_subscriber"].sum() - p.sum()) <= 6 * np.sqrt((p * (1 - p)).sum()) + 1
    yes = contacts[contacts["is_subscriber"] & (contacts[some.mistreated_column] == some.mistreated_group)]
    share = some.mistreated_share
    error = 6 * np.sqrt(len(yes) * share * (1 - share))
    assert abs(yes["is_misrecorded"].sum() - share * len(yes)) <= error + 1e-9


def test_the_group_itself_is_like_any_other() -> None:
    world = small_world(n_clients=4000, n_contacts_per_month=4000, shock_on=None)
    contacts = world.true_contacts.merge(world.true_clients, on="client_id")
    probability = contacts.groupby("sex")["probability"].mean()
    assert abs(probability["female"] - probability["male"]) < 0.02
    recorded = (contacts["subscribed"] == "yes").groupby(contacts["sex"]).mean()
    assert recorded["female"] < 0.8 * recorded["male"]
