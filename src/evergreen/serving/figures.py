"""The figures a service keeps of itself and of what passes through it."""

from collections import Counter as Counted
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary

from evergreen.answering import Answer
from evergreen.problem import Problem
from evergreen.tables.repair import REASON_SEPARATOR

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SHARES = tuple(step / 20 for step in range(1, 20))
_ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0)


class Figures:
    """All metrics of one service; each tells what it is.

    Attributes:
        registry: of their own, so that two services in one process keep apart.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._count("requests", "Requests by route and status.", "route", "status")
        self.seconds = self._bins("request_seconds", "From the head of a request to its answer.", _SECONDS, "route")
        self.in_flight = self._gauge("in_flight", "Requests that are worked on.")
        self.ready = self._gauge("ready", "Processes that are ready.")
        self.batches = self._bins("batch_rows", "Rows answered together.", _ROWS)
        self.rows = self._count("rows", "Rows answered, by release and its role.", "release_id", "role")
        self.scores = self._bins("score", "Probability, by release and class.", _SHARES, "release_id", "class")
        # A sum of both signs may fall, which Prometheus takes for a restart.
        told = "Predicted values of a regression without their sign, by release and sign."
        self.values = Summary("evergreen_value", told, ("release_id", "sign"), registry=self.registry)
        self.actions = self._count("actions", "Actions decided on, by release.", "release_id", "action")
        self.repairs = self._count("repairs", "Cells that a rule of the contract changed.", "column", "rule")
        self.compared = self._count("compared_rows", "Rows held against what the release has known.")
        self.strays = self._count("unusual_cells", "Their cells outside of that.", "column", "kind")
        self.unusable = self._count("unusable_rows", "Rows that cannot be used, by column.", "column")
        self.outcomes = self._count("outcomes", "Outcomes: new, repeated, changed; unknown of all these.", "kind")
        self.log_failures = self._count("log_failures", "Requests whose answers could not be logged.")
        self.shadow_dropped = self._count("shadow_dropped", "Rows that the shadow did not answer.")
        self.release = self._gauge("release_info", "Who is on duty.", "release_id", "role", "is_compiled")
        self.release_refusals = self._count("release_refusals", "New releases that could not take over.")
        self.refused_release = self._gauge("refused_release", "A release not served, and why.", "release_id", "why")

    def count_answers(self, answers: Sequence[Answer], problem: Problem, release_id: str, role: str) -> None:
        """Enter what was answered.

        Args:
            answers: of one release.
            problem: its case.
            release_id: its name.
            role: champion, canary or shadow; what the shadow repairs is counted already.
        """
        self.rows.labels(release_id, role).inc(len(answers))
        classes = problem.target.classes[1:] if problem.kind == "binary" else problem.target.classes
        if role != "shadow":
            self._count_cells(answers, problem)
        scored = [answer for answer in answers if answer.scores]
        if problem.is_classification:
            for action, n in Counted(str(answer.action) for answer in scored).items():
                self.actions.labels(release_id, action).inc(n)
        else:
            for (value,) in (answer.scores for answer in scored):
                self.values.labels(release_id, "negative" if value < 0 else "positive").observe(abs(value))
        for place, name in enumerate(classes):
            observe = self.scores.labels(release_id, name).observe
            for answer in scored:
                observe(answer.scores[place])

    def count_strays(self, n_rows: int, strays: Mapping[tuple[str, str], int]) -> None:
        """Enter what lies outside of what the champion has known.

        Args:
            n_rows: rows that were looked at.
            strays: (column, what is unusual) -> cells.
        """
        self.compared.inc(n_rows)
        for (column, kind), n in strays.items():
            self.strays.labels(column, kind).inc(n)

    def _count_cells(self, answers: Sequence[Answer], problem: Problem) -> None:
        for (column, rule), n in Counted(repair for answer in answers for repair in answer.repairs).items():
            self.repairs.labels(column, rule).inc(n)
        for answer in answers:
            reasons = answer.reasons.split(REASON_SEPARATOR) if answer.reasons else []
            for column in dict.fromkeys(reason.split(" ")[0] for reason in reasons):
                self.unusable.labels(column if column in problem.columns else "none").inc()

    def _count(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"evergreen_{name}", told, labels, registry=self.registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"evergreen_{name}", told, labels, registry=self.registry)

    def _bins(self, name: str, told: str, edges: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"evergreen_{name}", told, labels, registry=self.registry, buckets=edges)
