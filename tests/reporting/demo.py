"""A bank's campaign as its report and its monitoring page would be told; all figures are made up."""

from math import exp

import pandas as pd

from evergreen.problem import Problem
from evergreen.reporting import (
    Finding,
    MonitoringFacts,
    Origin,
    Performance,
    Point,
    ReportFacts,
    SearchFacts,
    Section,
    Verdict,
)
from evergreen.reporting.estimates import IntervalDict, money_frame
from evergreen.reporting.figures import (
    draw_calibration,
    draw_candidates,
    draw_confusion,
    draw_gains,
    draw_money,
    draw_residuals,
    draw_scores,
    draw_thresholds,
    draw_tuning,
)

UNIT = "EUR per decision"
RELEASE_ID = "2010-06-30-4f1c9be07a52"


def bank_problem() -> Problem:
    return Problem.model_validate(
        {
            "name": "bank_marketing",
            "goal": "Sell term deposits by telephone without calling people who will not buy.",
            "decision": "Call a client in this campaign, or leave them alone.",
            "entity": "one client in one campaign",
            "kind": "binary",
            "key": ["client_id"],
            "event_time": "decided_at",
            "target": {"column": "subscribed", "classes": ["no", "yes"], "delay_days": 30},
            "sources": {"contacts": {"is_spine": True}, "indicators": {"known_since": "published_at"}},
            "columns": _bank_columns(),
            "payoff": {"unit": "EUR", "actions": {"call": {"no": -5, "yes": 95}, "skip": {"no": 0, "yes": 0}}},
            "rules": [
                {
                    "name": "call_former_buyers",
                    "action": "call",
                    "when": {"column": "former_outcome", "values": ["success"]},
                    "otherwise": "skip",
                }
            ],
            "criteria": [
                {"metric": "payoff_per_decision", "at_least": 0, "versus": "no_model"},
                {"metric": "roc_auc", "at_least": 0.7},
                {"metric": "calibration_error", "at_most": 0.03},
            ],
            "split": {"by": "time", "new_rows_days": 31},
        }
    )


def _bank_columns() -> dict[str, dict[str, object]]:
    return {
        "client_id": {"type": "integer", "why": "Names the client.", "is_required": True},
        "decided_at": {"type": "timestamp", "why": "When the client was chosen for a call."},
        "age_years": {
            "type": "integer",
            "unit": "years",
            "why": "Deposits are mostly bought by the young and the retired.",
            "range": [17, 99],
            "is_sensitive": True,
        },
        "job": {"type": "category", "why": "Stands for income, which the bank may not ask for."},
        "former_outcome": {
            "type": "category",
            "why": "Who bought before buys again.",
            "values": ["failure", "success", "none"],
        },
        "euribor_3m_percent": {
            "type": "number",
            "unit": "percent",
            "why": "Deposits sell when interest is high against other savings.",
            "source": "indicators",
        },
        "call_duration_s": {
            "type": "integer",
            "unit": "seconds",
            "why": "Known only once the call is over: it leaks the outcome.",
            "known_at": "outcome",
        },
        "subscribed": {
            "type": "category",
            "why": "Whether the client bought a term deposit.",
            "values": ["no", "yes"],
            "known_at": "outcome",
        },
    }


def estimate(value: float | None, low: float | None, high: float | None) -> IntervalDict:
    return {"value": value, "low": low, "high": high}


def bank_money() -> dict[str, IntervalDict]:
    return {
        "model": estimate(7.84, 6.92, 8.79),
        "call_former_buyers": estimate(2.31, 1.74, 2.90),
        "always_call": estimate(5.12, 3.98, 6.27),
        "always_skip": estimate(0.0, 0.0, 0.0),
    }


def bank_metrics() -> dict[str, IntervalDict]:
    return {
        "payoff_per_decision": estimate(7.84, 6.92, 8.79),
        "balanced_accuracy": estimate(0.7213, 0.7051, 0.7380),
        "precision": estimate(0.3318, 0.3102, 0.3541),
        "recall": estimate(0.6407, 0.6098, 0.6710),
        "f1": estimate(0.4372, 0.4147, 0.4590),
        "roc_auc": estimate(0.7921, 0.7755, 0.8089),
        "average_precision": estimate(0.4415, 0.4131, 0.4702),
        "log_loss": estimate(0.2793, 0.2698, 0.2890),
        "calibration_error": estimate(0.0182, 0.0124, 0.0251),
    }


