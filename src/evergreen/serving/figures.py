"""The figures a service keeps of itself and of what passes through it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from evergreen.answering import Answer
from evergreen.problem import Problem
from evergreen.serving.metrics import Metric

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SHARES = tuple(step / 20 for step in range(1, 20))
_ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0)


def _counter(name: str, told: str, *labels: str) -> Metric:
    return field(default_factory=lambda: Metric(f"evergreen_{name}", "counter", told, labels))


def _gauge(name: str, told: str, *labels: str) -> Metric:
    return field(default_factory=lambda: Metric(f"evergreen_{name}", "gauge", told, labels))


def _histogram(name: str, told: str, edges: tuple[float, ...], *labels: str) -> Metric:
    return field(default_factory=lambda: Metric(f"evergreen_{name}", "histogram", told, labels, edges))


@dataclass
class Figures:
    """All metrics of one service; each tells what it is."""

    requests: Metric = _counter("requests_total", "Requests by route and status.", "route", "status")
    seconds: Metric = _histogram("request_seconds", "From the first byte to the answer.", _SECONDS, "route")
    rows: Metric = _counter("rows_total", "Rows answered, by release and its role.", "release_id", "role")
    batches: Metric = _histogram("batch_rows", "Rows answered together.", _ROWS)
    scores: Metric = _histogram("score", "Probability, by release and class.", _SHARES, "release_id", "class")
    values: Metric = _counter("value_sum", "Sum of predicted values of a regression.", "release_id")
    actions: Metric = _counter("actions_total", "Actions decided on, by release.", "release_id", "action")
    repairs: Metric = _counter("repairs_total", "Cells that a rule of the contract changed.", "column", "rule")
    unusable: Metric = _counter("unusable_rows_total", "Rows that cannot be used, by column.", "column")
    outcomes: Metric = _counter("outcomes_total", "Outcomes received: new, repeated, changed, unknown.", "kind")
    answer_failures: Metric = _counter("answer_failures_total", "Rows that the release failed on.", "release_id")
    log_failures: Metric = _counter("log_failures_total", "Batches that could not be logged.")
    release_refusals: Metric = _counter("release_refusals_total", "New releases that could not be served.")
    shadow_dropped: Metric = _counter("shadow_dropped_total", "Rows the shadow release had no time or place for.")
    in_flight: Metric = _gauge("in_flight", "Requests that are worked on.")
    ready: Metric = _gauge("ready", "Processes that are ready.")
    refused_release: Metric = _gauge("refused_release", "The champion that is not served, and why.", "release_id", "why")
    release: Metric = _gauge("release_info", "The releases that answer.", "release_id", "role", "is_compiled")

    def all(self) -> list[Metric]:
        """List the metrics.

        Returns:
            All of them, in order.
        """
        return [getattr(self, one.name) for one in fields(self)]

    def count_answers(self, answers: Sequence[Answer], problem: Problem, release_id: str, role: str) -> None:
        """Enter what was answered.

        Args:
            answers: of one release.
            problem: its case.
            release_id: its name.
            role: champion, canary or shadow.
        """
        self.rows.add(release_id, role, n=len(answers))
        for answer in answers:
            if answer.reasons:
                self._count_reasons(answer.reasons, problem)
                continue
            for column, rule in answer.repairs:
                self.repairs.add(column, rule)
            if problem.is_classification:
                self.actions.add(release_id, str(answer.action))
            else:
                self.values.add(release_id, n=answer.scores[0])
            classes = problem.target.classes[1:] if problem.kind == "binary" else problem.target.classes
            for name, score in zip(classes, answer.scores, strict=False):
                self.scores.see(score, release_id, name)

    def _count_reasons(self, reasons: str, problem: Problem) -> None:
        for column in dict.fromkeys(reason.split(" ")[0] for reason in reasons.split("; ")):
            self.unusable.add(column if column in problem.columns else "other")
