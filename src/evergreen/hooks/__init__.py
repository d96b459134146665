"""What happens around a run: it is guarded, entered in the ledger, and told on the terminal."""

from evergreen.hooks.case_hooks import CaseHooks
from evergreen.hooks.guard_hooks import GuardHooks
from evergreen.hooks.ledger_hooks import LedgerHooks
from evergreen.hooks.lock_hooks import LockHooks
from evergreen.hooks.plain_errors import PlainErrorHooks
from evergreen.hooks.progress_hooks import ProgressHooks
from evergreen.hooks.spark_hooks import SparkHooks
from evergreen.hooks.stage_hooks import StageHooks

__all__ = [
    "CaseHooks",
    "GuardHooks",
    "LedgerHooks",
    "LockHooks",
    "PlainErrorHooks",
    "ProgressHooks",
    "SparkHooks",
    "StageHooks",
]
