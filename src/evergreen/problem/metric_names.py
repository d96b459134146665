"""The names of all metrics a success criterion may use, and which way each is better."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["binary", "multiclass", "regression"]
Baseline = Literal["money", "probability", "label", "value", "ranking", "none"]

_CLASSES: tuple[Kind, ...] = ("binary", "multiclass")
_ALL: tuple[Kind, ...] = ("binary", "multiclass", "regression")
_REGRESSION: tuple[Kind, ...] = ("regression",)
_OF_CLASS = ":"


@dataclass(frozen=True)
class MetricName:
    """One metric a case may name.

    Attributes:
        name: how the case names it.
        kinds: the kinds of problem it exists for.
        higher_is_better: whether a larger value is the better one.
        unit: "money", "share" (0 to 1), "nat", "target" (the target's unit), "ms", "s", "MB" or "none".
        no_model: what stands for "no model" when it is compared: the best rule in money, the training
            base rates, the commonest class, the training mean or median, or a coin for rankings; "none" where that
            leaves the metric undefined or trivial, so that it cannot be compared.
        has_classes: whether a case may ask for it of one class: ``recall:yes``.
        is_cost: whether it is measured of the model itself and not of its predictions.
        is_shown: whether it is always computed; others are where the case asks for them.
    """

    name: str
    kinds: tuple[Kind, ...]
    higher_is_better: bool
    unit: Literal["money", "share", "nat", "target", "ms", "s", "MB", "none"]
    no_model: Baseline
    has_classes: bool = False
    is_cost: bool = False
    is_shown: bool = True


_METRICS = (
    MetricName("payoff_per_decision", _ALL, True, "money", "money"),
    MetricName("accuracy", _CLASSES, True, "share", "label"),
    MetricName("balanced_accuracy", _CLASSES, True, "share", "label"),
    MetricName("precision", _CLASSES, True, "share", "none", has_classes=True),
    MetricName("recall", _CLASSES, True, "share", "none", has_classes=True),
    MetricName("f1", _CLASSES, True, "share", "none", has_classes=True),
    MetricName("roc_auc", _CLASSES, True, "share", "ranking"),
    MetricName("average_precision", ("binary",), True, "share", "ranking"),
    MetricName("log_loss", _CLASSES, False, "nat", "probability"),
    MetricName("brier_score", _CLASSES, False, "share", "probability"),
    MetricName("calibration_error", _CLASSES, False, "share", "probability"),
    MetricName("mae", _REGRESSION, False, "target", "value"),
    MetricName("rmse", _REGRESSION, False, "target", "value"),
    MetricName("r2", _REGRESSION, True, "none", "value"),
    MetricName("precision_macro", _CLASSES, True, "share", "none", is_shown=False),
    MetricName("precision_weighted", _CLASSES, True, "share", "none", is_shown=False),
    MetricName("recall_macro", _CLASSES, True, "share", "none", is_shown=False),
    MetricName("recall_weighted", _CLASSES, True, "share", "none", is_shown=False),
    MetricName("f1_macro", _CLASSES, True, "share", "none", is_shown=False),
    MetricName("f1_weighted", _CLASSES, True, "share", "none", is_shown=False),
    MetricName("latency_ms", _ALL, False, "ms", "none", is_cost=True, is_shown=False),
    MetricName("training_seconds", _ALL, False, "s", "none", is_cost=True, is_shown=False),
    MetricName("model_mb", _ALL, False, "MB", "none", is_cost=True, is_shown=False),
)

METRICS: dict[str, MetricName] = {metric.name: metric for metric in _METRICS}


def find_metric(name: str) -> MetricName:
    """Find a metric by the name that a case gives it.

    Args:
        name: one of ``METRICS``, or one of these of a class: ``recall:yes``.

    Returns:
        The metric, under the name it was asked by.

    Raises:
        KeyError: where there is none of that name, or none of single classes.
    """
    plain, of_class, _ = name.partition(_OF_CLASS)
    metric = METRICS[plain]
    if of_class and not metric.has_classes:
        raise KeyError(name)
    return replace(metric, name=name, has_classes=False) if of_class else metric


def class_of(name: str) -> str | None:
    """Read of which class a metric is asked.

    Args:
        name: ``recall:yes``, or a metric of all classes.

    Returns:
        The class, "yes"; None where none is named.
    """
    _, of_class, named = name.partition(_OF_CLASS)
    return named if of_class else None


def class_metrics(classes: Sequence[str]) -> tuple[str, ...]:
    """Name the metrics of each class.

    Args:
        classes: the classes in order.

    Returns:
        ``precision:bad, recall:bad, f1:bad, precision:fair, ...``
    """
    names = [metric.name for metric in _METRICS if metric.has_classes]
    return tuple(f"{name}{_OF_CLASS}{one}" for one in classes for name in names)


def metrics_for(kind: Kind, *, has_payoff: bool = True) -> tuple[str, ...]:
    """Name the metrics that are always computed for a kind of problem, in reporting order.

    Args:
        kind: binary, multiclass or regression.
        has_payoff: whether the case gives a payoff; without one there is no metric in money.

    Returns:
        Their names.
    """
    shown = [m for m in _METRICS if kind in m.kinds and m.is_shown]
    return tuple(m.name for m in shown if has_payoff or m.unit != "money")


def known_metrics(kind: Kind, *, has_payoff: bool = True) -> tuple[str, ...]:
    """Name all metrics that a criterion may name, but those of single classes.

    Args:
        kind: binary, multiclass or regression.
        has_payoff: whether the case gives a payoff.

    Returns:
        Their names.
    """
    return tuple(m.name for m in _METRICS if kind in m.kinds and (has_payoff or m.unit != "money"))
