"""The whole line of a case whose money differs by row and whose clerks have time for few: figures by hand."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.lifecycle.orders import FIRST, buyers, csv_text, make_world, put, told
from tests.lifecycle.world import World

N_ORDERS, HOURS, MOST = 900, 2, 3
AS_OF = (FIRST + timedelta(hours=HOURS * N_ORDERS)).date() - timedelta(days=3)
MODELLING = {"candidates": ["linear"], "random_state": 1, "budget_trials": 1}
# Shipping earns a fifth of the amount, or loses a half of it and 8 EUR; asking first costs 3 EUR and saves the loss.
PAYOFF = {
    "unit": "EUR",
    "actions": {
        "ship": {
            "no": {"column": "amount_eur", "times": 0.2, "if_missing": 40},
            "yes": {"column": "amount_eur", "times": -0.5, "plus": -8, "if_missing": 40},
        },
        "ask": {"no": {"plus": -3, "terms": [{"column": "amount_eur", "times": 0.2, "if_missing": 40}]}, "yes": -3},
    },
    "capacity": {"action": "ask", "at_most": MOST, "per": "day"},
}


def raw_orders() -> pd.DataFrame:
    """An order every two hours; gifts are kept, and a few amounts are unknown."""
    rng = np.random.default_rng(4)
    amount, items = rng.integers(10, 120, N_ORDERS).astype(float), rng.integers(1, 5, N_ORDERS)
    is_gift = rng.random(N_ORDERS) < 0.4
    chance = 1 / (1 + np.exp(-(0.8 * items - 2 - 3 * is_gift)))
    return pd.DataFrame(
        {
            "order_id": np.arange(1, N_ORDERS + 1),
            "ordered_at": [(FIRST + timedelta(hours=HOURS * n)).isoformat(sep=" ") for n in range(N_ORDERS)],
            "buyer_id": 100 + np.arange(N_ORDERS) % 10,
            "amount_eur": np.where(rng.random(N_ORDERS) < 0.05, np.nan, amount),
            "n_items": items,
            "channel": rng.choice(["web", "shop"], N_ORDERS),
            "is_gift": np.where(is_gift, "yes", "no"),
            "paid_until": f"{FIRST + timedelta(days=400):%Y-%m-%d}",
            "note": "leave it at the door",
            "is_returned": np.where(rng.random(N_ORDERS) < chance, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The case after one run of the whole line; tests only look at it."""
    world = make_world(tmp_path_factory.mktemp("orders"))
    criteria = [{"metric": "payoff_per_decision", "versus": "no_model", "at_least": -100, "unit": "EUR"}]
    world.set_parameter("problem", told() | {"payoff": PAYOFF, "criteria": criteria})
    world.set_parameter("as_of", str(AS_OF))
    world.set_parameter("modelling", MODELLING)
    put(world, "buyers.csv", csv_text(buyers()))
    raw_orders().to_csv(world.raw_dir / "orders.csv", index=False)
    world.run()
    return world


def joined(predictions: pd.DataFrame) -> pd.DataFrame:
    """Raw orders beside what was said of them, in order of time, with the amount as the case takes it."""
    raw = raw_orders().assign(amount_eur=lambda table: table["amount_eur"].fillna(40))
    found = raw.merge(predictions, on="order_id")
    return found.assign(day=found["ordered_at"].str[:10])


def paid(orders: pd.DataFrame, action: pd.Series) -> np.ndarray:
    is_back, amount = orders["is_returned"] == "yes", orders["amount_eur"]
    shipped = np.where(is_back, -0.5 * amount - 8, 0.2 * amount)
    asked = np.where(is_back, -3, 0.2 * amount - 3)
    return np.where(action == "ask", asked, shipped)


def test_money_of_the_verdict_is_that_of_raw_rows(line: World) -> None:
    holdout = joined(line.table("07_model_output", "holdout_predictions.parquet"))
    assert len(holdout) > 100
    assert raw_orders()["amount_eur"].isna().any()
    money = line.verdict["money"]
    asked_first = np.where(holdout.groupby("day").cumcount() < MOST, "ask", "ship")
    for rule, action in {"model": holdout["action"], "always_ask": asked_first, "always_ship": "ship"}.items():
        assert money[rule]["value"] == pytest.approx(paid(holdout, action).mean()), rule
        assert money[rule]["low"] < money[rule]["value"] < money[rule]["high"]
    decisions = line.table("08_reporting", "decision_table.parquet")
    assert decisions["money"].sum() == pytest.approx(paid(holdout, holdout["action"]).sum())


def test_clerks_are_asked_where_it_gains_most(line: World) -> None:
    holdout = joined(line.table("07_model_output", "holdout_predictions.parquet"))
    back, amount = holdout["score"], holdout["amount_eur"]
    shipped = (1 - back) * 0.2 * amount + back * (-0.5 * amount - 8)
    asked = (1 - back) * (0.2 * amount - 3) + back * -3
    gain = asked - shipped
    place = gain.groupby(holdout["day"]).rank(ascending=False)
    expected = np.where((gain > 0) & (place <= MOST), "ask", "ship")
    assert holdout["action"].tolist() == expected.tolist()
    assert holdout["action"].value_counts().min() > 10


def test_new_rows_keep_to_the_capacity_and_to_what_was_decided(line: World, tmp_path: Path) -> None:
    assert line.champion_id is not None
    world = World.copy(line, tmp_path)
    first = joined(world.table("07_model_output", "predictions.parquet"))
    assert first.groupby("day")["action"].apply(lambda action: (action == "ask").sum()).max() == MOST
    world.run("scoring", "monitoring")
    pd.testing.assert_frame_equal(joined(world.table("07_model_output", "predictions.parquet")), first)
    world.set_parameter("as_of", str(AS_OF + timedelta(days=1)))
    world.run("scoring", "monitoring")
    second = joined(world.table("07_model_output", "predictions.parquet"))
    assert second["day"].max() > first["day"].max()
    both = first.merge(second, on="order_id")
    assert len(both) > 12
    assert (both["action_x"] == both["action_y"]).all()
    assert second.groupby("day")["action"].apply(lambda action: (action == "ask").sum()).max() == MOST


def test_the_report_tells_how_money_and_capacity_go(line: World) -> None:
    page = line.path("08_reporting", "report.html").read_text()
    assert "-8 - 0.5 x amount_eur" in page
    assert "ask at most 3 per day" in page
