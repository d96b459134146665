"""One service: what it needs, what it is made of, and how a request goes through it."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from evergreen.errors import EvergreenError
from evergreen.prediction_log import Outcome, Receipt
from evergreen.releases import ReleaseStore
from evergreen.serving.batcher import Batcher
from evergreen.serving.desk import Desk, Done, Job
from evergreen.serving.explain import explain_answers
from evergreen.serving.faults import refused
from evergreen.serving.figures import Figures
from evergreen.serving.keeper import LogKeeper, OpenLog
from evergreen.serving.keys import key_of
from evergreen.serving.params import ServingParams
from evergreen.serving.router import Duty, Router
from evergreen.serving.served import MakeAnswerer, make_answerer
from evergreen.serving.shadow import Shadow
from evergreen.serving.shared_metrics import SharedMetrics
from evergreen.serving.watcher import Sources, Watcher, repeat

_log = logging.getLogger(__name__)
_PURGE_SECONDS = 3600.0
_PUBLISH_SECONDS = 0.5
# So many times the rows of a batch may wait for the shadow.
_SHADOW_BATCHES = 16


@dataclass(frozen=True)
class Surroundings:
    """What a service is given.

    Attributes:
        case: the name of the case.
        store: its releases.
        params: how it listens, and what it refuses.
        open_log: opens the log of predictions.
        api_key: what a client must show; nothing where not said.
        make: what makes a release answer.
        metrics_folder: where processes on one port tell each other their figures; None for one process.
    """

    case: str
    store: ReleaseStore
    params: ServingParams
    open_log: OpenLog
    api_key: str | None = field(default=None, repr=False)
    make: MakeAnswerer = make_answerer
    metrics_folder: Path | None = None


class Service:
    """A running service.

    Args:
        given: what it is given.
    """

    def __init__(self, given: Surroundings) -> None:
        self.given, self.params = given, given.params
        self.figures, self.router = Figures(), Router()
        self.keeper = LogKeeper(given.open_log)
        self.is_stopping = False
        self.n_in_flight = 0
        self.woken = asyncio.Event()
        self._shared = SharedMetrics(self.figures.registry, given.metrics_folder)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="answers")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="explains")
        allows = given.params.unlogged == "allow"
        desk = Desk(self.keeper, answers_unlogged=allows)
        self._batcher = Batcher(desk, self._worker, max_rows=given.params.max_batch_rows, figures=self.figures)
        n_shadowed = _SHADOW_BATCHES * max(given.params.max_batch_rows, given.params.max_rows)
        self._shadow = Shadow(desk, self._worker, self._aside, self.figures, max_rows=n_shadowed)
        self._watcher = Watcher(Sources(given.store, given.params, given.make), self.router, self.figures)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to load the champion, to open the log, and to look after both; until then it is not ready."""
        never = asyncio.Event()
        loops = [repeat(self._look_after, seconds=self.params.poll_seconds, woken=self.woken)]
        loops.append(repeat(self._publish, seconds=_PUBLISH_SECONDS, woken=never))
        if self.params.retention_days is not None:
            loops.append(repeat(self._purge, seconds=_PURGE_SECONDS, woken=asyncio.Event()))
        self._tasks = [asyncio.create_task(one) for one in loops]

    async def stop(self) -> None:
        """Finish what the shadow has taken on, and let go of the log."""
        self.is_stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._shadow.finish()
        await self._in_worker(self.keeper.close)
        self._publish()
        self._worker.shutdown()
        self._aside.shutdown()

    @property
    def fault(self) -> str:
        """Why the service is not ready; empty where it is."""
        if self.is_stopping:
            return "It is shutting down."
        if self.router.duty is None:
            return f"No release is on duty: {self._watcher.reason}."
        if not self.keeper.is_working and self.params.unlogged == "refuse":
            return f"The log does not work: {self.keeper.fault}"
        return ""

    @property
    def duty(self) -> Duty:
        """Who is on duty.

        Raises:
            RefusedError: 503 where nobody is.
        """
        if self.router.duty is None:
            finding = f"No release is on duty: {self._watcher.reason}"
            raise refused(
                HTTPStatus.SERVICE_UNAVAILABLE, finding, "Ask again in some seconds; where none is live, promote one."
            )
        return self.router.duty

    async def ask(self, duty: Duty, items: Sequence[Any], request_id: str, begun: float) -> Done:
        """Answer the rows of a request.

        Args:
            duty: who is on duty.
            items: what JSON gave.
            request_id: its name in the log.
            begun: when it came, by ``time.perf_counter``.

        Returns:
            The answers, which are in the log.

        Raises:
            RefusedError: where their form is wrong, or they could not be logged.
        """
        rows = duty.champion.intake.take(items)
        keys = [key_of(row, duty.champion.problem) for row in rows]
        job = Job(request_id, rows, keys, duty, [duty.choose(key) for key in keys], begun)
        done = await self._batcher.answer(job)
        self._count(done)
        self._shadow.offer(job)
        return done

    def refuse_unexplained(self, duty: Duty) -> None:
        """Refuse to explain what a release on duty has nothing to compare with.

        Args:
            duty: who is on duty.

        Raises:
            RefusedError: 422.
        """
        for served in duty.all():
            if served.background is None and served.role != "shadow":
                finding = f"Release '{served.release_id}' has no background to compare a row with"
                cure = "Ask without explain, or evaluate and release again."
                raise refused(HTTPStatus.UNPROCESSABLE_ENTITY, finding, cure)

    async def explain(self, done: Done) -> list[dict[str, Any] | None]:
        """Explain what was answered.

        Args:
            done: the answers.

        Returns:
            See ``explain_answers``.
        """
        work = asyncio.get_running_loop().run_in_executor(self._aside, explain_answers, done)
        return await work

    async def add_outcomes(self, outcomes: Sequence[Outcome]) -> Receipt:
        """Write outcomes into the log.

        Args:
            outcomes: what became of rows.

        Returns:
            What they did to the log.

        Raises:
            RefusedError: 503 where they could not be written.
        """
        try:
            receipt = await asyncio.get_running_loop().run_in_executor(self._worker, self.keeper.add_outcomes, outcomes)
        except EvergreenError as error:
            _log.error("The log failed", extra={"told": {"fault": str(error)}})
            finding = "The outcomes could not be written into the log"
            raise refused(HTTPStatus.SERVICE_UNAVAILABLE, finding, "Send them again later.") from error
        told = {"new": receipt.n_new, "repeated": receipt.n_repeated}
        told |= {"changed": receipt.n_changed, "unknown": receipt.n_unknown}
        for kind, n in told.items():
            self.figures.outcomes.labels(kind).inc(n)
        return receipt

    def written_metrics(self) -> bytes:
        """Write the figures of all processes on the port.

        Returns:
            Text for Prometheus.
        """
        self._set_gauges()
        return self._shared.written()

    def look_again(self) -> None:
        """Look for another champion at once; safe in the thread of the event loop."""
        self._watcher.hurry()
        self.woken.set()

    def _count(self, done: Done) -> None:
        answered: dict[int, list[Any]] = {}
        for served, answer in zip(done.job.served, done.answers, strict=True):
            answered.setdefault(id(served), [served]).append(answer)
        for served, *answers in answered.values():
            self.figures.count_answers(answers, served.problem, served.release_id, served.role)
        self.figures.count_strays(*done.job.duty.champion.usual.strays(done.job.rows))

    async def _look_after(self) -> None:
        await self._watcher.look()
        await self._in_worker(self.keeper.probe)

    def _publish(self) -> None:
        self._set_gauges()
        self._shared.publish()

    def _set_gauges(self) -> None:
        self.figures.in_flight.set(self.n_in_flight)
        self.figures.ready.set(float(not self.fault))

    async def _purge(self) -> None:
        before = datetime.now(tz=UTC) - timedelta(days=self.params.retention_days or 0)
        try:
            n_rows = await self._in_worker(lambda: self.keeper.purge(before.isoformat(timespec="seconds")))
        except EvergreenError as error:
            _log.error("Old rows stay in the log", extra={"told": {"fault": str(error)}})
        else:
            _log.info("Old rows have left the log", extra={"told": {"n_rows": n_rows}})

    async def _in_worker(self, work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)
