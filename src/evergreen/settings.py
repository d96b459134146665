"""Kedro's settings."""

import os
import warnings
from pathlib import Path

from evergreen.case_config import CaseConfigLoader
from evergreen.guarded_catalog import GuardedContext
from evergreen.hooks import (
    CaseHooks,
    GuardHooks,
    LedgerHooks,
    LockHooks,
    PlainErrorHooks,
    ProgressHooks,
    SparkHooks,
    StageHooks,
)

# OpenMP threads that spin while they wait take the cores from those that work; it is read when a model is first fitted.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Kedro 1.7 registers its resolvers by a name that omegaconf 2.4 calls deprecated; no user can mend that.
warnings.filterwarnings("ignore", message="register_new_resolver", category=UserWarning)
# Pandera imports the part of PySpark that knows pandas 2 only, wherever PySpark is installed; nothing here uses it.
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)

_ROOT = Path(__file__).resolve().parents[2]


def _in_project(path: str) -> str:
    """Make a path absolute; relative ones count from the root of the project."""
    return (_ROOT / path).as_posix()


CONTEXT_CLASS = GuardedContext
# Kedro asks the last one first: a run has the lock of its case before it clears up what another left.
HOOKS = (
    CaseHooks(),
    GuardHooks(),
    StageHooks(),
    LockHooks(),
    LedgerHooks(),
    ProgressHooks(),
    PlainErrorHooks(),
    SparkHooks(),
)
CONFIG_LOADER_CLASS = CaseConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"project": _in_project},
    "config_patterns": {"spark": ["spark*", "spark*/**"]},
}
