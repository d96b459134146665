"""Every way to break a case, and what the refusal must say."""

from typing import Any

from evergreen.problem import Kind
from tests.cases import GONE

_CLAUSE = {"measure": "base_rate", "columns": ["sex"], "remedy": "accept", "why": "For the test."}
_RULE = {"name": "r", "action": "call", "when": {"column": "sex", "values": ["male"]}, "otherwise": "skip"}

# What is broken -> the kind of case, the changes that break it, the sentence it is refused with.
BROKEN: dict[str, tuple[Kind, dict[str, Any], str]] = {
    "unknown-key": (
        "binary",
        {"targets": {}},
        "Unknown key 'targets' in Problem. Did you mean 'target'?",
    ),
    "unknown-key-in-a-part": (
        "binary",
        {"split.holdout_shared": 0.2},
        "Unknown key 'holdout_shared' in Split. Did you mean 'holdout_share'?",
    ),
    "unknown-key-like-no-other": ("binary", {"zzz": 1}, "Unknown key 'zzz' in Problem. Remove it."),
    "name-with-blanks": ("binary", {"name": "My case"}, "String should match pattern"),
    "no-key": ("binary", {"key": []}, "at least 1 item"),
    "no-criteria": ("binary", {"criteria": []}, "at least 1 item"),
    "no-spine": ("binary", {"sources.calls": {"join_on": ["client_id"]}}, "sources have 0 spines. Mark exactly one"),
    "two-spines": ("binary", {"sources.clients.is_spine": True}, "sources have 2 spines. Mark exactly one"),
    "column-of-an-unknown-source": (
        "binary",
        {"columns.sex.source": "client"},
        "column 'sex' names 'client', which does not exist. Did you mean 'clients'?",
    ),
    "join-on-a-column-the-spine-lacks": (
        "binary",
        {"sources.clients.join_on": ["age_years"]},
        "source 'clients' join_on names 'age_years', which does not exist.",
    ),
    "source-by-time-in-a-case-without": (
        "binary",
        {"event_time": GONE, "split": {"by": "random", "new_rows_share": 0.2}},
        "is joined as of the decision, but the case has no event_time",
    ),
    "one-raw-column-by-two-names": (
        "binary",
        {"columns.published_on": {"type": "text", "source": "rates", "raw_name": "other"}},
        "source 'rates' knows 'published_on' by two names. Rename the column.",
    ),
    "unknown-key-column": (
        "binary",
        {"key": ["call"]},
        "the case names 'call', which does not exist. Did you mean 'call_id'",
    ),
    "key-hidden-from-the-log": (
        "binary",
        {"columns.call_id.is_logged": False},
        "column ['call_id'] is hidden from the log of predictions, which finds rows and outcomes by it. Drop is_logged",
    ),
    "event-time-hidden-from-the-log": (
        "binary",
        {"columns.called_at.is_logged": False},
        "column ['called_at'] is hidden from the log of predictions",
    ),
    "target-hidden-from-the-log": (
        "binary",
        {"columns.bought.is_logged": False},
        "column ['bought'] is hidden from the log of predictions",
    ),
    "unknown-event-time": ("binary", {"event_time": "called"}, "the case names 'called', which does not exist"),
    "unknown-target": ("binary", {"target.column": "sold"}, "the case names 'sold', which does not exist"),
    "unknown-group": (
        "binary",
        {"split": {"by": "group", "group": "client", "new_rows_share": 0.2}},
        "the case names 'client', which does not exist. Did you mean 'client_id'?",
    ),
    "event-time-is-no-time": (
        "binary",
        {"columns.called_at.type": "text"},
        "event_time 'called_at' is not a timestamp. Declare its type: timestamp.",
    ),
    "split-by-time-without-time": (
        "multiclass",
        {"split": {"by": "time", "new_rows_days": 7}},
        "split is by time without event_time. Name the event_time.",
    ),
    "key-known-later": (
        "binary",
        {"columns.call_id.known_at": "outcome"},
        "column ['call_id'] names the row but is known only at the outcome. Mend known_at.",
    ),
    "group-known-later": (
        "binary",
        {"columns.sex.known_at": "outcome", "split": {"by": "group", "group": "sex", "new_rows_share": 0.2}},
        "column ['sex'] names the row but is known only at the outcome. Mend known_at.",
    ),
    "column-named-reasons": (
        "binary",
        {"columns.reasons": {"type": "text"}},
        "column 'reasons' has the name of quarantine reasons. Rename it.",
    ),
    "target-known-at-the-decision": (
        "binary",
        {"columns.bought.known_at": "decision"},
        "target 'bought' is known_at: decision. A target is known_at: outcome.",
    ),
    "classes-of-a-regression": (
        "regression",
        {"target.classes": ["few", "many"]},
        "target.classes are given for a regression. Remove them.",
    ),
    "regression-on-words": (
        "regression",
        {"columns.n_rentals": {"type": "category", "known_at": "outcome"}},
        "target is of type category. A regression predicts a number.",
    ),
    "three-classes-of-two": (
        "binary",
        {"target.classes": ["no", "maybe", "yes"]},
        "target.classes are 3 for a binary problem. Name all classes.",
    ),
    "two-classes-of-many": (
        "multiclass",
        {"target.classes": ["black", "red"]},
        "target.classes are 2 for a multiclass problem. Name all classes.",
    ),
    "one-class-twice": (
        "binary",
        {"target.classes": ["no", "yes", "no"]},
        "target.classes ['no', 'yes', 'no'] repeat a class. Name each once.",
    ),
    "classes-of-a-number": (
        "binary",
        {"columns.bought": {"type": "integer", "known_at": "outcome"}},
        "target is of type integer. Declare it a category.",
    ),
    "classes-that-are-no-values": (
        "binary",
        {"target.classes": ["no", "sold"]},
        "target.classes ['no', 'sold'] differ from the column's values. Make them the same.",
    ),
    "payoff-of-actions-for-a-regression": (
        "regression",
        {"payoff": {"unit": "EUR", "actions": {"keep": {"few": 1}}}},
        "payoff.actions are given for a regression. Give unit costs.",
    ),
    "unit-costs-for-classes": (
        "binary",
        {"payoff": {"unit": "EUR", "under_per_unit": 1, "over_per_unit": 2}},
        "payoff has no actions. Give a payoff for every action and class.",
    ),
    "payoff-lacks-a-class": (
        "binary",
        {"payoff.actions.call": {"yes": 8}},
        "payoff of 'call' is for ['yes']. Give one figure for each of ['no', 'yes'].",
    ),
    "rules-without-money": (
        "binary",
        {"payoff": GONE, "criteria": [{"metric": "roc_auc", "at_least": 0.6}]},
        "rules are given without a payoff. Give a payoff.",
    ),
    "two-rules-of-one-name": (
        "binary",
        {"rules": [{"name": "usual", "action": "call"}, {"name": "usual", "action": "skip"}]},
        "rules ['usual'] share a name.",
    ),
    "rule-with-the-name-of-a-constant-one": (
        "binary",
        {
            "rules": [
                {
                    "name": "always_skip",
                    "action": "call",
                    "when": {"column": "sex", "values": ["male"]},
                    "otherwise": "skip",
                }
            ]
        },
        "rules ['always_skip'] share a name. Rename them; always_<action> is there by itself.",
    ),
    "rule-on-an-unknown-column": (
        "binary",
        {"rules": [{**_RULE, "when": {"column": "sexx", "values": ["male"]}}]},
        "rule 'r' names 'sexx', which does not exist. Did you mean 'sex'?",
    ),
    "rule-on-an-outcome": (
        "binary",
        {"rules": [{**_RULE, "when": {"column": "duration_seconds", "at_least": 100}}]},
        "rule 'r' uses ['duration_seconds'], which is known only at the outcome. Use another column.",
    ),
    "rule-with-an-unknown-action": (
        "binary",
        {"rules": [{"name": "r", "action": "cal"}]},
        "rule 'r' names 'cal', which does not exist. Did you mean 'call'?",
    ),
    "rule-with-an-unknown-action-elsewhere": (
        "binary",
        {"rules": [{**_RULE, "when": {"column": "sex", "values": ["male"]}, "otherwise": "skipp"}]},
        "rule 'r' names 'skipp', which does not exist. Did you mean 'skip'?",
    ),
    "rule-on-an-unknown-word": (
        "binary",
        {"rules": [{**_RULE, "when": {"column": "sex", "values": ["Male"]}}]},
        "rule 'r' names 'Male', which does not exist. Did you mean 'male'?",
    ),
    "rule-on-a-free-word-not-as-it-is-stored": (
        "binary",
        {
            "columns.channel": {"type": "category"},
            "rules": [{**_RULE, "when": {"column": "channel", "values": ["Mobile"]}}],
        },
        "rule 'r' names 'Mobile', which does not exist. Did you mean 'mobile'?",
    ),
    "rule-on-a-boolean-as-it-came": (
        "binary",
        {"rules": [{**_RULE, "when": {"column": "is_owner", "values": ["yes"]}}]},
        "rule 'r' names 'yes', which does not exist. Known are 'true', 'false'.",
    ),
    "rule-on-the-size-of-a-word": (
        "binary",
        {"rules": [{**_RULE, "when": {"column": "sex", "at_least": 1}}]},
        "rule 'r' compares 'sex', a category, with a number. Give values.",
    ),
    "rule-on-the-words-of-a-number": (
        "binary",
        {"rules": [{**_RULE, "when": {"column": "age_years", "values": ["30"]}}]},
        "rule 'r' looks for words in 'age_years', a number. Name a category, or at_least.",
    ),
    "quantity-where-actions-are-chosen": (
        "binary",
        {"rules": [{"name": "r", "column": "age_years"}]},
        "rule 'r' decides on a quantity. Name an action.",
    ),
    "action-where-a-quantity-is-decided": (
        "regression",
        {"rules": [{"name": "r", "action": "keep"}]},
        "rule 'r' takes an action. A regression decides on a quantity: name its column.",
    ),
    "quantity-that-is-no-number": (
        "regression",
        {"rules": [{"name": "r", "column": "is_holiday"}]},
        "rule 'r' takes 'is_holiday' as a quantity. Name a column of numbers.",
    ),
    "criterion-of-another-kind": (
        "binary",
        {"criteria": [{"metric": "rmse", "at_most": 1}]},
        "criterion 'rmse at most 1' does not exist for a binary problem. It may be: payoff_per_decision, accuracy",
    ),
    "criterion-against-an-unknown-rule": (
        "binary",
        {"criteria": [{"metric": "payoff_per_decision", "versus": "call_know", "at_least": 0}]},
        "names 'call_know', which does not exist. Did you mean 'call_known'?",
    ),
    "criterion-of-a-score-against-a-rule": (
        "binary",
        {"criteria": [{"metric": "log_loss", "versus": "call_known", "at_most": 0}]},
        "compares a score with a rule, which decides and gives no scores. Compare payoff_per_decision",
    ),
    "criterion-that-compares-costs": (
        "binary",
        {"criteria": [{"metric": "latency_ms", "versus": "champion", "at_most": 0}]},
        "compares what a model costs. Give it a limit of its own.",
    ),
    "criterion-on-an-unknown-slice": (
        "binary",
        {
            "slices": {"men": [{"column": "sex", "values": ["male"]}]},
            "criteria": [{"metric": "roc_auc", "slice": "man", "at_least": 0.5}],
        },
        "names 'man', which does not exist. Did you mean 'men'?",
    ),
    "criterion-on-a-slice-without-slices": (
        "binary",
        {"criteria": [{"metric": "roc_auc", "slice": "men", "at_least": 0.5}]},
        "names a slice, but the case has none. Give slices.",
    ),
    "criterion-on-the-cost-of-a-slice": (
        "binary",
        {
            "slices": {"men": [{"column": "sex", "values": ["male"]}]},
            "criteria": [{"metric": "model_mb", "slice": "men", "at_most": 1}],
        },
        "asks what a model costs on a slice. Leave the slice out.",
    ),
    "criterion-on-an-unknown-class": (
        "multiclass",
        {"criteria": [{"metric": "recall:rad", "at_least": 0.5}]},
        "names 'rad', which does not exist. Did you mean 'red'?",
    ),
    "criterion-in-another-unit-than-time": (
        "binary",
        {"criteria": [{"metric": "latency_ms", "at_most": 5, "unit": "s"}]},
        "criterion 'latency_ms at most 5' is given in s. The metric is in ms.",
    ),
    "slice-by-an-outcome": (
        "binary",
        {"slices": {"sold": [{"column": "bought", "values": ["yes"]}]}},
        "slice 'sold' goes by ['bought'], which is known only at the outcome. Use another column.",
    ),
    "slice-by-an-unknown-column": (
        "binary",
        {"slices": {"men": [{"column": "sexx", "values": ["male"]}]}},
        "slice 'men' names 'sexx', which does not exist. Did you mean 'sex'?",
    ),
    "slice-by-an-unknown-word": (
        "binary",
        {"slices": {"men": [{"column": "sex", "values": ["man"]}]}},
        "slice 'men' names 'man', which does not exist.",
    ),
    "slice-without-conditions": ("binary", {"slices": {"all": []}}, "slice 'all' has no condition. Give one"),
    "criterion-in-money-without-money": (
        "binary",
        {"payoff": GONE, "rules": []},
        "is in money, but the case has no payoff. Give a payoff.",
    ),
    "criterion-in-another-currency": (
        "binary",
        {"criteria": [{"metric": "payoff_per_decision", "at_least": 0, "unit": "USD"}]},
        "criterion 'payoff_per_decision at least 0' is given in USD. The metric is in EUR.",
    ),
    "criterion-in-another-unit": (
        "binary",
        {"criteria": [{"metric": "log_loss", "at_most": 0.3, "unit": "share"}]},
        "criterion 'log_loss at most 0.3' is given in share. The metric is in nat.",
    ),
    "criterion-in-another-unit-than-the-target": (
        "regression",
        {"criteria": [{"metric": "mae", "at_most": 20, "unit": "hours"}]},
        "criterion 'mae at most 20' is given in hours. The metric is in bikes.",
    ),
    "nothing-to-learn-from": (
        "multiclass",
        {"columns.area_mm2.is_feature": False, "columns.colour.known_at": "outcome"},
        "columns leave nothing to learn from. Mark some as features.",
    ),
    "plan-for-an-unknown-class": (
        "binary",
        {"bias_plan": {"favourable": "yess"}},
        "bias_plan.favourable names 'yess', which does not exist. Did you mean 'yes'?",
    ),
    "plan-for-a-class-of-a-regression": (
        "regression",
        {"bias_plan": {"favourable": "many"}},
        "bias_plan.favourable names 'many', which does not exist.",
    ),
    "plan-by-an-unknown-column": (
        "binary",
        {"bias_plan": {"clauses": [{**_CLAUSE, "columns": ["sexx"]}]}},
        "bias_plan clause 'base_rate by sexx' names 'sexx', which does not exist. Did you mean 'sex'?",
    ),
    "plan-by-a-column-that-is-not-sensitive": (
        "binary",
        {"bias_plan": {"clauses": [{**_CLAUSE, "columns": ["sex", "channel"]}]}},
        "clause 'base_rate by sex and channel' compares groups by ['channel']. Mark these columns is_sensitive: true.",
    ),
    "plan-by-prose": (
        "binary",
        {"columns.note.is_sensitive": True, "bias_plan": {"clauses": [{**_CLAUSE, "columns": ["note"]}]}},
        "bias_plan clause 'base_rate by note' takes ['note'] for groups. Prose and pictures tell none",
    ),
    "plan-without-a-class-to-count": (
        "multiclass",
        {"columns.colour.is_sensitive": True, "bias_plan": {"clauses": [{**_CLAUSE, "columns": ["colour"]}]}},
        "clause 'base_rate by colour' has no class to count. Name the one to be better off with: favourable.",
    ),
    "plan-with-a-gap-of-shares-above-one": (
        "binary",
        {"bias_plan": {"clauses": [{**_CLAUSE, "at_most": 5}]}},
        "clause 'base_rate by sex' gives at_most 5.0, but a gap of shares is at most 1. Lower it.",
    ),
    "plan-with-a-gap-of-shares-above-one-for-a-regression": (
        "regression",
        {
            "columns.is_holiday.is_sensitive": True,
            "bias_plan": {"clauses": [{**_CLAUSE, "measure": "label", "columns": ["is_holiday"], "at_most": 5}]},
        },
        "clause 'label by is_holiday' gives at_most 5.0, but a gap of shares is at most 1. Lower it.",
    ),
    "plan-that-balances-numbers": (
        "regression",
        {
            "columns.is_holiday.is_sensitive": True,
            "bias_plan": {"clauses": [{**_CLAUSE, "columns": ["is_holiday"], "remedy": "resample"}]},
        },
        "has the remedy resample, which balances classes, but the outcome is a number. Accept it, or ask for more",
    ),
}
