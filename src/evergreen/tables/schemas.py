"""The schemas of the tables that every case has; the catalog holds each table against its own."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Quarantine(pa.DataFrameModel):
    """Rows that cannot be used: every row has its reasons."""

    reasons: Series[str] = pa.Field(str_length={"min_value": 1})


class Repairs(pa.DataFrameModel):
    """Repaired cells by column and rule."""

    column: Series[str]
    rule: Series[str]
    n_cells: Series[int] = pa.Field(ge=1)

    class Config:
        """No other column, each pair once."""

        strict = True
        unique = ["column", "rule"]


class RowLedger(pa.DataFrameModel):
    """Where every row went."""

    stage: Series[str] = pa.Field(isin=["gathered", "repaired", "split"])
    what: Series[str]
    n_rows: Series[int] = pa.Field(ge=0)

    class Config:
        """No other column, each pair once."""

        strict = True
        unique = ["stage", "what"]


class CandidateScores(pa.DataFrameModel):
    """Validation of the candidates; lower is better."""

    candidate: Series[str]
    correction: Series[str]
    fold: Series[int] = pa.Field(ge=1)
    metric: Series[str]
    score: Series[float] = pa.Field(nullable=False)
    fit_rows: Series[int] = pa.Field(ge=1)

    class Config:
        """No other column."""

        strict = True


class Predictions(pa.DataFrameModel):
    """What the champion said of new rows: key, scores, an action, the release that chose it, and the row's repairs."""

    action: Series[object] = pa.Field(nullable=False, coerce=True)
    release_id: Series[str] = pa.Field(coerce=True)
    repairs: Series[str] = pa.Field(coerce=True)


class Monitoring(pa.DataFrameModel):
    """Every check of a window."""

    check: Series[str] = pa.Field(coerce=True)
    subject: Series[str] = pa.Field(coerce=True)
    severity: Series[str] = pa.Field(isin=["ok", "watch", "alarm"], coerce=True)
    value: Series[float] = pa.Field(nullable=True, coerce=True)
    reference: Series[float] = pa.Field(nullable=True, coerce=True)
    finding: Series[str] = pa.Field(coerce=True)


class GroupLedger(pa.DataFrameModel):
    """What becomes of each group of the sensitive columns from stage to stage."""

    columns: Series[str] = pa.Field(coerce=True)
    group: Series[str] = pa.Field(coerce=True)
    stage: Series[str] = pa.Field(isin=["raw", "quarantined", "repaired", "training", "holdout"], coerce=True)
    n_rows: Series[int] = pa.Field(ge=0)
    share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1}, nullable=True)
    missing_share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1}, nullable=True)
    n_labelled: Series[int] = pa.Field(ge=0)
    unlabelled_share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1}, nullable=True)
    base_rate: Series[float] = pa.Field(nullable=True)
    base_rate_low: Series[float] = pa.Field(nullable=True)
    base_rate_high: Series[float] = pa.Field(nullable=True)
    missing_share_sd: Series[float] = pa.Field(ge=0, nullable=True)
    outcome_sd: Series[float] = pa.Field(ge=0, nullable=True)

    class Config:
        """No other column, each group once a stage."""

        strict = True
        unique = ["columns", "group", "stage"]


class BiasPlanCheck(pa.DataFrameModel):
    """Every clause of the plan for biases, and what the plan passes over."""

    clause: Series[str] = pa.Field(coerce=True)
    measure: Series[str] = pa.Field(isin=["small_group", "missingness", "base_rate", "label", "cleaning"], coerce=True)
    remedy: Series[str] = pa.Field(isin=["", "accept", "reweigh", "resample", "more_data"], coerce=True)
    gap: Series[float] = pa.Field(ge=0, nullable=True, coerce=True)
    gap_low: Series[float] = pa.Field(nullable=True, coerce=True)
    gap_high: Series[float] = pa.Field(nullable=True, coerce=True)
    limit: Series[float] = pa.Field(ge=0, nullable=True, coerce=True)
    status: Series[str] = pa.Field(isin=["within", "exceeded", "unplanned", "too_few"], coerce=True)
    worst_group: Series[str] = pa.Field(coerce=True)
    other_group: Series[str] = pa.Field(coerce=True)
    finding: Series[str] = pa.Field(str_length={"min_value": 1}, coerce=True)

    class Config:
        """No other column, each clause once."""

        strict = True
        unique = ["clause"]


