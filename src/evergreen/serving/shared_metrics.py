"""Figures for Prometheus of several processes on one port together.

The client's own way to add up processes hangs on an environment variable that must be set before it is imported. Here
the processes share a folder of small files, so that the figures belong to one service.
"""

import json
import os
from collections.abc import Iterable, Iterator
from copy import copy
from pathlib import Path
from typing import Any
from uuid import uuid4

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.samples import Sample

_Key = tuple[str, tuple[tuple[str, str], ...]]
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


class SharedMetrics:
    """What the processes on one port tell each other.

    Args:
        own: the figures of this process.
        folder: where each process keeps a file; None where there is one process.
    """

    def __init__(self, own: CollectorRegistry, folder: Path | None) -> None:
        self._own = own
        self._folder = folder
        self._file = f"{os.getpid()}.{uuid4().hex}"

    def publish(self) -> None:
        """Tell the others."""
        if self._folder is None or not self._folder.is_dir():
            return
        told = [[one.name, sorted(one.labels.items()), one.value] for one in _samples(self._own.collect())]
        draft = self._folder / f"{self._file}.draft"
        draft.write_text(json.dumps(told))
        draft.replace(self._folder / f"{self._file}.json")

    def written(self) -> bytes:
        """Write what all have told in the text format of Prometheus.

        Returns:
            Counts of all processes that ever were, and gauges of those that live: their sum.
        """
        together = CollectorRegistry()
        together.register(_Collected([*self._together()]))
        return generate_latest(together)

    def _together(self) -> Iterator[Metric]:
        others = [*self._others()]
        for metric in self._own.collect():
            kept = [told for told, is_alive in others if is_alive or metric.type != "gauge"]
            yield _sum(metric, kept)

    def _others(self) -> Iterator[tuple[dict[_Key, float], bool]]:
        for path in sorted(self._folder.glob("*.json")) if self._folder else ():
            if path.name != f"{self._file}.json":
                told = {
                    (name, tuple(map(tuple, labels))): value for name, labels, value in json.loads(path.read_text())
                }
                yield told, _is_alive(int(path.name.split(".")[0]))


class _Collected:
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _sum(metric: Metric, others: Iterable[dict[_Key, float]]) -> Metric:
    own: dict[_Key, float] = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in _samples([metric])}
    names = {metric.name + suffix for suffix in _SUFFIXES.get(metric.type, ("",))}
    for told in others:
        for key, value in told.items():
            if key[0] in names:
                own[key] = own.get(key, 0.0) + value
    whole = copy(metric)
    whole.samples = [Sample(name, dict(labels), value) for (name, labels), value in own.items()]
    return whole


def _samples(metrics: Iterable[Metric]) -> Iterator[Any]:
    # When a figure was first counted tells nobody anything once processes are added up.
    return (one for metric in metrics for one in metric.samples if not one.name.endswith("_created"))


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
