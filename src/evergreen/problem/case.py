"""The business case: one frozen model that every stage reads."""

from datetime import date
from functools import cached_property
from typing import Self

from pydantic import Field, RootModel, model_validator

from evergreen.problem.base import CaseModel, require, require_known
from evergreen.problem.bias import BiasClause, BiasPlan
from evergreen.problem.columns import Column
from evergreen.problem.compute import Compute
from evergreen.problem.criterion_checks import Ground, check_criterion, check_promotion, check_slices, check_when
from evergreen.problem.decision import Criterion, Limits, NoModelRule, Split, Target, When
from evergreen.problem.drills import DrillGoal
from evergreen.problem.fairness import Fairness, check_fairness
from evergreen.problem.metric_names import Kind, class_metrics, find_metric, metrics_for
from evergreen.problem.payoff import Payoff, check_capacity, check_row_money
from evergreen.problem.promotion import PromotionRule
from evergreen.problem.source_checks import check_names, check_sources
from evergreen.problem.sources import Source

_BINARY = 2
# A regression with a payoff always has it: the constant quantity that costs least on the training rows.
BEST_CONSTANT = "best_constant"


class AsOf(RootModel[date]):
    """The logical date of a run: what came later does not exist for it."""


class Problem(CaseModel):
    """A prediction problem and the business it serves.

    Attributes:
        name: the name of the case; folders are called after it.
        goal: what the business wants, in a sentence.
        decision: what is decided about each row, in a sentence.
        entity: what one row is.
        kind: binary, multiclass or regression.
        key: the columns that name a row.
        event_time: the column with the time of the decision; null where the data know no time.
        target: what is predicted.
        sources: the raw tables; exactly one is the spine.
        columns: the data contract.
        payoff: money per decision; null where nobody could say, and then no verdict is in money.
        rules: ways to decide without a model. One for every constant action is always there.
        criteria: what counts as success.
        promotion: how a challenger must compare with the champion; null where that is told and not judged.
        slices: parts of the rows that are looked at by themselves: name -> conditions that hold together.
        limits: what is not accepted whatever the model scores.
        split: how rows are divided.
        bias_plan: what is accepted and what is remedied of the biases in the data.
        fairness: how alike groups must be decided about; null where the case asks nothing.
        drills: which faults monitoring must see before a model may go live; nothing is asked where not said.
        compute: what computing costs, for the page of costs; null where nobody says.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    goal: str
    decision: str
    entity: str
    kind: Kind
    key: tuple[str, ...] = Field(min_length=1)
    event_time: str | None = None
    target: Target
    sources: dict[str, Source]
    columns: dict[str, Column]
    payoff: Payoff | None = None
    rules: tuple[NoModelRule, ...] = ()
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    promotion: PromotionRule | None = None
    slices: dict[str, tuple[When, ...]] = {}
    limits: Limits = Limits()
    split: Split
    bias_plan: BiasPlan = BiasPlan()
    fairness: Fairness | None = None
    drills: tuple[DrillGoal, ...] = ()
    compute: Compute | None = None

    @property
    def spine(self) -> str:
        """The source that holds one row per decision."""
        return next(name for name, source in self.sources.items() if source.is_spine)

    @cached_property
    def feature_columns(self) -> dict[str, Column]:
        """The columns a model may learn from: known at the decision, meant as features, and not a name or a time."""
        reserved = {*self.key, self.event_time, self.target.column, self.split.group}
        return {
            name: column
            for name, column in self.columns.items()
            if name not in reserved and column.is_feature and column.known_at == "decision"
        }

    @cached_property
    def period_columns(self) -> tuple[str, ...]:
        """Features joined by time alone: all rows of a period share one value, so they are no independent rows."""
        timed = {name for name, source in self.sources.items() if source.known_since and not source.join_on}
        return tuple(name for name, column in self.feature_columns.items() if column.source in timed)

    @cached_property
    def outcome_columns(self) -> tuple[str, ...]:
        """The columns that are known only after the decision; the target is one."""
        return tuple(name for name, column in self.columns.items() if column.known_at == "outcome")

    @cached_property
    def hidden_columns(self) -> tuple[str, ...]:
        """The columns whose cells the log of predictions never holds."""
        return tuple(name for name, column in self.columns.items() if not column.is_logged)

    @cached_property
    def is_rationed(self) -> bool:
        """Whether an action is scarce, so that what is decided on a row depends on the rows that come with it."""
        return self.payoff is not None and self.payoff.capacity is not None

    @cached_property
    def sensitive_columns(self) -> tuple[str, ...]:
        """The columns that tell a group that must not be treated worse."""
        return tuple(name for name, column in self.columns.items() if column.is_sensitive)

    @cached_property
    def group_columns(self) -> tuple[str, ...]:
        """The sensitive columns whose values are groups; prose and pictures have none."""
        return tuple(name for name in self.sensitive_columns if self.columns[name].type not in ("text", "image"))

    @property
    def favourable_class(self) -> str | None:
        """The class that a group is better off with; None where the outcome is a number or nobody has named one."""
        return (
            self.positive_class
            if self.kind == "binary" and not self.bias_plan.favourable
            else self.bias_plan.favourable
        )

    @cached_property
    def required_columns(self) -> tuple[str, ...]:
        """The columns without which a row cannot be used."""
        names = [name for name, column in self.columns.items() if column.is_required]
        always = [*self.key, self.event_time, self.split.group]
        return tuple(dict.fromkeys(name for name in [*always, *names] if name is not None))

    @property
    def positive_class(self) -> str:
        """The second class of a binary problem."""
        return self.target.classes[1]

    @property
    def is_classification(self) -> bool:
        """Whether the target is a class."""
        return self.kind != "regression"

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are computed for this problem: the usual ones, and what criteria or promotion ask for."""
        usual = metrics_for(self.kind, has_payoff=self.payoff is not None)
        many = class_metrics(self.target.classes) if self.kind == "multiclass" else ()
        asked = [one.metric for one in self.criteria if not find_metric(one.metric).is_cost]
        asked += [] if self.promotion is None else [self.promotion.metric]
        return tuple(dict.fromkeys([*usual, *many, *asked]))

    @cached_property
    def all_rules(self) -> tuple[NoModelRule, ...]:
        """The case's rules and one for every constant action it does not name itself."""
        if self.payoff is None or not self.is_classification:
            return self.rules
        named = {rule.action for rule in self.rules if rule.when is None}
        constant = (NoModelRule(name=f"always_{a}", action=a) for a in self.payoff.actions if a not in named)
        return (*self.rules, *constant)

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        check_names(list(self.columns), self.key)
        check_sources(self.sources, self.columns, event_time=self.event_time, target=self.target.column)
        self._check_names()
        self._check_target()
        self._check_payoff()
        self._check_rules()
        check_slices(self.slices, self.columns, self.outcome_columns)
        self._check_criteria()
        self._check_bias_plan()
        self._check_fairness()
        require(bool(self.feature_columns), "columns", "leave nothing to learn from", "Mark some as features.")
        return self

    def _check_names(self) -> None:
        wanted = [*self.key, self.event_time, self.target.column, self.split.group]
        require_known("the case", [name for name in wanted if name is not None], list(self.columns))
        if self.event_time is not None:
            is_time = self.columns[self.event_time].type == "timestamp"
            require(is_time, f"event_time '{self.event_time}'", "is not a timestamp", "Declare its type: timestamp.")
        has_time = self.event_time is not None
        require(has_time or self.split.by != "time", "split", "is by time without event_time", "Name the event_time.")
        names = [*self.key, self.event_time, self.split.group]
        needed = [name for name in self.outcome_columns if self.columns[name].is_required]
        require(not needed, f"column {needed}", "is required but known only at the outcome", "Drop is_required.")
        hidden = [name for name in (*self.key, self.event_time, self.target.column) if name in self.hidden_columns]
        finding = "is hidden from the log of predictions, which finds rows and outcomes by it"
        require(not hidden, f"column {hidden}", finding, "Drop is_logged: false.")
        early = [name for name in names if name in self.outcome_columns]
        require(not early, f"column {early}", "names the row but is known only at the outcome", "Mend known_at.")

    def _check_target(self) -> None:
        column, classes = self.columns[self.target.column], self.target.classes
        late = column.known_at == "outcome"
        require(late, f"target '{self.target.column}'", "is known_at: decision", "A target is known_at: outcome.")
        held = column.outlier_fences is not None
        cure = "Give it a range: what is predicted must be what happened."
        require(not held, f"target '{self.target.column}'", "has outlier_fences", cure)
        if not self.is_classification:
            require(not classes, "target.classes", "are given for a regression", "Remove them.")
            require(column.is_numeric, "target", f"is of type {column.type}", "A regression predicts a number.")
            return
        n_classes = len(set(classes))
        enough = n_classes == _BINARY if self.kind == "binary" else n_classes > _BINARY
        require(enough, "target.classes", f"are {n_classes} for a {self.kind} problem", "Name all classes.")
        require(n_classes == len(classes), "target.classes", f"{list(classes)} repeat a class", "Name each once.")
        require(column.type == "category", "target", f"is of type {column.type}", "Declare it a category.")
        same = column.values is not None and set(column.values) == set(classes)
        require(same, "target.classes", f"{list(classes)} differ from the column's values", "Make them the same.")

    def _check_payoff(self) -> None:
        if self.payoff is None:
            return
        if not self.is_classification:
            require(not self.payoff.actions, "payoff.actions", "are given for a regression", "Give unit costs.")
            return
        require(bool(self.payoff.actions), "payoff", "has no actions", "Give a payoff for every action and class.")
        for action, pays in self.payoff.actions.items():
            full = set(pays) == set(self.target.classes)
            cure = f"Give one figure for each of {list(self.target.classes)}."
            require(full, f"payoff of '{action}'", f"is for {sorted(pays)}", cure)
        check_row_money(self.payoff, self.columns, required=self.required_columns)
        check_capacity(self.payoff.capacity, event_time=self.event_time, split=self.split)

    def _check_rules(self) -> None:
        require(self.payoff is not None or not self.rules, "rules", "are given without a payoff", "Give a payoff.")
        names = [rule.name for rule in self.all_rules]
        repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        require(not repeated, "rules", f"{repeated} share a name", "Rename them; always_<action> is there by itself.")
        for rule in self.rules:
            thing = f"rule '{rule.name}'"
            columns = [rule.when.column if rule.when else None, rule.column]
            require_known(thing, [name for name in columns if name is not None], list(self.columns))
            late = [name for name in columns if name in self.outcome_columns]
            require(not late, thing, f"uses {late}, which is known only at the outcome", "Use another column.")
            self._check_decides(rule, thing)

    def _check_decides(self, rule: NoModelRule, thing: str) -> None:
        if rule.column is not None:
            require(not self.is_classification, thing, "decides on a quantity", "Name an action.")
            is_number = self.columns[rule.column].is_numeric
            require(is_number, thing, f"takes '{rule.column}' as a quantity", "Name a column of numbers.")
            return
        require(
            self.is_classification, thing, "takes an action", "A regression decides on a quantity: name its column."
        )
        if self.payoff is not None:
            acts = [name for name in (rule.action, rule.otherwise) if name is not None]
            require_known(thing, acts, list(self.payoff.actions))
        if rule.when is not None:
            check_when(rule.when, self.columns[rule.when.column], thing)

    def _check_criteria(self) -> None:
        constant = () if self.is_classification or self.payoff is None else (BEST_CONSTANT,)
        ground = Ground(
            kind=self.kind,
            payoff=self.payoff,
            target=self.target,
            target_unit=self.columns[self.target.column].unit,
            rules=(*(rule.name for rule in self.all_rules), *constant),
            slices=tuple(self.slices),
        )
        for criterion in self.criteria:
            check_criterion(criterion, ground)
        if self.promotion is not None:
            check_promotion(self.promotion, ground)

    def _check_bias_plan(self) -> None:
        favourable = self.bias_plan.favourable
        if favourable is not None:
            require_known("bias_plan.favourable", [favourable], list(self.target.classes))
        for clause in self.bias_plan.clauses:
            self._check_clause(clause, f"bias_plan clause '{clause.name}'")

    def _check_clause(self, clause: BiasClause, thing: str) -> None:
        require_known(thing, list(clause.columns), list(self.columns))
        plain = [name for name in clause.columns if not self.columns[name].is_sensitive]
        require(not plain, thing, f"compares groups by {plain}", "Mark these columns is_sensitive: true.")
        endless = [name for name in clause.columns if name not in self.group_columns]
        require(not endless, thing, f"takes {endless} for groups", "Prose and pictures tell none: name other columns.")
        is_rate, is_mean = clause.measure == "base_rate", not self.is_classification
        has_class = not is_rate or is_mean or self.favourable_class is not None
        require(has_class, thing, "has no class to count", "Name the one to be better off with: favourable.")
        is_share = (is_rate and is_mean) or (clause.at_most or 0) <= 1
        require(is_share, thing, f"gives at_most {clause.at_most}, but a gap of shares is at most 1", "Lower it.")
        finding = f"has the remedy {clause.remedy}, which balances classes, but the outcome is a number"
        require(not (clause.is_balancing and is_mean), thing, finding, "Accept it, or ask for more data.")

    def _check_fairness(self) -> None:
        if self.fairness is not None:
            check_fairness(
                self.fairness,
                self.columns,
                kind=self.kind,
                features=self.feature_columns,
                payoff=self.payoff,
                plan=self.bias_plan,
            )
