"""What is decided, what it is compared with and what counts as success."""

from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require, require_known
from evergreen.problem.digits import in_full
from evergreen.problem.metric_names import METRICS, find_metric

ClassName = str
NO_MODEL = "no_model"
CHAMPION = "champion"


class When(CaseModel):
    """A condition on one column: its value is one of some words, at least a number, or below one.

    It does not hold where the cell is empty.
    """

    column: str
    values: tuple[str, ...] | None = None
    at_least: float | None = None
    below: float | None = None

    @property
    def phrase(self) -> str:
        """The condition in words: ``age_years is at least 60``."""
        if self.values is not None:
            return f"{self.column} is {' or '.join(self.values)}"
        side, limit = ("at least", self.at_least) if self.at_least is not None else ("below", self.below)
        return f"{self.column} is {side} {limit:g}"

    @model_validator(mode="after")
    def _check_one_test(self) -> Self:
        given = [one for one in (self.values, self.at_least, self.below) if one is not None]
        require(len(given) == 1, "when", "needs exactly one of values, at_least and below", "Keep one.")
        return self


class NoModelRule(CaseModel):
    """A way to decide without a model.

    Attributes:
        name: how reports call it.
        action: the action it takes (classification).
        when: take the action only where this holds; everywhere where not said.
        otherwise: the action it takes elsewhere.
        column: the column that holds the decided quantity (regression).
    """

    name: str
    action: str | None = None
    when: When | None = None
    otherwise: str | None = None
    column: str | None = None

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        require(
            (self.action is None) != (self.column is None),
            f"rule '{self.name}'",
            "needs exactly one of action and column",
            "Keep one.",
        )
        require(
            (self.when is None) == (self.otherwise is None),
            f"rule '{self.name}'",
            "has only one of when and otherwise",
            "Give both or none.",
        )
        constant = self.column is None or self.when is None
        require(constant, f"rule '{self.name}'", "has both a column and a condition", "Keep one.")
        require(self.name != "model", "rule 'model'", "has the model's own name", "Rename it.")
        taken = self.name in (NO_MODEL, CHAMPION)
        require(not taken, f"rule '{self.name}'", "has a name that criteria give a meaning of its own", "Rename it.")
        return self


class Criterion(CaseModel):
    """One success criterion; it passes only if the confidence bound of the metric does.

    Attributes:
        metric: a name from ``METRICS``; precision, recall and f1 also of one class: ``recall:yes``.
        at_least: the limit of a metric that is better when higher.
        at_most: the limit of a metric that is better when lower.
        versus: judge the difference, on the same rows, to "no_model" (every way without a model), to one rule of the
            case by its name, or to the "champion"; the value itself where not said.
        slice: the slice of the case whose rows are judged; all rows where not said.
        unit: the unit of the limit; checked against the case where given.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    versus: str | None = None
    slice: str | None = None
    unit: str | None = None

    @property
    def limit(self) -> float:
        """The limit, whichever side it is on."""
        limit = self.at_least if self.at_least is not None else self.at_most
        assert limit is not None  # noqa: S101 - exactly one is given, see _check_direction
        return limit

    @property
    def name(self) -> str:
        """The criterion in words: ``payoff_per_decision versus no_model at least 0``."""
        versus = f" versus {self.versus}" if self.versus else ""
        side = "at least" if self.at_least is not None else "at most"
        where = f" in slice {self.slice}" if self.slice else ""
        return f"{self.metric}{where}{versus} {side} {in_full(self.limit)}"

    @property
    def higher_is_better(self) -> bool:
        """Whether a larger value of the metric is the better one."""
        return find_metric(self.metric).higher_is_better

    @model_validator(mode="after")
    def _check_direction(self) -> Self:
        plain, of_class, _ = self.metric.partition(":")
        require_known("criterion", [plain], list(METRICS))
        has_classes = not of_class or METRICS[plain].has_classes
        cure = f"Of single classes there are {', '.join(name for name in METRICS if METRICS[name].has_classes)}."
        require(has_classes, "criterion", f"asks for {plain} of one class, which does not exist", cure)
        is_higher = self.higher_is_better
        wanted, other = ("at_least", "at_most") if is_higher else ("at_most", "at_least")
        fits = getattr(self, wanted) is not None and getattr(self, other) is None
        way = "higher" if is_higher else "lower"
        require(
            fits, f"criterion on {self.metric}", f"must give {wanted} and nothing else", f"It is better when {way}."
        )
        return self


class Limits(CaseModel):
    """What the case will not accept, whatever the model scores.

    Attributes:
        max_quarantined_share: the largest share of rows that may be unusable, 0 to 1.
        min_training_rows: fewer labelled rows than this are not enough to learn from.
        min_holdout_rows: fewer labelled rows than this are not enough for a verdict.
        max_model_mb: the largest model that may be released, in megabytes.
        max_latency_ms: the longest a prediction of one row may take; null for no limit. Like the next one it is judged
            by what was measured on the machine at hand, so two runs may choose differently.
        max_training_seconds: the longest the fit of a model on all rows may take, by the clock; null for no limit.
        max_memory_mb: the most memory a process may hold that loads a release and answers its check rows, in
            megabytes; null for no limit. Judged before a release becomes champion.
    """

    max_quarantined_share: float = Field(default=0.1, ge=0, le=1)
    min_training_rows: int = Field(default=100, ge=10)
    min_holdout_rows: int = Field(default=100, ge=2)
    max_model_mb: float = Field(default=100, gt=0)
    max_latency_ms: float | None = Field(default=None, gt=0)
    max_training_seconds: float | None = Field(default=None, gt=0)
    max_memory_mb: float | None = Field(default=None, gt=0)

    @property
    def has_clock(self) -> bool:
        """Whether a limit is judged by the clock."""
        return self.max_latency_ms is not None or self.max_training_seconds is not None


class Target(CaseModel):
    """What is predicted.

    Attributes:
        column: its name in the contract.
        classes: the classes in order; a binary problem names the negative class first.
        delay_days: how long after the decision the outcome is known.
    """

    column: str
    classes: tuple[ClassName, ...] = ()
    delay_days: int = Field(default=0, ge=0)


class Split(CaseModel):
    """How rows are divided for learning, for the verdict, and for the first batch of new ones.

    Attributes:
        by: "time" keeps the order of the future; "group" keeps all rows of a group together; "random"
            goes by the row's key, so that a row keeps its side however the data grow.
        group: the column that names the group.
        holdout_share: share of the labelled rows that only the verdict may see.
        new_rows_days: with time, the last days before ``as_of`` whose rows are scored as new ones.
        new_rows_share: without time, the share of rows that is scored as new ones.
        n_folds: folds of the validation inside the training rows.
    """

    by: Literal["time", "group", "random"]
    group: str | None = None
    holdout_share: float = Field(default=0.2, gt=0, lt=1)
    new_rows_days: int | None = Field(default=None, ge=1)
    new_rows_share: float | None = Field(default=None, gt=0, lt=1)
    n_folds: int = Field(default=4, ge=2)

    @model_validator(mode="after")
    def _check_fits(self) -> Self:
        wanted, other = (
            ("new_rows_days", "new_rows_share") if self.by == "time" else ("new_rows_share", "new_rows_days")
        )
        fits = getattr(self, wanted) is not None and getattr(self, other) is None
        require(fits, f"split by {self.by}", f"must give {wanted} and not {other}", "Mend the split.")
        require((self.group is not None) == (self.by == "group"), "split", "names a group in vain or lacks it", "Mend.")
        return self
