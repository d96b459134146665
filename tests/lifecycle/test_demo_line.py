"""The demonstration from raw sources to a watched release, held against its known truth."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.lifecycle.world import DEMO_FILES, World

TRUTH = json.loads((DEMO_FILES / "truth.json").read_text())


def test_it_ends_with_a_release(demo_line: World) -> None:
    verdict = demo_line.verdict
    assert verdict["verdict"] == "release"
    assert verdict["release_id"] == demo_line.champion_id
    assert set(verdict) == {"case", "as_of", "verdict", "reasons", "metrics", "money", "release_id", "look"}
    assert all(set(figure) == {"value", "low", "high"} for figure in verdict["metrics"].values())
    assert {"model", "call_everyone", "call_nobody", "current_rule"} == set(verdict["money"])
    folder = demo_line.path("06_models", f"releases/{verdict['release_id']}")
    assert {"model.skops", "contract.json", "manifest.json", "metrics.json"} <= {f.name for f in folder.iterdir()}


def test_every_row_is_accounted_for(demo_line: World) -> None:
    ledger = demo_line.table("03_primary", "row_ledger.parquet").set_index(["stage", "what"])["n_rows"]
    raw = sum(len(pd.read_parquet(file)) for file in (DEMO_FILES / "contacts").glob("*.parquet"))
    assert ledger["gathered", "in"] == raw
    assert ledger["repaired", "quarantined"] == len(demo_line.table("03_primary", "quarantine.parquet"))
    assert ledger["split", "training"] == len(demo_line.table("05_model_input", "training.parquet"))
    parts = ledger.drop([("gathered", "in"), ("repaired", "in"), ("split", "in")])
    assert parts.drop([("gathered", "gathered"), ("repaired", "repaired")]).sum() == raw


def planted(kind: str, source: str, *, until: str) -> set[int]:
    """The keys of the rows that a kind of flaw was planted in, as far as they were delivered."""
    delivered = pd.concat(pd.read_parquet(file) for file in sorted((DEMO_FILES / "contacts").glob("*.parquet")))
    seen = delivered[pd.to_datetime(delivered["contacted_at"]) < until]
    key = {"contacts": "contact_id", "clients": "client_id"}[source]
    rows = {row for flaw in TRUTH["flaws"] if (flaw["kind"], flaw["source"]) == (kind, source) for row in flaw["rows"]}
    return rows & set(seen[key].astype(int))


def test_every_planted_duplicate_is_dropped_and_no_other_row(demo_line: World) -> None:
    ledger = demo_line.table("03_primary", "row_ledger.parquet").set_index(["stage", "what"])["n_rows"]
    assert ledger["repaired", "duplicates"] == len(planted("duplicate", "contacts", until="2009-01-01"))
    assert demo_line.table("03_primary", "repaired.parquet")["contact_id"].is_unique


def test_exactly_the_rows_of_clients_with_an_impossible_age_are_quarantined(demo_line: World) -> None:
    clients = planted("out_of_range", "clients", until="2009-01-01")
    quarantine = demo_line.table("03_primary", "quarantine.parquet")
    assert set(quarantine["client_id"].astype(float).astype(int)) == clients
    assert quarantine["reasons"].str.contains("age_years is (?:above|below)").all()
    usable = demo_line.table("03_primary", "repaired.parquet")
    assert clients.isdisjoint(usable["client_id"].astype(int))


def test_every_planted_flaw_in_a_cell_is_blanked_or_mended(demo_line: World) -> None:
    usable = demo_line.table("03_primary", "repaired.parquet")
    unseen = []
    for flaw in TRUTH["flaws"]:
        if flaw["treatment"] not in ("blanked", "canonicalised"):
            continue
        is_blanked = flaw["treatment"] == "blanked"
        wanted = dict(zip(flaw["rows"], [None] * len(flaw["rows"]) if is_blanked else flaw["meant"], strict=True))
        rows = usable[usable[flaw["key"]].isin(list(wanted))]
        assert len(rows) > 0
        found = zip(rows[flaw["key"]], rows[flaw["column"]], strict=True)
        unseen += [(key, cell) for key, cell in found if (None if pd.isna(cell) else cell) != wanted[int(key)]]
    assert unseen == []


def test_no_valid_row_is_quarantined(demo_line: World) -> None:
    planted_rows = set(TRUTH["rows"]["quarantined_contact_ids"])
    quarantined = demo_line.table("03_primary", "quarantine.parquet")["contact_id"].astype(int)
    assert len(quarantined) > 0
    assert set(quarantined) <= planted_rows


def test_the_mistreated_group_is_named_and_no_other(demo_line: World) -> None:
    check = demo_line.table("08_reporting", "bias_plan_check.parquet")
    found = check[check["gap_low"] > 0]
    assert set(zip(found["clause"], found["worst_group"], strict=True)) == {
        (f"base_rate by {TRUTH['mistreated']['column']}", TRUTH["mistreated"]["group"])
    }


def test_the_leaking_column_is_the_only_suspect_and_holds_the_verdict_if_it_is_not_blocked(
    demo_line: World, tmp_path: Path
) -> None:
    (leak,) = TRUTH["leaks"]
    suspects = demo_line.table("08_reporting", "suspects.parquet")
    assert list(zip(suspects["subject"], suspects["is_blocked"], strict=True)) == [(leak["column"], True)]
    careless = World.copy(demo_line, tmp_path)
    case = careless.parameter("problem")
    case["columns"][leak["column"]]["known_at"] = "decision"
    careless.set_parameter("problem", case)
    careless.set_parameter("modelling", {"candidates": ["linear"], "random_state": 1, "budget_trials": 1})
    careless.run("data_processing", "modelling", "evaluation")
    open_ones = careless.table("08_reporting", "suspects.parquet").query("not is_blocked")
    assert list(open_ones["subject"]) == [leak["column"]]
    assert careless.verdict["verdict"] == "hold"
    assert careless.verdict["metrics"]["roc_auc"]["value"] > leak["roc_auc"] - 0.05


def test_what_is_known_only_later_reaches_no_model(demo_line: World) -> None:
    contract = demo_line.json("06_models", f"releases/{demo_line.champion_id}/contract.json")
    assert contract["columns"]["duration_seconds"]["known_at"] == "outcome"
    assert "duration_seconds" not in demo_line.table("05_model_input", "new_rows.parquet").columns
    # The leak alone ranks outcomes at above 0.9: an honest model cannot.
    assert (
        demo_line.verdict["metrics"]["roc_auc"]["value"] < TRUTH["summary"]["before"]["best_roc_auc"]["recorded"] + 0.03
    )


def test_the_holdout_is_later_than_all_that_was_learnt(demo_line: World) -> None:
    training = demo_line.table("05_model_input", "training.parquet")
    holdout = demo_line.table("05_model_input", "holdout.parquet")
    assert training["contacted_at"].max() + pd.Timedelta(days=30) <= holdout["contacted_at"].min()


def test_the_verdict_figures_are_those_of_the_saved_predictions(demo_line: World) -> None:
    holdout = demo_line.table("05_model_input", "holdout.parquet")
    predictions = demo_line.table("07_model_output", "holdout_predictions.parquet")
    is_yes = (holdout["subscribed"] == "yes").to_numpy()
    metrics = demo_line.verdict["metrics"]
    assert metrics["roc_auc"]["value"] == pytest.approx(roc_auc_score(is_yes, predictions["score"]))
    paid = np.where(predictions["action"] == "call", np.where(is_yes, 80, -20), 0)
    assert metrics["payoff_per_decision"]["value"] == pytest.approx(paid.mean())
    assert demo_line.verdict["money"]["call_everyone"]["value"] == pytest.approx(np.where(is_yes, 80, -20).mean())
    assert (predictions["action"] == "call").eq(predictions["score"] > 0.2).all()


def test_new_rows_are_scored_by_the_champion(demo_line: World) -> None:
    predictions = demo_line.table("07_model_output", "predictions.parquet")
    assert list(predictions.columns) == ["contact_id", "score", "action", "release_id", "repairs"]
    assert predictions["repairs"].str.contains("days_since_last_contact: sentinel").any()
    assert set(predictions["release_id"]) == {demo_line.champion_id}
    learnt = demo_line.table("05_model_input", "training.parquet")["contact_id"]
    judged = demo_line.table("05_model_input", "holdout.parquet")["contact_id"]
    assert set(predictions["contact_id"]).isdisjoint({*learnt, *judged})


def test_a_quiet_window_raises_no_finding(demo_line: World) -> None:
    monitoring = demo_line.table("08_reporting", "monitoring.parquet")
    assert set(monitoring["severity"]) == {"ok"}
    assert demo_line.json("08_reporting", "realised.json")["n_outcomes"] > 300


def test_each_stage_runs_alone_and_the_same_seed_gives_the_same_line(demo_line: World, tmp_path: Path) -> None:
    again = World.make(tmp_path)
    for stage in ("data_processing", "modelling", "evaluation", "deployment", "scoring", "monitoring"):
        again.run(stage)
    first, second = demo_line.files(), again.files()
    assert first.keys() == second.keys()
    # What tells when, or how long, is no part of the result.
    telling_time = {
        "history.jsonl", "tuning_costs.parquet", "candidate_costs.parquet", "study.log", "costs.html", "life.html",
    }  # fmt: skip
    differing = [name for name in first if first[name] != second[name]]
    assert [name for name in differing if Path(name).name not in telling_time] == []


def without_costs(world: World) -> dict[str, bytes]:
    return {name: content for name, content in world.files().items() if Path(name).name != "costs.html"}


def test_running_the_line_again_changes_nothing(tmp_path: Path, demo_line: World) -> None:
    world = World.copy(demo_line, tmp_path)
    before = without_costs(world)
    world.run("evaluation")
    world.run("deployment")
    world.run("scoring")
    assert without_costs(world) == before


def test_the_ledger_knows_every_step(demo_line: World) -> None:
    with sqlite3.connect(demo_line.data / "ledger.db") as ledger:
        runs = ledger.execute('SELECT status, "case", env FROM runs').fetchall()
        steps = ledger.execute("SELECT step, status, rows_in, rows_out FROM steps").fetchall()
    ledger.close()
    assert runs == [("done", "demo", "test")]
    assert {status for _, status, _, _ in steps} == {"done"}
    by_name = {step: (rows_in, rows_out) for step, _, rows_in, rows_out in steps}
    n_rows = len(demo_line.table("05_model_input", "holdout.parquet"))
    assert by_name["score_holdout"] == (n_rows, n_rows)


def test_the_pages_stand_on_their_own(demo_line: World) -> None:
    for name in ("report.html", "costs.html", "monitoring.html", "life.html"):
        page = demo_line.path("08_reporting", name).read_text()
        assert "<h1" in page
        assert len(page.encode()) < 3_000_000


def test_the_costs_of_all_stages_up_to_the_verdict_are_told(demo_line: World) -> None:
    # A name may be broken at its underscores.
    page = demo_line.path("08_reporting", "costs.html").read_text().replace("<wbr>", "")
    assert all(
        f">{stage}</th>" in page for stage in ("data_processing", "modelling", "evaluation", "all", "challenger")
    )
    assert ">scoring</th>" not in page


def test_the_card_tells_the_verdict_and_what_it_was_made_from(demo_line: World) -> None:
    card = demo_line.path("08_reporting", "model_card.md").read_text()
    assert card.startswith("# Demo: model card of 2008-12-31\n")
    assert demo_line.verdict["release_id"] in card
    assert demo_line.json("05_model_input", "split_card.json")["holdout_id"] in card
