"""Score the holdout and measure what the scores are worth."""

from typing import Any

import numpy as np
import pandas as pd

from evergreen.judging.open import Look, refuse_other_look
from evergreen.judging.params import EvaluationParams
from evergreen.measures import calibration_curve
from evergreen.models.decide import Model, predict_rows
from evergreen.models.no_model import NoModel
from evergreen.models.performance import Intervals, Performance, measure_performance, payoff_of
from evergreen.models.profiles import bin_shares, make_reference, shown_edges, shown_scores
from evergreen.models.scores import ACTION, probabilities_of
from evergreen.models.target import target_values
from evergreen.problem import AsOf, Problem
from evergreen.tables.split_card import SplitCard, refuse_other_split, rows_id


def score_holdout(
    problem: Problem,
    as_of: AsOf,
    challenger: Model,
    split_card: dict[str, Any],
    holdout: pd.DataFrame,
    look: Look,
) -> pd.DataFrame:
    """Let the challenger decide on rows it has never seen.

    Args:
        problem: the case.
        as_of: the logical date.
        challenger: the model.
        split_card: the split the holdout was made by.
        holdout: holdout rows, n of them.
        look: what was written down of their opening.

    Returns:
        The key, the scores and the action, n rows in the order of the holdout.

    Raises:
        DataError: where the challenger learnt by another split than the holdout was made by, or where the holdout was
            not opened for it.
    """
    holdout_id, card = rows_id(holdout, problem), SplitCard.model_validate(split_card)
    refuse_other_split(card, as_of=as_of.root, training_id=challenger.training_id, holdout_id=holdout_id)
    refuse_other_look(look, challenger, holdout_id=holdout_id)
    return predict_rows(challenger, holdout, problem)


def measure_holdout(
    problem: Problem,
    params: EvaluationParams,
    no_model: dict[str, Any],
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
) -> Performance:
    """Measure the challenger and every way to do without it.

    Args:
        problem: the case.
        params: how intervals are made.
        no_model: what the training target alone tells.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        All figures with their bootstrap draws.
    """
    knowledge = NoModel.model_validate(no_model)
    return measure_performance(problem, knowledge, holdout, holdout_predictions, params.resampling)


def summarise_performance(params: EvaluationParams, performance: Performance) -> tuple[Intervals, Intervals]:
    """Write figures with their two-sided intervals.

    Args:
        params: the confidence.
        performance: all figures.

    Returns:
        Metrics: name -> value, low, high. Money: "model" and each rule -> value, low, high; empty without a payoff.
    """
    return performance.intervals(params.confidence)


def profile_reference(
    problem: Problem,
    training: pd.DataFrame,
    holdout: pd.DataFrame,
    holdout_predictions: pd.DataFrame,
    row_ledger: pd.DataFrame,
) -> dict[str, Any]:
    """Profile what is normal: the newest labelled rows and the scores the model gave them unseen.

    Args:
        problem: the case.
        training: the rows the model has learnt from, for the ranges it knows.
        holdout: holdout rows.
        holdout_predictions: their predictions.
        row_ledger: for the share of rows that could not be used.

    Returns:
        The fields of ``ReferenceProfile``, ready for JSON.
    """
    share = quarantined_share(row_ledger)
    reference = make_reference(holdout, holdout_predictions, problem, history=training, quarantined_share=share)
    return reference.model_dump(mode="json")


def quarantined_share(row_ledger: pd.DataFrame) -> float:
    """Read the share of gathered rows that could not be used.

    Args:
        row_ledger: columns ``stage, what, n_rows``.

    Returns:
        A share, 0 to 1.
    """
    repaired = row_ledger[row_ledger["stage"] == "repaired"].set_index("what")["n_rows"]
    return float(repaired["quarantined"] / repaired["in"])


def tabulate_fit(problem: Problem, holdout: pd.DataFrame, holdout_predictions: pd.DataFrame) -> pd.DataFrame:
    """Compare predictions with outcomes.

    Args:
        problem: the case.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        For classes the calibration curve (of the positive class, or of the most probable class): ``n_rows,
        mean_score, observed_share, low, high``. For values one row a prediction: ``predicted, residual``.
    """
    y_true = target_values(holdout, problem)
    if not problem.is_classification:
        predicted = holdout_predictions["score"].to_numpy(dtype=float)
        return pd.DataFrame({"predicted": predicted, "residual": y_true - predicted})
    probabilities = probabilities_of(holdout_predictions, problem)
    if problem.kind == "binary":
        return calibration_curve(y_true, probabilities[:, 1])
    top = probabilities.argmax(axis=1)
    return calibration_curve(y_true == top, probabilities.max(axis=1))


def tabulate_scores(problem: Problem, holdout: pd.DataFrame, holdout_predictions: pd.DataFrame) -> pd.DataFrame:
    """Count scores in equal bins, by true class; for values, predictions beside truths.

    Args:
        problem: the case.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        Columns ``bin_low, bin_high, class, share``; shares of each class sum to 1.
    """
    shown = shown_scores(holdout_predictions, problem)
    truth = holdout[problem.target.column].to_numpy()
    if problem.is_classification:
        parts = {name: shown[truth == name] for name in problem.target.classes}
    else:
        parts = {"predicted": shown, "true": truth.astype(float)}
    edges = shown_edges(np.concatenate(list(parts.values())), problem)
    tables = [
        pd.DataFrame({"bin_low": edges[:-1], "bin_high": edges[1:], "class": name, "share": bin_shares(values, edges)})
        for name, values in parts.items()
    ]
    return pd.concat(tables, ignore_index=True)


def tabulate_decisions(problem: Problem, holdout: pd.DataFrame, holdout_predictions: pd.DataFrame) -> pd.DataFrame:
    """Count what was decided and what came, and what it paid.

    Args:
        problem: the case.
        holdout: holdout rows.
        holdout_predictions: their predictions.

    Returns:
        Columns ``action, outcome, n_rows, money``: one row for each pair that the case allows. A regression has the
        outcomes "too few", "exact" and "too many". Money is the total; 0 without a payoff.
    """
    action, y_true = holdout_predictions[ACTION].to_numpy(), target_values(holdout, problem)
    payoff = problem.payoff
    money = np.zeros(len(holdout)) if payoff is None else payoff_of(payoff, problem, action, y_true, holdout)
    if problem.is_classification:
        actions = list(problem.target.classes if payoff is None else payoff.actions)
        outcomes, outcome = list(problem.target.classes), holdout[problem.target.column].to_numpy()
    else:
        actions, outcomes = ["decided quantity"], ["too few", "exact", "too many"]
        outcome = np.asarray(outcomes)[1 + np.sign(action.astype(float) - y_true).astype(int)]
        action = np.full(len(holdout), actions[0])
    table = pd.DataFrame({"action": action, "outcome": outcome, "money": money})
    sums = table.groupby(["action", "outcome"])["money"].agg(n_rows="size", money="sum")
    return sums.reindex(
        pd.MultiIndex.from_product([actions, outcomes], names=["action", "outcome"]), fill_value=0
    ).reset_index()