def bank_verdict(**changes: object) -> Verdict:
    verdict: Verdict = {
        "case": "bank_marketing",
        "as_of": "2010-06-30",
        "verdict": "release",
        "reasons": [
            "The model earns 2.72 EUR per decision more than always_call, the best rule without a model.",
            "ROC AUC is at least 0.776 with confidence; the case asks for 0.7.",
            "The calibration error is at most 0.025 with confidence; the case allows 0.03.",
        ],
        "metrics": bank_metrics(),
        "money": bank_money(),
        "release_id": RELEASE_ID,
        "look": {"number": 2, "level": 0.0076, "model_id": "m1", "holdout_id": "h1", "word": "Judged at look 2."},
    }
    return {**verdict, **changes}  # type: ignore[typeddict-item]


def bank_criteria() -> pd.DataFrame:
    columns = ["criterion", "value", "bound", "limit", "result", "reason"]
    rows = [
        ["payoff_per_decision versus no_model at least 0", 2.72, 1.86, 0.0, "passed", "The bound is above the limit."],
        ["roc_auc at least 0.7", 0.7921, 0.7755, 0.7, "passed", "The bound is above the limit."],
        ["calibration_error at most 0.03", 0.0182, 0.0251, 0.03, "passed", "The bound is below the limit."],
    ]
    return pd.DataFrame(rows, columns=columns)


def failed_criteria() -> pd.DataFrame:
    frame = bank_criteria()
    frame["result"] = ["failed", "passed", "undecided"]
    frame["value"] = [-0.41, 0.7921, None]
    return frame


def row_ledger() -> pd.DataFrame:
    rows = [
        ["gather", "rows in", 41_188],
        ["repair", "duplicates", 12],
        ["repair", "quarantined: age_years out of range", 31],
        ["repair", "quarantined: client_id missing", 4],
        ["repair", "rows out", 41_141],
        ["split", "training", 29_871],
        ["split", "gap of the label delay", 1_207],
        ["split", "holdout", 7_468],
        ["split", "new rows", 2_595],
    ]
    return pd.DataFrame(rows, columns=["stage", "what", "n_rows"])


def repairs() -> pd.DataFrame:
    rows = [
        ["job", "sentinel", 330],
        ["job", "synonym", 1_204],
        ["former_outcome", "canonical form", 88],
        ["euribor_3m_percent", "type", 3],
    ]
    return pd.DataFrame(rows, columns=["column", "rule", "n_cells"])


def candidates() -> pd.DataFrame:
    scores = {
        "base_rate": [0.3502, 0.3466, 0.3571, 0.4120],
        "logistic": [0.2981, 0.2899, 0.3003, 0.3390],
        "gradient_boosting": [0.2890, 0.2795, 0.2899, 0.3371],
        "ensemble": [0.2861, 0.2772, 0.2880, 0.3302],
    }
    rows = [
        [name, fold, "log_loss", score, 6_000 * fold]
        for name, folds in scores.items()
        for fold, score in enumerate(folds, start=1)
    ]
    return pd.DataFrame(rows, columns=["candidate", "fold", "metric", "score", "fit_rows"])


def calibration() -> pd.DataFrame:
    means = [0.021, 0.042, 0.063, 0.081, 0.112, 0.154, 0.213, 0.301, 0.442, 0.618]
    observed = [0.018, 0.047, 0.058, 0.092, 0.104, 0.161, 0.232, 0.285, 0.471, 0.602]
    rows = [1_902, 1_344, 1_010, 811, 702, 604, 417, 301, 222, 155]
    half = [1.96 * (p * (1 - p) / n) ** 0.5 for p, n in zip(observed, rows, strict=True)]
    frame = pd.DataFrame({"n_rows": rows, "mean_score": means, "observed_share": observed})
    return frame.assign(low=frame["observed_share"] - half, high=frame["observed_share"] + half)


def histogram(by: str, centres: dict[str, float]) -> pd.DataFrame:
    edges = [place / 20 for place in range(21)]
    rows = []
    for name, centre in centres.items():
        weights = [exp(-(((low + 0.025 - centre) / 0.13) ** 2)) for low in edges[:-1]]
        shares = [weight / sum(weights) for weight in weights]
        rows += [[low, high, name, s] for low, high, s in zip(edges[:-1], edges[1:], shares, strict=True)]
    return pd.DataFrame(rows, columns=["bin_low", "bin_high", by, "share"])


