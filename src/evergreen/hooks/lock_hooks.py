"""A second run of a case is refused while one goes on."""

import os
from socket import gethostname
from threading import enumerate as living_threads
from threading import get_ident
from typing import Any

from kedro.framework.hooks import hook_impl

from evergreen.hooks.begin import pipeline_names
from evergreen.hooks.run_lock import Holder, RunLock
from evergreen.ledger import Place, utc_now


class LockHooks:
    """Locks the case for the time of a run. Environments that may only read production need no lock."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._locks: dict[int, RunLock] = {}

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Note the project and the environment."""
        self._place = Place.of(context)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Take the lock; it comes after all other refusals, since Kedro tells nobody of a run that is refused.

        Raises:
            BusyError: where another run of the case goes on.
        """
        self._free_what_is_over()
        place = self._place
        if place is None or place.data_path is None or place.may_only_read:
            return
        lock = RunLock(place.data_path / f".{place.case}.lock")
        lock.take(Holder(place.case, pipeline_names(run_params), place.env, os.getpid(), gethostname(), utc_now()))
        self._locks[get_ident()] = lock

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Let go of it."""
        self._free(get_ident())

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        """Let go of it."""
        self._free(get_ident())

    def _free_what_is_over(self) -> None:
        # A run that was stopped by hand is told to no hook. A thread runs one pipeline at a time.
        elsewhere = {thread.ident for thread in living_threads()} - {get_ident()}
        for thread in set(self._locks) - elsewhere:
            self._free(thread)

    def _free(self, thread: int) -> None:
        if lock := self._locks.pop(thread, None):
            lock.free()
