"""How alike groups must be decided about, by which measure, and what may be done for it."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem.base import CaseModel, require, require_known
from evergreen.problem.bias import BiasPlan
from evergreen.problem.columns import Column
from evergreen.problem.metric_names import Kind
from evergreen.problem.payoff import Payoff

FairnessMetric = Literal["selection_rate", "true_positive_rate", "false_positive_rate", "equalized_odds", "mean_error"]
FairnessRemedy = Literal["none", "reweigh", "resample", "reductions", "thresholds"]

_TWO = 2
_WORDS = ("category", "boolean")
_WEIGHING = ("reweigh", "resample", "reductions")
_PARTING = ("thresholds", "reductions")


class Fairness(CaseModel):
    """What a case asks of decisions about groups.

    Attributes:
        columns: the sensitive columns whose groups are compared; several mean their intersections.
        metric: the one gap that counts, of rates at which groups get the favourable action: "selection_rate" of all
            (demographic parity), "true_positive_rate" of those with the favourable outcome (equal opportunity),
            "false_positive_rate" of those without it, "equalized_odds" the larger gap of the last two. In a regression
            it is "mean_error", of the decided quantity less the outcome.
        at_most: the largest acceptable gap, a share; of a mean error in the target's unit.
        favourable_action: the action that a group is better off with; without a payoff it is the favourable class.
        min_group_rows: a group counts in a rate that is of so many of its rows or more; others are reported.
        allowed: the remedies that are priced, and of which one may be applied.
        may_use_group: whether the decision about a row may depend on its group. Where not, learning may still know it.
        remedy: the one that is applied.
    """

    columns: tuple[str, ...] = Field(min_length=1)
    metric: FairnessMetric
    at_most: float = Field(ge=0, allow_inf_nan=False)
    favourable_action: str | None = None
    min_group_rows: int = Field(default=50, ge=2)
    allowed: tuple[FairnessRemedy, ...] = Field(default=("none",), min_length=1)
    may_use_group: bool = False
    remedy: FairnessRemedy = "none"

    @property
    def name(self) -> str:
        """The gap in words: ``selection_rate by sex and race``."""
        return f"{self.metric} by {' and '.join(self.columns)}"

    @property
    def has_thresholds(self) -> bool:
        """Whether decisions are by cut points of groups."""
        return self.remedy == "thresholds"

    @property
    def has_reduction(self) -> bool:
        """Whether decisions are by models that were reduced to the limit."""
        return self.remedy == "reductions"

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        for key, names in (("columns", self.columns), ("allowed", self.allowed)):
            repeated = sorted({name for name in names if names.count(name) > 1})
            require(not repeated, f"fairness.{key}", f"names {repeated} twice", "Name each once.")
        is_gap = self.metric == "mean_error" or self.at_most <= 1
        require(is_gap, "fairness.at_most", f"is {self.at_most:g}, but a gap of rates is at most 1", "Lower it.")
        finding = f"is {self.remedy}, which is not among the allowed {list(self.allowed)}"
        require(self.remedy in self.allowed, "fairness.remedy", finding, "Allow it, or apply another.")
        if "thresholds" in self.allowed:
            thing = "fairness.allowed"
            finding = "names thresholds, which go by group, but may_use_group is false"
            require(self.may_use_group, thing, finding, "Take them out, or set may_use_group: true.")
            finding = "names thresholds, but one cut point a group cannot close both gaps of equalized_odds"
            cure = "Take them out, or choose true_positive_rate or false_positive_rate."
            require(self.metric != "equalized_odds", thing, finding, cure)
        return self


def check_fairness(
    fairness: Fairness,
    columns: Mapping[str, Column],
    *,
    kind: Kind,
    features: Mapping[str, Column],
    payoff: Payoff | None,
    plan: BiasPlan,
) -> None:
    """Refuse what contradicts the rest of the case.

    Args:
        fairness: the section.
        columns: the data contract.
        kind: of the problem.
        features: the columns a model may learn from.
        payoff: money per decision.
        plan: the plan for biases in the data.

    Raises:
        ValueError: at the first contradiction.
    """
    _check_columns(fairness, columns, features)
    _check_kind(fairness, kind, plan)
    _check_action(fairness, None if kind == "regression" else payoff)
    _check_rows_are_alike(fairness, payoff)
    weighing = [remedy for remedy in fairness.allowed if remedy in _WEIGHING]
    clause = plan.balancing_clause
    if weighing and clause is not None:
        finding = f"names {weighing}, but clause '{clause.name}' of bias_plan weighs rows already"
        require(False, "fairness.allowed", finding, "Keep one of them.")
    if "thresholds" in fairness.allowed:
        _check_thresholds(fairness, columns, payoff)


def _check_columns(fairness: Fairness, columns: Mapping[str, Column], features: Mapping[str, Column]) -> None:
    thing = "fairness.columns"
    require_known(thing, list(fairness.columns), list(columns))
    plain = [name for name in fairness.columns if not columns[name].is_sensitive]
    require(not plain, thing, f"compares groups by {plain}", "Mark these columns is_sensitive: true.")
    endless = [name for name in fairness.columns if columns[name].type in ("text", "image")]
    require(not endless, thing, f"takes {endless} for groups", "Prose and pictures tell none: name other columns.")
    late = [name for name in fairness.columns if columns[name].known_at == "outcome"]
    require(not late, thing, f"names {late}, known only at the outcome", "Name columns known at the decision.")
    used = [name for name in fairness.columns if name in features]
    cure = "Add is_feature: false to them, or set may_use_group: true."
    is_kept = fairness.may_use_group or not used
    require(is_kept, thing, f"has the features {used}, but may_use_group is false", cure)


def _check_kind(fairness: Fairness, kind: Kind, plan: BiasPlan) -> None:
    """Refuse what a kind of problem has no meaning for: remedies part two classes, and a number has no rates."""
    is_number = kind == "regression"
    cure = "Choose mean_error." if is_number else "Choose a gap of rates."
    fits = is_number == (fairness.metric == "mean_error")
    require(fits, "fairness.metric", f"is {fairness.metric}, but the problem is {kind}", cure)
    others = [remedy for remedy in fairness.allowed if remedy != "none"]
    finding = f"names {others}, which are for two classes, but the problem is {kind}"
    cure = "Take them out; remedies for bias in the data are in bias_plan."
    require(kind == "binary" or not others, "fairness.allowed", finding, cure)
    has_class = kind != "multiclass" or plan.favourable is not None
    require(has_class, "fairness", "has no class to be better off with", "Name it: bias_plan.favourable.")


def _check_action(fairness: Fairness, payoff: Payoff | None) -> None:
    thing, action = "fairness.favourable_action", fairness.favourable_action
    if payoff is None:
        cure = "Remove it: the favourable class is what is decided."
        require(action is None, thing, f"is '{action}', but the case has no payoff with actions", cure)
        return
    finding = "is not said, so nobody knows which decision a group is better off with"
    require(action is not None, thing, finding, f"Name one of {list(payoff.actions)}.")
    require_known(thing, [str(action)], list(payoff.actions))


def _check_rows_are_alike(fairness: Fairness, payoff: Payoff | None) -> None:
    """Refuse remedies that part rows by one score where money differs by row, or an action is scarce."""
    if payoff is None or not payoff.needs_rows:
        return
    parting = [remedy for remedy in fairness.allowed if remedy in _PARTING]
    why = "money differs by row" if payoff.row_money else f"'{payoff.capacity and payoff.capacity.action}' is scarce"
    finding = f"names {parting}, which part rows by one score, but {why}"
    require(not parting, "fairness.allowed", finding, "Take them out: reweigh and resample remain.")


def _check_thresholds(fairness: Fairness, columns: Mapping[str, Column], payoff: Payoff | None) -> None:
    thing = "fairness.allowed"
    finding = "names thresholds, which are chosen by money, but the case has no payoff"
    require(payoff is not None, thing, finding, "Give a payoff, or take them out.")
    actions = payoff.plain_actions if payoff is not None else {}
    finding = f"names thresholds, which part two actions, but the payoff has {len(actions)}"
    require(len(actions) == _TWO, thing, finding, "Take them out.")
    first, second = actions.values()
    gains = {first[name] - second[name] for name in first}
    finding = "names thresholds, but one action pays the same more whatever the class"
    require(len(gains) > 1, thing, finding, "Mend the payoff, or take them out.")
    numbers = [name for name in fairness.columns if columns[name].type not in _WORDS]
    finding = f"names thresholds, but {numbers} are no words"
    require(not numbers, thing, finding, "Compare groups by words, or take them out.")
