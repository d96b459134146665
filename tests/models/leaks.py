"""Tables with leaks planted in them, and honest ones that look suspicious."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from evergreen.models.suspects import find_suspects
from evergreen.problem import Problem

Plant = Callable[[np.random.Generator], pd.DataFrame]
_DAY = pd.Timestamp("2020-01-01")


def case_of(rows: pd.DataFrame, columns: Mapping[str, Mapping[str, Any]] | None = None, **changes: Any) -> Problem:
    """A case for a table whose target is ``y``: words make it a classification; ``columns`` adds to the contract."""
    target = rows["y"]
    classes = [] if target.dtype.kind in "if" else sorted(target.unique())
    told = {name: {"type": _type(rows[name]), "why": "For the test."} for name in rows}
    told["y"] |= {"known_at": "outcome", **({"values": classes} if classes else {})}
    told["row_id"] = {"type": "integer", "why": "For the test."}
    for name, more in (columns or {}).items():
        told[name] |= more
    case = {
        "name": "leaks",
        "goal": "Be right.",
        "decision": "Decide.",
        "entity": "one row",
        "kind": "regression" if not classes else "binary" if len(classes) == 2 else "multiclass",
        "key": ["row_id"],
        "target": {"column": "y", "classes": classes},
        "sources": {"rows": {"is_spine": True}},
        "columns": told,
        "criteria": [{"metric": "log_loss" if classes else "rmse", "at_most": 1}],
        "split": {"by": "random", "new_rows_share": 0.1},
    }
    return Problem.model_validate(case | changes)


def _type(cells: pd.Series) -> str:
    if cells.dtype.kind == "M":
        return "timestamp"
    return "number" if cells.dtype.kind in "if" else "category"


def parted(rows: pd.DataFrame, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and holdout rows, four to one, by chance, each with a name of its own."""
    named = rows.assign(row_id=np.arange(1, len(rows) + 1))
    is_training = np.random.default_rng(seed).random(len(rows)) < 0.8
    return named[is_training].reset_index(drop=True), named[~is_training].reset_index(drop=True)


def suspects_of(
    rows: pd.DataFrame, columns: Mapping[str, Mapping[str, Any]] | None = None, *, seed: int = 0, **changes: Any
) -> pd.DataFrame:
    """The suspects of a table parted by chance."""
    return find_suspects(*parted(rows, seed), case_of(rows, columns, **changes), random_state=seed)


def honest(
    rng: np.random.Generator, n_rows: int = 2000, *, rate: float = 0.3, n_strong: int = 3, n_noise: int = 5
) -> pd.DataFrame:
    """Strong but noisy numbers ``x``, numbers ``z`` that tell nothing, and ``y`` of which a share is "yes"."""
    strong = rng.normal(size=(n_rows, n_strong))
    score = 2 * strong.sum(axis=1) + rng.logistic(size=n_rows)
    cells = {f"x{i}": strong[:, i] for i in range(n_strong)} | {
        f"z{i}": rng.normal(size=n_rows) for i in range(n_noise)
    }
    is_yes = score > np.quantile(score, 1 - rate)
    return pd.DataFrame(cells | {"y": pd.Series(np.where(is_yes, "yes", "no"), dtype="str")})


def quantities(rng: np.random.Generator, n_rows: int = 2000, *, n_columns: int = 6, noise: float = 0.3) -> pd.DataFrame:
    """Numbers ``x``, of which two tell the quantity ``y`` but for some noise."""
    table = rng.normal(size=(n_rows, n_columns))
    y = 2 * table[:, 0] + table[:, 1] + noise * rng.normal(size=n_rows)
    return pd.DataFrame({f"x{i}": table[:, i] for i in range(n_columns)} | {"y": y})


def households(rng: np.random.Generator, n_rows: int = 3000, *, size: int = 3) -> pd.DataFrame:
    """Rows of households whose members mostly share an outcome."""
    home = rng.integers(0, n_rows // size, n_rows)
    shared = (rng.random(n_rows // size) < 0.3)[home]
    is_yes = shared ^ (rng.random(n_rows) < 0.05)
    return pd.DataFrame(
        {
            "home": pd.Series([f"home {one}" for one in home], dtype="str"),
            "x": rng.normal(size=n_rows) + 0.5 * shared,
            "y": pd.Series(np.where(is_yes, "yes", "no"), dtype="str"),
        }
    )


def is_yes(rows: pd.DataFrame) -> np.ndarray:
    return (rows["y"] == "yes").to_numpy()


def where(condition: Any, value: Any) -> np.ndarray:
    """A number where the condition holds, else missing."""
    return np.where(condition, value, np.nan)


def with_copies(rows: pd.DataFrame, rng: np.random.Generator, n_copies: int = 100) -> pd.DataFrame:
    """The rows and some of them again."""
    again = rows.iloc[rng.choice(len(rows), n_copies, replace=False)]
    return pd.concat([rows, again], ignore_index=True)


def timed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, one an hour."""
    return rows.assign(at=(_DAY + pd.to_timedelta(np.arange(len(rows)), unit="h")).as_unit("us"))
