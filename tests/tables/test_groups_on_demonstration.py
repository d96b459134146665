"""The group that the fabricated world mistreats is found, and no other."""

import json
import sqlite3
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.models.remedies import training_weights
from evergreen.pipelines.demo.params import DemoParams
from evergreen.problem import Problem
from evergreen.tables.bias_plan import check_bias_plan
from evergreen.tables.groups import measure_groups
from tests.pipelines.demo.world import PROJECT, SMALL, World, read_case

FILES = PROJECT / "data" / "01_raw" / "demo"


@cache
def mistreated() -> dict[str, Any]:
    truth = json.loads((FILES / "truth.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = truth["mistreated"]
    return found


def marked_rows(contacts: pd.DataFrame, clients: pd.DataFrame) -> pd.DataFrame:
    """Contacts before the shock with what their client is, as cleaning marks them: an impossible age is a reason."""
    early = contacts[contacts["contacted_at"] < "2008-12-01"].drop_duplicates("contact_id")
    rows = early.merge(clients, on="client_id").reindex(columns=list(read_case().columns))
    is_bad = ~rows["age_years"].between(18, 100)
    return rows.assign(reasons=pd.Series(np.where(is_bad, "age_years is impossible", None), dtype="str"))


@cache
def committed() -> pd.DataFrame:
    contacts = pd.concat(pd.read_parquet(file) for file in sorted((FILES / "contacts").glob("*.parquet")))
    with sqlite3.connect(f"file:{FILES / 'clients.db'}?mode=ro", uri=True) as base:
        clients = pd.read_sql("SELECT * FROM clients", base)
    base.close()
    return marked_rows(contacts, clients)


def check(marked: pd.DataFrame, case: Problem) -> pd.DataFrame:
    repaired = marked[marked["reasons"].isna()]
    training, holdout = repaired.iloc[: len(repaired) * 4 // 5], repaired.iloc[len(repaired) * 4 // 5 :]
    return check_bias_plan(measure_groups(marked, repaired, training, holdout, problem=case, confidence=0.95), case)


def without_plan() -> Problem:
    told = read_case().model_dump(mode="json", exclude_none=True)
    return Problem.model_validate(told | {"bias_plan": {}})


def test_a_plan_that_says_nothing_is_told_of_the_mistreated_group_and_of_no_other() -> None:
    found = check(committed(), without_plan())
    assert found[["clause", "status", "worst_group"]].to_numpy().tolist() == [
        [f"base_rate by {mistreated()['column']}", "unplanned", mistreated()["group"]]
    ]


def test_the_shipped_plan_remedies_it_and_holds() -> None:
    found = check(committed(), read_case())
    assert set(found["status"]) == {"within"}
    remedied = found[found["remedy"] == "reweigh"]
    assert remedied["worst_group"].tolist() == [mistreated()["group"]]
    assert remedied["gap_low"].item() > 0


def test_after_the_remedy_the_group_has_the_base_rate_of_all() -> None:
    rows = committed()
    rows = rows[rows["reasons"].isna()]
    is_yes = (rows["subscribed"] == "yes").to_numpy()
    is_hit = (rows[mistreated()["column"]] == mistreated()["group"]).to_numpy()
    weights = training_weights(rows, read_case())
    assert weights is not None
    assert is_yes[is_hit].mean() < 0.8 * is_yes[~is_hit].mean()
    for side in (is_hit, ~is_hit):
        assert np.average(is_yes[side], weights=weights[side]) == pytest.approx(is_yes.mean())


@pytest.mark.parametrize(("column", "group"), [("sex", "male"), ("region", "north"), ("region", "west")])
def test_whichever_group_is_mistreated_is_found(column: str, group: str) -> None:
    sizes = {"n_clients": 3_000, "n_contacts_per_month": 600, "n_months": 12, "shock_on": None}
    hit = {"mistreated_column": column, "mistreated_group": group, "mistreated_share": 0.5}
    world = World(DemoParams(**{**SMALL, **sizes, **hit}))
    found = check(marked_rows(world.true_contacts, world.clients), without_plan())
    assert found[["clause", "worst_group"]].to_numpy().tolist() == [[f"base_rate by {column}", group]]


def test_where_nobody_is_mistreated_nothing_is_found() -> None:
    sizes = {"n_clients": 3_000, "n_contacts_per_month": 600, "n_months": 12, "shock_on": None}
    world = World(DemoParams(**{**SMALL, **sizes, "mistreated_share": 0.0}))
    assert check(marked_rows(world.true_contacts, world.clients), without_plan()).empty