def scores() -> pd.DataFrame:
    return histogram("class", {"no": 0.06, "yes": 0.38})


def gains() -> pd.DataFrame:
    shares = [place / 20 for place in range(1, 21)]
    caught = [share**0.5 for share in shares]
    frame = pd.DataFrame({"share": shares, "caught": caught})
    frame = frame.assign(low=frame["caught"] - 0.02, high=(frame["caught"] + 0.02).clip(upper=1))
    return frame.assign(lift=frame["caught"] / frame["share"])


def thresholds() -> pd.DataFrame:
    cuts = [place / 20 for place in range(21)]
    frame = pd.DataFrame({"threshold": cuts, "acted_share": [1 - cut for cut in cuts]})
    frame["payoff"] = [7.8 - 40 * (cut - 0.05) ** 2 for cut in cuts]
    frame = frame.assign(low=frame["payoff"] - 1, high=frame["payoff"] + 1)
    return frame.assign(is_break_even=frame["threshold"] == 0.05)


def score_shift() -> pd.DataFrame:
    return histogram("window", {"reference": 0.12, "current": 0.21})


def confusion() -> pd.DataFrame:
    rows = [
        ["call", "yes", 541, 51_395.0],
        ["call", "no", 1_090, -5_450.0],
        ["skip", "yes", 303, 0.0],
        ["skip", "no", 5_534, 0.0],
    ]
    return pd.DataFrame(rows, columns=["action", "outcome", "n_rows", "money"])


def residuals() -> pd.DataFrame:
    predicted = [float(20 + 7 * place % 400) for place in range(300)]
    residual = [((place * 7919) % 101 - 50) * 0.01 * size for place, size in enumerate(predicted)]
    return pd.DataFrame({"predicted": predicted, "residual": residual})


