"""The business case and the data contract: the border that every stage reads."""

from evergreen.problem.base import CaseModel
from evergreen.problem.bias import BiasClause, BiasPlan
from evergreen.problem.case import AsOf, Problem
from evergreen.problem.columns import Column, canonical_text
from evergreen.problem.decision import Criterion, Limits, NoModelRule, Payoff, Split, Target, When
from evergreen.problem.fairness import Fairness, FairnessMetric, FairnessRemedy
from evergreen.problem.metric_names import METRICS, Kind, MetricName, metrics_for
from evergreen.problem.sources import Derivation, Source

__all__ = [
    "METRICS",
    "AsOf",
    "BiasClause",
    "BiasPlan",
    "CaseModel",
    "Column",
    "Criterion",
    "Derivation",
    "Fairness",
    "FairnessMetric",
    "FairnessRemedy",
    "Kind",
    "Limits",
    "MetricName",
    "NoModelRule",
    "Payoff",
    "Problem",
    "Source",
    "Split",
    "Target",
    "When",
    "canonical_text",
    "metrics_for",
]