class Suspects(pa.DataFrameModel):
    """What may give the outcome away, the strongest first."""

    subject: Series[str] = pa.Field(coerce=True)
    suspicion: Series[str] = pa.Field(
        isin=[
            "tells the target",
            "presence tells the target",
            "filled only with the outcome",
            "adds up to the target",
            "group straddles the split",
            "duplicate across splits",
        ],
        coerce=True,
    )
    strength: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1}, coerce=True)
    is_blocked: Series[bool] = pa.Field(coerce=True)
    is_answered: Series[bool] = pa.Field(coerce=True)
    finding: Series[str] = pa.Field(str_length={"min_value": 1}, coerce=True)

    class Config:
        """No other column, each suspicion of a subject once."""

        strict = True
        unique = ["subject", "suspicion"]


class Usefulness(pa.DataFrameModel):
    """What sources and columns tell of the outcome, and what sources cost and earn."""

    subject: Series[str] = pa.Field(coerce=True)
    kind: Series[str] = pa.Field(isin=["source", "column"], coerce=True)
    univariate: Series[float] = pa.Field(nullable=True, coerce=True)
    univariate_low: Series[float] = pa.Field(nullable=True, coerce=True)
    univariate_high: Series[float] = pa.Field(nullable=True, coerce=True)
    marginal: Series[float] = pa.Field(nullable=True, coerce=True)
    marginal_low: Series[float] = pa.Field(nullable=True, coerce=True)
    marginal_high: Series[float] = pa.Field(nullable=True, coerce=True)
    cost_per_row: Series[float] = pa.Field(ge=0, nullable=True, coerce=True)
    worth_per_row: Series[float] = pa.Field(nullable=True, coerce=True)
    finding: Series[str] = pa.Field(str_length={"min_value": 1}, coerce=True)

    class Config:
        """No other column, each subject of a kind once."""

        strict = True
        unique = ["kind", "subject"]


class TableProfile(pa.DataFrameModel):
    """What each column holds, in one long table."""

    column: Series[str] = pa.Field(coerce=True)
    what: Series[str] = pa.Field(
        isin=[
            "n_rows",
            "n_missing",
            "n_distinct",
            "min",
            "max",
            "mean",
            "sd",
            "quantile",
            "histogram",
            "word",
            "other_words",
            "length_min",
            "length_mean",
            "length_max",
        ],
        coerce=True,
    )
    label: Series[str] = pa.Field(coerce=True)
    value: Series[float] = pa.Field(nullable=True, coerce=True)

    class Config:
        """No other column, each figure of a column once."""

        strict = True
        unique = ["column", "what", "label"]


class ColumnMovement(pa.DataFrameModel):
    """How much each feature moves in time, the one that moves most first; gains are missing where none was measured."""

    column: Series[str] = pa.Field(unique=True)
    order: Series[int] = pa.Field(ge=1, unique=True)
    period_auc: Series[float] = pa.Field(ge=0, le=1)
    forward_gain: Series[float] = pa.Field(nullable=True)
    forward_gain_se: Series[float] = pa.Field(ge=0, nullable=True)
    nested_gain: Series[float] = pa.Field(nullable=True)
    nested_gain_se: Series[float] = pa.Field(ge=0, nullable=True)
    is_movable: Series[bool]

    class Config:
        """No other column."""

        strict = True


