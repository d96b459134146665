import pandas as pd
from hypothesis import given, settings

from evergreen.pipelines.demo.clients import LEAST_EUR, MOST_EUR, OLDEST, YOUNGEST, draw_clients
from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import params, read_case, small_world


def test_clients_are_like_a_bank_s() -> None:
    clients = small_world(n_clients=3000).true_clients
    assert 38 <= clients["age_years"].median() <= 46
    assert 500 <= clients["balance_eur"].median() <= 1000
    assert clients["has_housing_loan"].mean().round(1) == 0.5
    assert clients["job"].value_counts().index[0] == "blue-collar"
    assert clients.loc[clients["job"] == "student", "age_years"].max() <= 25


@given(params())
@settings(max_examples=15, deadline=None)
def test_true_clients_keep_the_contract(some: DemoParams) -> None:
    clients = draw_clients(some)
    assert clients["client_id"].tolist() == list(range(1, some.n_clients + 1))
    assert clients["age_years"].between(YOUNGEST, OLDEST).all()
    assert clients["balance_eur"].between(LEAST_EUR, MOST_EUR).all()
    for column in ("sex", "region", "job", "education", "marital"):
        assert set(clients[column]) <= set(read_case().columns[column].values or ())


@given(params())
@settings(max_examples=15, deadline=None)
def test_more_clients_leave_the_first_as_they_were(some: DemoParams) -> None:
    more = some.model_copy(update={"n_clients": some.n_clients * 2})
    pd.testing.assert_frame_equal(draw_clients(more).head(some.n_clients), draw_clients(some))


def test_another_seed_gives_other_clients() -> None:
    assert not small_world().true_clients.equals(small_world(random_state=8).true_clients)
