"""The copy that lies in the repository is what its parameters fabricate, and it is the world it claims to be."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from evergreen.pipelines.demo import create_pipeline
from evergreen.pipelines.demo.effects import join_as_of
from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import PROJECT, World, read_case, small_world

SHOCK = pd.Timestamp("2009-01-01")
CATEGORIES = ["channel", "sex", "region", "job", "education", "marital", "tone"]
NUMBERS = [
    "age_years",
    "balance_eur",
    "has_housing_loan",
    "n_previous_contacts",
    "days_since_last_contact",
    "euribor_3m_pct",
    "consumer_confidence",
]

pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver:UserWarning")


def _load_conf(raw_dir: Path) -> OmegaConfigLoader:
    return OmegaConfigLoader(
        str(PROJECT / "conf"),
        base_env="base",
        default_run_env="base",
        config_patterns={"catalog": ["catalog_demo*"], "parameters": ["parameters_demo*"]},
        custom_resolvers={"project": lambda path: str(PROJECT / path)},
        runtime_params={"raw_dir": str(raw_dir)},
    )


def _open_catalog(raw_dir: Path) -> DataCatalog:
    return DataCatalog.from_config(_load_conf(raw_dir)["catalog"])


@lru_cache(maxsize=1)
def committed_world() -> World:
    parameters = _load_conf(PROJECT)["parameters"]["demo"]
    return World(DemoParams.model_validate(parameters))


@pytest.fixture(scope="module")
def committed() -> DataCatalog:
    return _open_catalog(PROJECT / "data" / "01_raw" / "demo")


def _assert_same_files(loaded: dict[str, Any], expected: dict[str, pd.DataFrame]) -> None:
    assert list(loaded) == sorted(expected)
    for month, rows in expected.items():
        pd.testing.assert_frame_equal(loaded[month](), rows)


def test_the_committed_clients_are_the_fabricated_ones(committed: DataCatalog) -> None:
    pd.testing.assert_frame_equal(committed.load("clients"), committed_world().clients)


def test_the_committed_contacts_are_the_fabricated_ones(committed: DataCatalog) -> None:
    _assert_same_files(committed.load("contacts"), committed_world().contacts)


def test_the_committed_notes_are_the_fabricated_ones(committed: DataCatalog) -> None:
    _assert_same_files(committed.load("call_notes"), committed_world().call_notes)


def test_the_committed_indicators_are_the_fabricated_ones(committed: DataCatalog) -> None:
    assert committed.load("indicators") == committed_world().indicators


def test_the_committed_truth_is_the_fabricated_one(committed: DataCatalog) -> None:
    assert committed.load("truth") == committed_world().truth


def test_the_pipeline_writes_through_the_catalog_what_its_nodes_return(tmp_path: Path) -> None:
    world = small_world()
    catalog = _open_catalog(tmp_path / "not_there_yet")
    catalog["params:demo"] = MemoryDataset(world.params)
    for _ in range(2):  # the second run replaces the first
        SequentialRunner().run(create_pipeline(), catalog)
    pd.testing.assert_frame_equal(catalog.load("clients"), world.clients)
    _assert_same_files(catalog.load("contacts"), world.contacts)
    _assert_same_files(catalog.load("call_notes"), world.call_notes)
    assert catalog.load("indicators") == world.indicators
    assert catalog.load("truth") == world.truth


def test_nodes_are_named_like_their_functions() -> None:
    assert all(node.short_name == node.func.__name__ for node in create_pipeline().nodes)


def test_the_committed_copy_is_small() -> None:
    files = [path for path in (PROJECT / "data" / "01_raw" / "demo").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 4_000_000


@pytest.mark.parametrize("part", ["before", "after"])
def test_the_signal_is_there_before_and_after_the_shock(part: str) -> None:
    summary = committed_world().truth["summary"][part]
    assert 0.12 < summary["yes_share"]["true"] < 0.17
    assert 0.78 < summary["best_roc_auc"]["recorded"] < 0.84
    assert committed_world().truth["leaks"][0]["roc_auc"] > 0.9


def test_the_quiet_years_are_alike() -> None:
    contacts = committed_world().true_contacts
    quiet = contacts[contacts["contacted_at"] < SHOCK]
    by_quarter = quiet.groupby(quiet["contacted_at"].dt.to_period("Q"))["probability"].mean()
    assert by_quarter.max() - by_quarter.min() < 0.05


def _decisions() -> pd.DataFrame:
    world = committed_world()
    rows = join_as_of(world.true_contacts, world.true_clients, world.true_indicators, world.true_notes)
    return rows.assign(**{name: rows[name].fillna("none").astype("category") for name in CATEGORIES})


def _score_later_rows(rows: pd.DataFrame, *, start: str, end: str, until: str) -> tuple[pd.DataFrame, np.ndarray]:
    learnt, later = (
        rows[rows["contacted_at"] < end],
        rows[(rows["contacted_at"] >= start) & (rows["contacted_at"] < until)],
    )
    model = HistGradientBoostingClassifier(
        categorical_features="from_dtype", max_iter=80, max_leaf_nodes=8, random_state=0
    )
    model.fit(learnt[NUMBERS + CATEGORIES], learnt["subscribed"] == "yes")
    return later, model.predict_proba(later[NUMBERS + CATEGORIES])[:, 1]


def _mean_payoff(rows: pd.DataFrame, call: np.ndarray | pd.Series) -> float:
    payoff = read_case().payoff
    assert payoff is not None
    pays = rows["subscribed"].map(payoff.actions["call"])
    return float(np.where(call, pays, 0.0).mean())


def test_a_model_of_the_quiet_years_earns_until_the_shock_and_loses_after() -> None:
    rows = _decisions()
    quiet, scores = _score_later_rows(rows, start="2008-04-01", end="2008-03-01", until="2009-01-01")
    assert roc_auc_score(quiet["subscribed"] == "yes", scores) > 0.77
    assert _mean_payoff(quiet, scores > 0.2) > 2
    assert _mean_payoff(quiet, np.ones(len(quiet), dtype=bool)) < -3
    assert _mean_payoff(quiet, quiet["n_previous_contacts"] >= 1) < -1

    changed, scores = _score_later_rows(rows, start="2009-01-01", end="2008-10-01", until="2009-07-01")
    assert roc_auc_score(changed["subscribed"] == "yes", scores) < 0.6
    assert _mean_payoff(changed, scores > 0.2) < 0


def test_a_model_that_has_seen_the_new_world_earns_again() -> None:
    rows = _decisions()
    rows = rows[rows["contacted_at"] >= SHOCK]
    later, scores = _score_later_rows(rows, start="2010-02-01", end="2010-01-01", until="2011-01-01")
    assert roc_auc_score(later["subscribed"] == "yes", scores) > 0.74
    assert _mean_payoff(later, scores > 0.2) > 0.5
