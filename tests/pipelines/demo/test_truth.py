"""For any seed and size, the truth lists exactly what the tables hold."""

import json
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from evergreen.pipelines.demo.params import DemoParams
from evergreen.pipelines.demo.truth import summarise
from evergreen.problem import Column, canonical_text
from tests.pipelines.demo.world import World, params, read_case, small_world

any_world = given(params())
modest = settings(max_examples=12, deadline=None)


def _raw_table(world: World, source: str) -> pd.DataFrame:
    return {"clients": world.clients, "contacts": world.delivered}[source]


def _listed(world: World, **wanted: str | None) -> dict[int, Any]:
    flaws = world.flaws(**wanted)
    return {row: found for flaw in flaws for row, found in zip(flaw["rows"], flaw["found"], strict=True)}


def _is_inside(cells: pd.Series, column: Column) -> pd.Series:
    low, high = column.range or (None, None)
    return cells.between(-np.inf if low is None else low, np.inf if high is None else high)


@any_world
@modest
def test_out_of_range_cells_are_listed_and_no_others_are(some: DemoParams) -> None:
    world = World(some)
    for name, column in read_case().columns.items():
        source = column.source or "contacts"
        if column.is_numeric and source in ("clients", "contacts"):
            key = "client_id" if source == "clients" else "contact_id"
            raw = _raw_table(world, source)
            raw = raw[~raw[name].isin(column.number_sentinels)]
            outside = raw[~_is_inside(raw[name], column)]
            found = dict(zip(outside[key].tolist(), outside[name].tolist(), strict=True))
            assert found == _listed(world, kind="out_of_range", source=source, column=name)


@any_world
@modest
def test_sentinel_cells_are_listed_and_no_others_are(some: DemoParams) -> None:
    world = World(some)
    for name, column in read_case().columns.items():
        source = column.source or "contacts"
        if column.sentinels:
            key = "client_id" if source == "clients" else "contact_id"
            raw = _raw_table(world, source).drop_duplicates(key)
            held = raw[raw[name].isin(column.sentinels)]
            found = dict(zip(held[key].tolist(), held[name].tolist(), strict=True))
            assert found == _listed(world, kind="sentinel", source=source, column=name)


@any_world
@modest
def test_the_case_knows_every_word_and_only_listed_ones_need_repair(some: DemoParams) -> None:
    world = World(some)
    for name in ("job", "education", "marital", "channel"):
        column = read_case().columns[name]
        source = column.source or "contacts"
        key = "client_id" if source == "clients" else "contact_id"
        raw = _raw_table(world, source).drop_duplicates(key)
        wrong = raw[~raw[name].isin([*(column.values or ()), *column.sentinels])]
        spelling = _listed(world, kind="spelling", column=name)
        synonym = _listed(world, kind="synonym", column=name)
        assert dict(zip(wrong[key].tolist(), wrong[name].tolist(), strict=True)) == spelling | synonym
        for flaw in [*world.flaws(kind="spelling", column=name), *world.flaws(kind="synonym", column=name)]:
            plain = [canonical_text(word) for word in flaw["found"]]
            mended = plain if flaw["kind"] == "spelling" else [column.canonical_synonyms[word] for word in plain]
            assert mended == flaw["meant"]


@any_world
@modest
def test_what_was_meant_gives_the_true_tables_back(some: DemoParams) -> None:
    world = World(some)
    true = {"clients": world.true_clients, "contacts": world.true_contacts}
    for flaw in world.truth["flaws"]:
        if flaw["column"] and flaw["column"] != "days_since_last_contact":
            table = true[flaw["source"]].set_index(flaw["key"])
            assert table.loc[flaw["rows"], flaw["column"]].tolist() == flaw["meant"]
    never = world.flaws(column="days_since_last_contact")[0]["rows"]
    true_days = world.true_contacts.set_index("contact_id")
    assert (true_days.loc[never, "n_previous_contacts"] == 0).all()


@any_world
@modest
def test_a_listed_contact_is_delivered_twice_in_one_file_and_no_other_is(some: DemoParams) -> None:
    world = World(some)
    (flaw,) = world.flaws(kind="duplicate")
    twice = {
        int(contact) for rows in world.contacts.values() for contact, n in Counter(rows["contact_id"]).items() if n == 2
    }
    assert twice == set(flaw["rows"])
    assert world.delivered["contact_id"].nunique() == len(world.true_contacts)
    for contact, found, meant in zip(flaw["rows"], flaw["found"], flaw["meant"], strict=True):
        first, second = world.delivered[world.delivered["contact_id"] == contact].to_dict("records")
        assert {column: first[column] for column in meant} == meant
        assert {column: second[column] for column in found} == found != meant
        assert {c: canonical_text(word) for c, word in found.items()} == meant
        assert {c: v for c, v in first.items() if c not in meant} == {c: v for c, v in second.items() if c not in meant}


