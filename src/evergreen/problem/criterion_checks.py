"""What a criterion and a slice must fit: checked when the case is read, before anything is trained."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from evergreen.problem.base import require, require_known
from evergreen.problem.columns import Column, canonical_text
from evergreen.problem.decision import CHAMPION, NO_MODEL, Criterion, Target, When
from evergreen.problem.metric_names import METRICS, Kind, MetricName, class_of, find_metric, known_metrics
from evergreen.problem.payoff import Payoff
from evergreen.problem.promotion import PromotionRule

_MONEY = "money"


@dataclass(frozen=True)
class Ground:
    """What the rest of the case says that criteria must fit.

    Attributes:
        kind: of the problem.
        payoff: money per decision.
        target: what is predicted.
        target_unit: its unit, if it has one.
        rules: the names of all ways without a model that pay.
        slices: the names of the slices.
    """

    kind: Kind
    payoff: Payoff | None
    target: Target
    target_unit: str | None
    rules: tuple[str, ...]
    slices: tuple[str, ...]


def check_criterion(criterion: Criterion, ground: Ground) -> None:
    """Refuse a criterion that does not fit the case.

    Args:
        criterion: the criterion.
        ground: what it must fit.

    Raises:
        ValueError: at the first contradiction.
    """
    metric, thing = find_metric(criterion.metric), f"criterion '{criterion.name}'"
    _check_metric(metric, ground, thing)
    if criterion.slice is not None:
        require(not metric.is_cost, thing, "asks what a model costs on a slice", "Leave the slice out.")
        require(bool(ground.slices), thing, "names a slice, but the case has none", "Give slices.")
        require_known(thing, [criterion.slice], list(ground.slices))
    _check_versus(criterion, metric, ground, thing)
    if criterion.unit is not None:
        unit = _unit_of(metric, ground)
        require(criterion.unit == unit, thing, f"is given in {criterion.unit}", f"The metric is in {unit}.")


def check_promotion(promotion: PromotionRule, ground: Ground) -> None:
    """Refuse a comparison with the champion that does not fit the case.

    Args:
        promotion: the comparison.
        ground: what it must fit.

    Raises:
        ValueError: at the first contradiction.
    """
    plain, of_class, _ = promotion.metric.partition(":")
    require_known("promotion", [plain], list(METRICS))
    has_classes = not of_class or METRICS[plain].has_classes
    require(has_classes, "promotion", f"asks for {plain} of one class, which does not exist", "Drop the class.")
    metric = find_metric(promotion.metric)
    require(not metric.is_cost, "promotion", f"compares {plain}, what a model costs", "Give a criterion on it a limit.")
    _check_metric(metric, ground, "promotion")


def _check_metric(metric: MetricName, ground: Ground, thing: str) -> None:
    possible = ", ".join(known_metrics(ground.kind, has_payoff=ground.payoff is not None))
    fits = ground.kind in metric.kinds
    require(fits, thing, f"does not exist for a {ground.kind} problem", f"It may be: {possible}.")
    named = class_of(metric.name)
    if named is not None:
        require_known(thing, [named], list(ground.target.classes))
    if metric.unit == _MONEY:
        require(ground.payoff is not None, thing, "is in money, but the case has no payoff", "Give a payoff.")


def _check_versus(criterion: Criterion, metric: MetricName, ground: Ground, thing: str) -> None:
    if criterion.versus is None:
        return
    require_known(f"{thing}: versus", [criterion.versus], [NO_MODEL, CHAMPION, *ground.rules])
    cure = "Give it a limit of its own."
    is_compared = not metric.is_cost
    require(is_compared, thing, "compares what a model costs", cure)
    if criterion.versus == CHAMPION:
        return
    if criterion.versus == NO_MODEL:
        cure = "Compare balanced_accuracy, log_loss or money, or give the metric a limit of its own."
        require(metric.no_model != "none", thing, "compares with a model that names one class only", cure)
        return
    cure = "Compare payoff_per_decision, or take versus: no_model."
    require(metric.unit == _MONEY, thing, "compares a score with a rule, which decides and gives no scores", cure)


def check_slices(
    slices: Mapping[str, Sequence[When]], columns: Mapping[str, Column], outcomes: Collection[str]
) -> None:
    """Refuse slices whose conditions do not fit the contract.

    Args:
        slices: name -> conditions.
        columns: the data contract.
        outcomes: the columns that are known only at the outcome.

    Raises:
        ValueError: at the first contradiction.
    """
    for name, conditions in slices.items():
        thing = f"slice '{name}'"
        require(bool(conditions), thing, "has no condition", "Give one, or remove it.")
        require_known(thing, [when.column for when in conditions], list(columns))
        late = [when.column for when in conditions if when.column in outcomes]
        require(not late, thing, f"goes by {late}, which is known only at the outcome", "Use another column.")
        for when in conditions:
            check_when(when, columns[when.column], thing)


def check_when(when: When, column: Column, thing: str) -> None:
    """Refuse a condition that its column can never fulfil.

    Args:
        when: the condition.
        column: its column.
        thing: where it stands.

    Raises:
        ValueError: where it compares words with numbers, or names a word that is not stored.
    """
    if when.values is None:
        cure = "Give values."
        require(column.is_numeric, thing, f"compares '{when.column}', a {column.type}, with a number", cure)
        return
    is_word = column.type in ("category", "boolean")
    require(is_word, thing, f"looks for words in '{when.column}', a {column.type}", "Name a category, or at_least.")
    stored = ("true", "false") if column.type == "boolean" else column.values
    require_known(thing, list(when.values), list(stored or map(canonical_text, when.values)))


def _unit_of(metric: MetricName, ground: Ground) -> str:
    if metric.unit == _MONEY and ground.payoff is not None:
        return ground.payoff.unit
    return ground.target_unit or metric.unit if metric.unit == "target" else metric.unit
