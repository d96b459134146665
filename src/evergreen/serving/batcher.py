"""Requests that come while others are answered wait, and are answered together next."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor

from evergreen.serving.desk import Desk, Done, Job
from evergreen.serving.faults import RefusedError
from evergreen.serving.figures import Figures


class Batcher:
    """Hands requests to the thread that answers; nobody waits for company, and nobody waits alone for long.

    Args:
        desk: answers.
        worker: the one thread it does so in.
        max_rows: of a batch; a single request may have more.
        figures: where batches are counted.
    """

    def __init__(self, desk: Desk, worker: Executor, *, max_rows: int, figures: Figures) -> None:
        self._desk = desk
        self._worker = worker
        self._max_rows = max_rows
        self._figures = figures
        self._waiting: deque[tuple[Job, asyncio.Future[Done]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def answer(self, job: Job) -> Done:
        """Answer a request.

        Args:
            job: the request.

        Returns:
            Its answers, which are in the log.

        Raises:
            RefusedError: where they could not be logged.
        """
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch = self._take()
            jobs = [job for job, _ in batch]
            self._figures.batches.observe(sum(len(job.rows) for job in jobs))
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._worker, self._desk.answer, jobs)
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                self._hand_out(batch, found)

    def _hand_out(
        self, batch: Sequence[tuple[Job, asyncio.Future[Done]]], found: Sequence[Done | RefusedError]
    ) -> None:
        n_failed = sum(isinstance(one, RefusedError) or not one.is_logged for one in found)
        self._figures.log_failures.inc(n_failed)
        for (_, future), result in zip(batch, found, strict=True):
            if future.done():
                continue
            if isinstance(result, RefusedError):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _take(self) -> list[tuple[Job, asyncio.Future[Done]]]:
        batch = [self._waiting.popleft()]
        n_rows = len(batch[0][0].rows)
        while self._waiting and n_rows + len(self._waiting[0][0].rows) <= self._max_rows:
            batch.append(self._waiting.popleft())
            n_rows += len(batch[-1][0].rows)
        return batch
