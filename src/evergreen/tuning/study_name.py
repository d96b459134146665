"""Which study a search belongs to: one that was begun with anything else is never gone on with."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from evergreen.models.candidates import CANDIDATES
from evergreen.models.features import feature_frame
from evergreen.models.folds import Fold
from evergreen.models.target import target_values
from evergreen.problem import Problem
from evergreen.tables.split_card import rows_id
from evergreen.tuning.space import Space

# To be raised by whoever changes how a trial is judged or how settings are drawn.
_RULES = 1
_PACKAGES = ("numpy", "optuna", "pandas", "scikit-learn", "scipy")
_N_DIGITS = 16


def study_name(rows: pd.DataFrame, problem: Problem, folds: Sequence[Fold], space: Space, told: Sequence[Any]) -> str:
    """Name the study of a search.

    Args:
        rows: training rows.
        problem: the case.
        folds: positions (learn, judge).
        space: what may be chosen from.
        told: everything else that a trial or its choice depends on; each has a plain text.

    Returns:
        The case's name and a digest of all that matters.
    """
    needed = [CANDIDATES[name].package for name in space.candidates]
    packages = sorted({*_PACKAGES, *(name for name in needed if name is not None)})
    matters = {
        "rules": _RULES,
        "problem": problem.model_dump(mode="json"),
        "rows": rows_id(rows, problem),
        "contents": _contents(rows, problem),
        "folds": [_digest(np.concatenate(fold).tobytes()) for fold in folds],
        "space": repr(space),
        "told": [str(one) for one in told],
        "packages": {name: _version(name) for name in packages},
    }
    return f"{problem.name}-{_digest(json.dumps(matters, sort_keys=True).encode())}"


def _contents(rows: pd.DataFrame, problem: Problem) -> str:
    """Tell tables with the same keys and other cells apart."""
    cells = feature_frame(rows, problem).assign(**{problem.target.column: target_values(rows, problem)})
    return _digest(pd.util.hash_pandas_object(cells, index=False).to_numpy().tobytes())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_N_DIGITS]