@any_world
@modest
def test_rows_add_up_and_the_quarantined_are_those_of_impossible_clients(some: DemoParams) -> None:
    world = World(some)
    rows = world.truth["rows"]
    assert rows["n_delivered"] == len(world.delivered)
    assert rows["n_delivered"] == rows["n_usable"] + rows["n_duplicates"] + rows["n_quarantined"]
    impossible = _listed(world, kind="out_of_range", column="age_years")
    lost = world.delivered.loc[world.delivered["client_id"].isin(list(impossible)), "contact_id"]
    assert sorted(lost) == rows["quarantined_contact_ids"]


@any_world
@modest
def test_a_row_has_one_kind_of_flaw(some: DemoParams) -> None:
    world = World(some)
    rows = [
        set(world.truth["rows"]["quarantined_contact_ids"]),
        *(set(flaw["rows"]) for flaw in world.flaws(source="contacts") if flaw["column"] != "days_since_last_contact"),
    ]
    assert sum(map(len, rows)) == len(set().union(*rows))


@any_world
@modest
def test_flaws_are_as_frequent_as_asked_within_sampling_error(some: DemoParams) -> None:
    world = World(some)
    n_clients = some.n_clients - len(_listed(world, kind="out_of_range", column="age_years"))
    n_contacts = world.truth["rows"]["n_usable"]
    asked = [
        ({"kind": "duplicate"}, some.duplicated_share, n_contacts),
        ({"kind": "out_of_range", "column": "age_years"}, some.out_of_range_share, some.n_clients),
        ({"kind": "out_of_range", "column": "n_previous_contacts"}, some.out_of_range_share, n_contacts),
        ({"kind": "sentinel", "column": "balance_eur"}, some.sentinel_share, n_clients),
        ({"kind": "sentinel", "column": "job"}, some.sentinel_share, n_clients),
    ]
    for column, n in (("job", n_clients), ("education", n_clients), ("marital", n_clients), ("channel", n_contacts)):
        n_found = sum(
            len(flaw["rows"])
            for flaw in world.truth["flaws"]
            if flaw["kind"] in ("spelling", "synonym") and flaw["column"] == column
        )
        assert abs(n_found - n * some.misspelt_share) <= _sampling_error(n, some.misspelt_share)
    for wanted, share, n in asked:
        assert abs(len(_listed(world, **wanted)) - n * share) <= _sampling_error(n, share)


def _sampling_error(n: int, share: float) -> float:
    return 6 * float(np.sqrt(n * share * (1 - share))) + 1e-9


@any_world
@modest
def test_the_best_roc_auc_agrees_with_counting_pairs(some: DemoParams) -> None:
    contacts = World(some).true_contacts
    said = summarise(contacts)
    for name, answers in (("true", contacts["is_subscriber"]), ("recorded", contacts["subscribed"] == "yes")):
        yes, no = contacts.loc[answers, "probability"], contacts.loc[~answers, "probability"]
        gaps = yes.to_numpy()[:, None] - no.to_numpy()[None, :]
        if gaps.size == 0:
            assert said["best_roc_auc"][name] is None
        else:
            assert said["best_roc_auc"][name] == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean(), abs=1e-6)


@any_world
@modest
def test_the_truth_is_plain_and_the_same_each_time(some: DemoParams) -> None:
    one, other = World(some).truth, World(some).truth
    assert json.loads(json.dumps(one)) == one == other


def test_the_mistreated_rows_are_those_recorded_wrongly() -> None:
    world = small_world()
    mistreated = world.truth["mistreated"]
    rows = world.true_contacts.set_index("contact_id").loc[mistreated["contact_ids"]]
    assert len(rows) == world.true_contacts["is_misrecorded"].sum() > 0
    assert rows["is_subscriber"].all()
    assert (rows["subscribed"] == "no").all()


def test_the_shock_is_described_where_there_is_one() -> None:
    shock = small_world().truth["shock"]
    assert shock["on"] == "2007-04-01"
    assert "cellular" in shock["changed_coefficients"]
    quiet = small_world(shock_on=None).truth
    assert quiet["shock"] is None
    assert quiet["summary"]["after"] == {"n_contacts": 0, "yes_share": None, "best_roc_auc": None}


def test_contacts_are_named_in_order() -> None:
    ids = small_world().truth["probabilities"]["contact_id"]
    assert all(a < b for a, b in pairwise(ids))
