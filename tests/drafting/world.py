"""Tables as people bring them, and drafts of them."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evergreen.drafting import Draft, Wishes, draft_case, parquet_origin

TODAY = date(2024, 2, 29)


def drafted(table: pd.DataFrame, target: str = "bought", *, name: str = "shop", **wishes: Any) -> Draft:
    """Draft a case from a table."""
    origin = parquet_origin("orders", "orders.parquet")
    return draft_case(table, name=name, wishes=Wishes(target, **wishes), origin=origin, today=TODAY)


def orders(n_rows: int = 300, *, seed: int = 5) -> pd.DataFrame:
    """Orders of a shop as its file has them; age tells a little about the outcome."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n_rows)
    p_yes = 1 / (1 + np.exp((age - 45) / 15))
    return pd.DataFrame(
        {
            "Order-No": np.arange(1001, 1001 + n_rows),
            "ordered on": pd.date_range("2022-01-01", periods=n_rows, freq="D").strftime("%d.%m.%Y"),
            "Age": age,
            "city": rng.choice(["Oslo", " Bergen", "unknown"], n_rows),
            "price": [f"{value:,.2f}" for value in rng.uniform(100, 9_999, n_rows)],
            "days_since": np.where(rng.random(n_rows) < 0.3, 999, rng.integers(0, 60, n_rows)),
            "has_card": rng.choice(["Y", "N"], n_rows),
            "bought": np.where(rng.random(n_rows) < p_yes, "yes", "no"),
        }
    )


def found(draft: Draft, word: str) -> list[str]:
    """The questions in which a word stands."""
    return [question.text for question in draft.questions if word in question.text]
