"""The names of all metrics a success criterion may use, and which way each is better."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["binary", "multiclass", "regression"]
Baseline = Literal["money", "probability", "label", "value", "ranking", "none"]

_CLASSES: tuple[Kind, ...] = ("binary", "multiclass")
_ALL: tuple[Kind, ...] = ("binary", "multiclass", "regression")
_REGRESSION: tuple[Kind, ...] = ("regression",)


@dataclass(frozen=True)
class MetricName:
    """One metric a case may name.

    Attributes:
        name: how the case names it.
        kinds: the kinds of problem it exists for.
        higher_is_better: whether a larger value is the better one.
        unit: "money", "share" (0 to 1), "nat", "target" (the target's unit) or "none".
        no_model: what stands for "no model" when it is compared: the best rule in money, the training
            base rates, the commonest class, the training mean or median, or a coin for rankings; "none" where that
            leaves the metric undefined or trivial, so that it cannot be compared.
    """

    name: str
    kinds: tuple[Kind, ...]
    higher_is_better: bool
    unit: Literal["money", "share", "nat", "target", "none"]
    no_model: Baseline


_METRICS = (
    MetricName("payoff_per_decision", _ALL, True, "money", "money"),
    MetricName("accuracy", _CLASSES, True, "share", "label"),
    MetricName("balanced_accuracy", _CLASSES, True, "share", "label"),
    MetricName("precision", _CLASSES, True, "share", "none"),
    MetricName("recall", _CLASSES, True, "share", "none"),
    MetricName("f1", _CLASSES, True, "share", "none"),
    MetricName("roc_auc", _CLASSES, True, "share", "ranking"),
    MetricName("average_precision", ("binary",), True, "share", "ranking"),
    MetricName("log_loss", _CLASSES, False, "nat", "probability"),
    MetricName("brier_score", _CLASSES, False, "share", "probability"),
    MetricName("calibration_error", _CLASSES, False, "share", "probability"),
    MetricName("mae", _REGRESSION, False, "target", "value"),
    MetricName("rmse", _REGRESSION, False, "target", "value"),
    MetricName("r2", _REGRESSION, True, "none", "value"),
)

METRICS: dict[str, MetricName] = {metric.name: metric for metric in _METRICS}


def metrics_for(kind: Kind, *, has_payoff: bool = True) -> tuple[str, ...]:
    """Name the metrics that exist for a kind of problem, in reporting order.

    Args:
        kind: binary, multiclass or regression.
        has_payoff: whether the case gives a payoff; without one there is no metric in money.

    Returns:
        Their names.
    """
    return tuple(m.name for m in _METRICS if kind in m.kinds and (has_payoff or m.unit != "money"))
