"""Figures for Prometheus, of one process or of several on one port together.

The usual client keeps its figures in the module and finds other processes by an environment variable that must be set
before it is imported. Here they belong to one service, and what the processes share is a folder of small files.
"""

import json
import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[str, ...]
MetricKind = Literal["counter", "gauge", "histogram"]


@dataclass
class Metric:
    """A figure by labels.

    Attributes:
        name: as Prometheus shows it.
        kind: counter, gauge or histogram.
        told: what it is.
        labels: names of the labels.
        edges: upper ends of a histogram's bins, rising.
        values: labels -> the figure; of a histogram the counts of all bins, the last one open, and the sum.
    """

    name: str
    kind: MetricKind
    told: str
    labels: Labels = ()
    edges: tuple[float, ...] = ()
    values: dict[Labels, list[float]] = field(default_factory=dict)

    def add(self, *labels: str, n: float = 1.0) -> None:
        """Count.

        Args:
            labels: in order.
            n: how many.
        """
        self.values.setdefault(labels, [0.0])[0] += n

    def set(self, *labels: str, to: float) -> None:
        """Say how much it is now.

        Args:
            labels: in order.
            to: the figure.
        """
        self.values[labels] = [float(to)]

    def see(self, value: float, *labels: str) -> None:
        """Enter one value into a histogram.

        Args:
            value: the value.
            labels: in order.
        """
        bins = self.values.setdefault(labels, [0.0] * (len(self.edges) + 2))
        bins[bisect_left(self.edges, value)] += 1
        bins[-1] += value

    def lines(self) -> Iterable[str]:
        """Write it in the text format of Prometheus.

        Yields:
            Lines.
        """
        yield f"# HELP {self.name} {self.told}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, value in sorted(self.values.items()):
            pairs = dict(zip(self.labels, labels, strict=True))
            if self.kind == "histogram":
                yield from self._bins(pairs, value)
            else:
                yield f"{self.name}{_written(pairs)} {value[0]:.17g}"

    def _bins(self, pairs: Mapping[str, str], value: Sequence[float]) -> Iterable[str]:
        seen = 0.0
        for edge, n in zip((*map(str, self.edges), "+Inf"), value[:-1], strict=True):
            seen += n
            yield f"{self.name}_bucket{_written({**pairs, 'le': edge})} {seen:.17g}"
        yield f"{self.name}_sum{_written(pairs)} {value[-1]:.17g}"
        yield f"{self.name}_count{_written(pairs)} {seen:.17g}"


def _written(pairs: Mapping[str, str]) -> str:
    escaped = {
        name: text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for name, text in pairs.items()
    }
    return "{" + ",".join(f'{name}="{text}"' for name, text in escaped.items()) + "}" if pairs else ""


def write_metrics(metrics: Iterable[Metric]) -> str:
    """Write metrics in the text format of Prometheus.

    Args:
        metrics: in order.

    Returns:
        The text.
    """
    return "".join(f"{line}\n" for metric in metrics for line in metric.lines())


class SharedMetrics:
    """What the processes on one port tell each other.

    Args:
        folder: where each keeps a file; None where there is one process.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._own = f"{os.getpid()}.{uuid4().hex}"

    def publish(self, metrics: Iterable[Metric]) -> None:
        """Tell the others.

        Args:
            metrics: of this process.
        """
        if self._folder is None:
            return
        told = {metric.name: [[*labels, value] for labels, value in metric.values.items()] for metric in metrics}
        draft = self._folder / f"{self._own}.draft"
        draft.write_text(json.dumps(told))
        draft.replace(self._folder / f"{self._own}.json")

    def together(self, metrics: Sequence[Metric]) -> list[Metric]:
        """Add up what all have told.

        Args:
            metrics: of this process.

        Returns:
            Counts of all processes that ever were, and gauges of those that live: their sum.
        """
        whole = [
            Metric(one.name, one.kind, one.told, one.labels, one.edges, {k: [*v] for k, v in one.values.items()})
            for one in metrics
        ]
        for path in sorted(self._folder.glob("*.json")) if self._folder else ():
            if path.name != f"{self._own}.json":
                _add(whole, json.loads(path.read_text()), is_alive=_is_alive(int(path.name.split(".")[0])))
        return whole


def _add(whole: Iterable[Metric], told: Mapping[str, Any], *, is_alive: bool) -> None:
    for metric in whole:
        if metric.kind == "gauge" and not is_alive:
            continue
        for *labels, value in told.get(metric.name, ()):
            own = metric.values.get(tuple(labels), [0.0] * len(value))
            metric.values[tuple(labels)] = [a + b for a, b in zip(own, value, strict=True)]


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
