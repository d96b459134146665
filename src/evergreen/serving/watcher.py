"""Looks who is champion, and has a new one take over once it has shown that it can answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from evergreen.errors import EvergreenError
from evergreen.releases import ReleaseStore
from evergreen.serving.blame import told_without_cells
from evergreen.serving.figures import Figures
from evergreen.serving.params import ServingParams
from evergreen.serving.router import Router
from evergreen.serving.served import MakeAnswerer, Role, ServedRelease, serve_release

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 64
# Stands for a champion that could not be read; no release has this name.
_UNREAD = ""
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Sources:
    """What the watcher reads.

    Attributes:
        store: of the releases.
        params: of the service.
        make: what makes a release answer.
    """

    store: ReleaseStore
    params: ServingParams
    make: MakeAnswerer


class Watcher:
    """Keeps the router at the champion.

    Args:
        sources: what it reads.
        router: who is told.
        figures: where releases and refusals are shown.
    """

    def __init__(self, sources: Sources, router: Router, figures: Figures) -> None:
        self._sources = sources
        self._router = router
        self._figures = figures
        self._refused: tuple[str, str] | None = None
        self._pause, self._skips = 1, 0
        self._pointed: str | None = _UNREAD
        self._tried = _UNREAD
        self.reason = "the champion is being loaded"

    def hurry(self) -> None:
        """Try a release that was refused at the next look again, and not more and more rarely."""
        self._skips = 0

    async def look(self) -> None:
        """Look once; a champion that is not on duty is loaded, verified, compiled and put on duty.

        What is refused is tried again more and more rarely, until another champion is named: that one is tried at once.
        """
        name, fault = await self._read_pointer()
        if name != self._pointed:
            self._pointed, self._pause, self._skips = name, 1, 0
        if self._skips > 0:
            self._skips -= 1
            return
        self._tried = _UNREAD
        try:
            if fault is not None:
                raise fault
            if name is None:
                self.reason = "nothing has been released yet"
                return
            await self._follow(name)
        except Exception as error:
            self._refuse(self._tried, error)
        else:
            self._refused, self._pause, self.reason = None, 1, ""
            self._figures.refused_release.clear()
        self._show()

    async def _read_pointer(self) -> tuple[str | None, Exception | None]:
        try:
            return await asyncio.to_thread(self._sources.store.champion_id), None
        except Exception as error:
            return _UNREAD, error

    async def _follow(self, name: str) -> None:
        if self._router.duty is None or self._router.duty.champion.release_id != name:
            self._router.take_over(await self._prepare(name, "champion"))
            _log.info("A release is on duty", extra={"told": {"release_id": name}})
        await self._accompany()

    async def _accompany(self) -> None:
        params, duty = self._sources.params, self._router.duty
        if duty is None:
            return
        if params.canary is not None and duty.canary is None:
            name = params.canary.release_id
            self._router.accompany(await self._prepare(name, "canary"), share=params.canary.share)
        if params.shadow is not None and duty.shadow is None:
            self._router.accompany(await self._prepare(params.shadow, "shadow"))

    async def _prepare(self, name: str, role: Role) -> ServedRelease:
        self._tried = name

        def prepare() -> ServedRelease:
            loaded = self._sources.store.load(name)
            return serve_release(loaded, self._sources.params, self._sources.make, role=role)

        return await asyncio.to_thread(prepare)

    def _refuse(self, name: str, error: Exception) -> None:
        self._skips, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        is_plain = isinstance(error, EvergreenError)
        why = str(error) if is_plain else type(error).__name__
        if self._router.duty is None:
            self.reason = why.rstrip(".")
        if self._refused != (name, why):
            told = {"why": why} if is_plain else told_without_cells(error)
            _log.error("A release is refused", extra={"told": {"release_id": name, **told}})
            self._figures.release_refusals.inc()
        self._refused = (name, why)
        self._figures.refused_release.clear()
        self._figures.refused_release.labels(name, why).set(1)

    def _show(self) -> None:
        self._figures.release.clear()
        for one in self._router.duty.all() if self._router.duty else ():
            self._figures.release.labels(one.release_id, one.role, str(one.answerer.is_compiled).lower()).set(1)


async def repeat(work: Callable[[], Awaitable[None] | None], *, seconds: float, woken: asyncio.Event) -> None:
    """Do something again and again.

    Args:
        work: what is done, now or as an awaitable.
        seconds: between two times.
        woken: set, it is done at once.
    """
    while True:
        found = work()
        if found is not None:
            await found
        woken.clear()
        try:
            await asyncio.wait_for(woken.wait(), seconds)
        except TimeoutError:
            continue