def drift() -> pd.DataFrame:
    rows = [
        ["age_years", 0.0, 0.0, 0.012, 0.11, 0.81, 0.021, False],
        ["euribor_3m_percent", 0.0, 0.0, 0.412, 0.00000004, 0.0000003, 0.344, True],
        ["job", 0.008, 0.0081, 0.034, 0.06, 0.36, 0.047, False],
        ["former_outcome", 0.0, 0.0, 0.187, 0.0003, 0.0021, 0.162, True],
        ["marital", 0.002, 0.0019, 0.008, 0.31, 0.93, 0.012, False],
        ["education", 0.042, 0.0440, 0.051, 0.02, 0.12, 0.066, False],
        ["n_former_contacts", 0.0, 0.0, 0.027, 0.09, 0.44, 0.035, False],
    ]
    columns = [
        "column",
        "missing_share_reference",
        "missing_share_current",
        "population_stability_index",
        "p_value",
        "p_value_adjusted",
        "effect_size",
        "is_drifted",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(1, "n_reference", 29_871)
    frame.insert(2, "n_current", 2_595)
    return frame


def quality() -> pd.DataFrame:
    rows = [
        ["age_years", 2_595, 0.0, 0.0012, 2],
        ["job", 2_595, 0.0081, 0.0, 0],
        ["former_outcome", 2_595, 0.0, 0.0, 0],
        ["euribor_3m_percent", 2_595, 0.0, 0.0, 0],
    ]
    return pd.DataFrame(rows, columns=["column", "n_rows", "missing_share", "repaired_share", "n_quarantined"])


def report_facts(**changes: object) -> ReportFacts:
    frames = {
        "money": money_frame(bank_money()),
        "calibration": calibration(),
        "scores": scores(),
        "confusion": confusion(),
        "candidates": candidates(),
        "gains": gains(),
        "thresholds": thresholds(),
    }
    figures = {
        "money": draw_money(frames["money"], unit=UNIT),
        "calibration": draw_calibration(frames["calibration"]),
        "scores": draw_scores(frames["scores"]),
        "confusion": draw_confusion(frames["confusion"], unit="EUR"),
        "candidates": draw_candidates(frames["candidates"], metric="log_loss"),
        "residuals": draw_residuals(residuals(), unit="EUR"),
        "gains": draw_gains(frames["gains"]),
        "thresholds": draw_thresholds(frames["thresholds"], unit=UNIT),
        "tuning": draw_tuning(tuning(), loss_name="Log loss"),
    }
    told: dict[str, object] = {
        "problem": bank_problem(),
        "verdict": bank_verdict(),
        "criteria": bank_criteria(),
        "row_ledger": row_ledger(),
        "repairs": repairs(),
        "candidates": candidates(),
        "figures": figures,
        "figure_data": frames,
        "money_unit": UNIT,
        "interval": "Intervals hold 95 % of 2,000 bootstrap samples of the holdout.",
        "suspects": suspects(),
        "decisions": confusion(),
        "groups": (Section("Fairness of decisions", points=(Point("No gap is too wide.", "good", "passed"),)),),
        "slices": (Section("Slices", lead="The case names no slices."),),
        "explanations": (Section("What the model looks at", lead="Most important: age_years."),),
        "champion": (Section("Beside the champion", lead="No other model is live."),),
        "search": search(),
        "origin": origin(),
    }
    return ReportFacts(**{**told, **changes})  # type: ignore[arg-type]


def monitoring_facts(**changes: object) -> MonitoringFacts:
    told: dict[str, object] = {
        "case": "bank_marketing",
        "as_of": "2010-07-31",
        "release_id": RELEASE_ID,
        "window": ("2010-07-01", "2010-07-31"),
        "n_rows": 2_595,
        "findings": (
            Finding("ok", "2,593 of 2,595 rows keep the data contract."),
            Finding("watch", "The mean score rose from 0.12 to 0.21 since the release was made."),
            Finding("alarm", "2 of 7 columns drifted: euribor_3m_percent and former_outcome."),
        ),
        "quality": quality(),
        "drift": drift(),
        "score_shift": score_shift(),
        "performance": Performance(1_410, bank_metrics(), bank_money(), UNIT),
    }
    return MonitoringFacts(**{**told, **changes})  # type: ignore[arg-type]


def tuning() -> pd.DataFrame:
    rows = [
        (0, "linear", "done", 0.31, 0.31),
        (1, "boosted", "done", 0.29, 0.29),
        (2, "boosted", "stopped", 0.33, 0.29),
    ]
    return pd.DataFrame(rows, columns=["trial", "candidate", "state", "loss", "best_loss"])


def suspects() -> pd.DataFrame:
    columns = ["subject", "suspicion", "strength", "is_blocked", "is_answered", "finding"]
    rows = [
        ["call_duration_s", "tells the target", 0.9, True, False, "Known only at the outcome."],
        ["client_id", "tells the target", 0.4, False, True, "Clients are numbered by branch."],
        ["job", "tells the target", 0.3, False, False, "Nobody has looked at it."],
    ]
    return pd.DataFrame(rows, columns=columns)


def search() -> SearchFacts:
    settings = ['{"candidate":"linear","features":{"numbers":"scaled"},"estimator":{"C":0.12345},"rounds":null}'] * 3
    combination = pd.DataFrame(
        [
            (1, "boosted", 1, 0.6, 0.2795, None, None, 1.0, "kept"),
            (2, "linear", 0, 0.4, 0.2771, 0.002, 0.001, 1.9, "kept"),
        ],
        columns=["step", "candidate", "trial", "weight", "loss", "gain", "gain_se", "latency_ratio", "outcome"],
    )
    columns = ["candidate", "trial", "rounds", "scale", "offset", "coverage", "cost", "cost_of_mean", "gain", "gain_se"]
    return SearchFacts(
        tuning().assign(fold=4, settings=settings, word=["", "", "Worse than trial 1."]),
        combination,
        pd.DataFrame(columns=[*columns, "outcome"]),
    )


def origin() -> Origin:
    looks = pd.DataFrame(
        [(1, "h1", "t1", "m1", "2010-06-30", "2010-01-04T08:00:00", "2010-05-31T17:30:00", 7_468, "roc_auc")],
        columns=[
            "look",
            "holdout_id",
            "training_id",
            "model_id",
            "as_of",
            "rows_from",
            "rows_until",
            "n_rows",
            "learnt",
        ],
    )
    card = {"as_of": "2010-06-30", "training_id": "t1", "holdout_id": "h1", "judged_until": "2010-05-31"}
    return Origin(card, looks, {"evergreen": "0.1.0+1a2b3c4", "python": "3.11.7", "pandas": "3.1.1"}, 7, 2_000)
