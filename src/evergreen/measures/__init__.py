"""Pure statistics that several stages share: payoff, scores, intervals, calibration, drift."""

from evergreen.measures.bounds import LOSS, PLAIN, POSITIVE, ROOT, SHARE, Scale
from evergreen.measures.calibration import calibration_curve, wilson_interval
from evergreen.measures.class_scores import ClassScores, score_each_class
from evergreen.measures.drift import adjust_p_values, compare_profiles
from evergreen.measures.expected import ExpectedPerformance, expect_performance, expected_roc_auc
from evergreen.measures.intervals import Estimate, Interval, estimate, resampling_weights
from evergreen.measures.payoff import (
    best_actions,
    expected_payoffs,
    payoff_matrix,
    quantity_payoffs,
    realised_payoffs,
)
from evergreen.measures.pinball import pinball_losses
from evergreen.measures.profiles import ColumnProfile, ProfileKind, profile_like, reference_profile
from evergreen.measures.scores import score_classes, score_values

__all__ = [
    "LOSS",
    "PLAIN",
    "POSITIVE",
    "ROOT",
    "SHARE",
    "ClassScores",
    "ColumnProfile",
    "Estimate",
    "ExpectedPerformance",
    "Interval",
    "ProfileKind",
    "Scale",
    "adjust_p_values",
    "best_actions",
    "calibration_curve",
    "compare_profiles",
    "estimate",
    "expect_performance",
    "expected_payoffs",
    "expected_roc_auc",
    "payoff_matrix",
    "pinball_losses",
    "profile_like",
    "quantity_payoffs",
    "realised_payoffs",
    "reference_profile",
    "resampling_weights",
    "score_classes",
    "score_each_class",
    "score_values",
    "wilson_interval",
]