class Combination(pa.DataFrameModel):
    """The best model and each further one that was tried beside it, in order."""

    step: Series[int] = pa.Field(ge=1)
    candidate: Series[str]
    trial: Series[int] = pa.Field(ge=0)
    weight: Series[float] = pa.Field(ge=0, le=1)
    loss: Series[float] = pa.Field(ge=0)
    gain: Series[float] = pa.Field(nullable=True)
    gain_se: Series[float] = pa.Field(ge=0, nullable=True)
    latency_ratio: Series[float] = pa.Field(gt=0)
    outcome: Series[str] = pa.Field(str_matches=r"^(kept(: .+)?|refused: .+)$")

    class Config:
        """No other column."""

        strict = True


class QuantileTrials(pa.DataFrameModel):
    """What deciding by a model of the quantile costs; figures of a candidate that was not fitted for it are missing."""

    candidate: Series[str] = pa.Field(unique=True)
    trial: Series[int] = pa.Field(ge=0)
    rounds: Series[pd.Int64Dtype] = pa.Field(ge=1, nullable=True, coerce=True)
    scale: Series[float] = pa.Field(ge=0, nullable=True)
    offset: Series[float] = pa.Field(nullable=True)
    coverage: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    cost: Series[float] = pa.Field(ge=0, nullable=True)
    cost_of_mean: Series[float] = pa.Field(ge=0)
    gain: Series[float] = pa.Field(nullable=True)
    gain_se: Series[float] = pa.Field(ge=0, nullable=True)
    outcome: Series[str] = pa.Field(str_matches=r"^(kept|refused: .+)$")

    class Config:
        """No other column."""

        strict = True


class CandidateCosts(pa.DataFrameModel):
    """What challenger and candidates took and are worth; figures of a fit are missing where time did not allow one."""

    candidate: Series[str] = pa.Field(unique=True)
    trial: Series[pd.Int64Dtype] = pa.Field(nullable=True, coerce=True)
    trials: Series[int] = pa.Field(ge=1)
    wall_seconds: Series[float] = pa.Field(ge=0)
    cpu_seconds: Series[float] = pa.Field(ge=0)
    fit_wall_seconds: Series[float] = pa.Field(ge=0, nullable=True)
    fit_cpu_seconds: Series[float] = pa.Field(ge=0, nullable=True)
    peak_memory_mb: Series[float] = pa.Field(ge=0, nullable=True)
    model_mb: Series[float] = pa.Field(gt=0, nullable=True)
    latency_ms: Series[float] = pa.Field(ge=0, nullable=True)
    latency_1000_ms: Series[float] = pa.Field(ge=0, nullable=True)
    metric: Series[str] = pa.Field(isin=["log_loss", "rmse"])
    score: Series[float] = pa.Field(ge=0)
    score_low: Series[float] = pa.Field(nullable=True)
    score_high: Series[float] = pa.Field(nullable=True)
    excluded: Series[str]

    class Config:
        """No other column."""

        strict = True


class Remedies(pa.DataFrameModel):
    """What each remedy does to the gaps between groups and what it costs; figures that nobody can tell are missing."""

    remedy: Series[str] = pa.Field(isin=["none", "reweigh", "resample", "reductions", "thresholds"], unique=True)
    is_applied: Series[bool]
    group_is_needed: Series[str] = pa.Field(isin=["never", "when learning", "when deciding"])
    metric: Series[str] = pa.Field(
        isin=["selection_rate", "true_positive_rate", "false_positive_rate", "equalized_odds"]
    )
    at_most: Series[float] = pa.Field(ge=0, le=1)
    gap: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    gap_low: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    gap_high: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    gap_upper_bound: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    payoff: Series[float] = pa.Field(nullable=True)
    payoff_low: Series[float] = pa.Field(nullable=True)
    payoff_high: Series[float] = pa.Field(nullable=True)
    payoff_change: Series[float] = pa.Field(nullable=True)
    payoff_change_low: Series[float] = pa.Field(nullable=True)
    payoff_change_high: Series[float] = pa.Field(nullable=True)
    log_loss: Series[float] = pa.Field(ge=0, nullable=True)
    balanced_accuracy: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    selection_rate_gap: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    true_positive_rate_gap: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    false_positive_rate_gap: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    equalized_odds_gap: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    word: Series[str]

    class Config:
        """No other column."""

        strict = True
