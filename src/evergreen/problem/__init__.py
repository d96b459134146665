"""The business case and the data contract: the border that every stage reads."""

from evergreen.problem.base import CaseModel
from evergreen.problem.bias import BiasClause, BiasPlan
from evergreen.problem.case import BEST_CONSTANT, AsOf, Problem
from evergreen.problem.columns import Column, canonical_text
from evergreen.problem.compute import Compute
from evergreen.problem.decision import CHAMPION, NO_MODEL, Criterion, Limits, NoModelRule, Split, Target, When
from evergreen.problem.digits import in_digits, in_full
from evergreen.problem.drills import DrillGoal, DrillKind
from evergreen.problem.fairness import Fairness, FairnessMetric, FairnessRemedy
from evergreen.problem.likeness import tell_difference
from evergreen.problem.metric_names import METRICS, Kind, MetricName, class_of, find_metric, metrics_for
from evergreen.problem.payoff import Capacity, Payoff, RowMoney, Term
from evergreen.problem.promotion import PromotionRule
from evergreen.problem.sources import Derivation, Source

__all__ = [
    "BEST_CONSTANT",
    "CHAMPION",
    "METRICS",
    "NO_MODEL",
    "AsOf",
    "BiasClause",
    "BiasPlan",
    "Capacity",
    "CaseModel",
    "Column",
    "Compute",
    "Criterion",
    "Derivation",
    "DrillGoal",
    "DrillKind",
    "Fairness",
    "FairnessMetric",
    "FairnessRemedy",
    "Kind",
    "Limits",
    "MetricName",
    "NoModelRule",
    "Payoff",
    "Problem",
    "PromotionRule",
    "RowMoney",
    "Source",
    "Split",
    "Target",
    "Term",
    "When",
    "canonical_text",
    "class_of",
    "find_metric",
    "in_digits",
    "in_full",
    "metrics_for",
    "tell_difference",
]
