"""A challenger answers what the champion has answered; nobody but the log hears of it."""

import asyncio
import logging
from collections import deque
from concurrent.futures import Executor
from dataclasses import replace

from evergreen.serving.blame import told_without_cells
from evergreen.serving.desk import Desk, Done, Job, answer_jobs
from evergreen.serving.figures import Figures

_log = logging.getLogger(__name__)


class Shadow:
    """Answers requests after their answers have left.

    Args:
        desk: logs.
        logger: the one thread that logs.
        worker: a thread of the shadow's own.
        figures: where answers are counted.
        max_rows: that may wait; what comes beyond is dropped and counted.
    """

    def __init__(self, desk: Desk, logger: Executor, worker: Executor, figures: Figures, *, max_rows: int) -> None:
        self._desk = desk
        self._logger = logger
        self._worker = worker
        self._figures = figures
        self._max_rows = max_rows
        self._waiting: deque[Job] = deque()
        self._runner: asyncio.Task[None] | None = None

    def offer(self, job: Job) -> None:
        """Have the shadow answer a request, if there is one and it has time.

        Args:
            job: a request that has been answered.
        """
        if job.duty.shadow is None:
            return
        if sum(len(one.rows) for one in self._waiting) + len(job.rows) > self._max_rows:
            self._figures.shadow_dropped.inc(len(job.rows))
            return
        self._waiting.append(replace(job, served=[job.duty.shadow] * len(job.rows)))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())

    async def finish(self) -> None:
        """Wait for what has been taken on."""
        if self._runner is not None:
            await self._runner

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            job = self._waiting.popleft()
            try:
                (done,) = await loop.run_in_executor(self._worker, answer_jobs, [job])
                await loop.run_in_executor(self._logger, self._desk.log_shadow, [done])
            except Exception as error:
                self._figures.shadow_dropped.inc(len(job.rows))
                _log.error("The shadow failed", extra={"told": told_without_cells(error)})
            else:
                self._count(done)

    def _count(self, done: Done) -> None:
        shadow = done.job.served[0]
        self._figures.count_answers(done.answers, shadow.problem, shadow.release_id, "shadow")
