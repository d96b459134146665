"""Intervals of 20 figures by 10 groups: ours from kinds of rows, fairlearn's row by row.

    python -m benchmarks.fair_intervals --rows 100000 --resamples 1000 --theirs 4

prints processor seconds, of fairlearn's ``MetricFrame(n_boot=...)`` for fewer resamples and extrapolated by the
difference of two runs. All 20 figures are made from rows counted by group, outcome and decision; a second line is of
three figures of numbers by row (score, error, money), which are drawn row by row here too. The last line is the
bootstrap of rows by which the metrics of a verdict get their intervals, and where its time goes.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from fairlearn.metrics import (
    MetricFrame,
    false_negative_rate,
    false_positive_rate,
    mean_prediction,
    selection_rate,
    true_negative_rate,
    true_positive_rate,
)
from sklearn import metrics as sk

from evergreen.measures import estimate, resampling_weights, score_classes
from evergreen.measures.arrays import Floats, ratio
from evergreen.measures.group_ratios import estimate_ratios
from evergreen.measures.ranking import rank_scores

N_GROUPS = 10
MOST = 1 / 50
Rows = Mapping[str, Any]

# Figure -> what is above and below the line, and fairlearn's or scikit-learn's function of the same.
FIGURES: dict[str, tuple[tuple[str, str], Callable[..., float]]] = {
    "selection_rate": (("selected", "row"), selection_rate),
    "true_positive_rate": (("tp", "positive"), true_positive_rate),
    "false_positive_rate": (("fp", "negative"), false_positive_rate),
    "true_negative_rate": (("tn", "negative"), true_negative_rate),
    "false_negative_rate": (("fn", "positive"), false_negative_rate),
    "precision": (("tp", "selected"), sk.precision_score),
    "recall": (("tp", "positive"), sk.recall_score),
    "accuracy": (("right", "row"), sk.accuracy_score),
    "zero_one_loss": (("wrong", "row"), sk.zero_one_loss),
    "mean_prediction": (("selected", "row"), mean_prediction),
    "f1": (("tp_twice", "f1_below"), sk.f1_score),
    "jaccard": (("tp", "any"), sk.jaccard_score),
    "specificity": (("tn", "negative"), lambda t, p: sk.recall_score(t, p, pos_label=0)),
    "negative_precision": (("tn", "rejected"), lambda t, p: sk.precision_score(t, p, pos_label=0)),
    "negative_f1": (("tn_twice", "negative_below"), lambda t, p: sk.f1_score(t, p, pos_label=0)),
    "negative_jaccard": (("tn", "any_negative"), lambda t, p: sk.jaccard_score(t, p, pos_label=0)),
    "mean_absolute_error": (("wrong", "row"), sk.mean_absolute_error),
    "mean_squared_error": (("wrong", "row"), sk.mean_squared_error),
    "base_rate": (("positive", "row"), lambda t, _: float(np.mean(t))),
    "money": (("money", "row"), lambda t, p: float(np.mean(80.0 * (t & p) - 40.0 * ((1 - t) & p)))),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print.

    Args:
        arguments: of the command line.
    """
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    told.add_argument("--rows", type=int, default=100_000)
    told.add_argument("--resamples", type=int, default=1_000)
    told.add_argument("--theirs", type=int, default=4, help="resamples of fairlearn, at least 2")
    asked = told.parse_args(arguments)
    rows = fabricate(asked.rows)
    _refuse_other_figures(rows)
    ours = cpu_seconds(lambda: by_kinds(rows, asked.resamples))
    theirs = _extrapolated(rows, asked.theirs, asked.resamples)
    print(f"{len(FIGURES)} figures x {N_GROUPS} groups x {asked.resamples:,} resamples x {asked.rows:,} rows, CPU s")
    print(f"  ours {ours:.2f}, fairlearn {theirs:.0f} (from {asked.theirs} resamples), ratio 1/{theirs / ours:,.0f}")
    print(f"  aim at most 1/{1 / MOST:.0f}: {'reached' if ours / theirs <= MOST else 'missed'}")
    print(f"3 figures of numbers by row: {cpu_seconds(lambda: by_rows(rows, asked.resamples)):.2f}")
    _measure_row_bootstrap(rows, asked.resamples)


def fabricate(n_rows: int, *, random_state: int = 7) -> Rows:
    """Make outcomes, scores and decisions of ten groups.

    Args:
        n_rows: how many.
        random_state: the seed.

    Returns:
        Quantities by name, and ``group, truth, decision, score``.
    """
    rng = np.random.default_rng(random_state)
    group, score = rng.integers(0, N_GROUPS, n_rows), rng.random(n_rows)
    truth, decision = (rng.random(n_rows) < score).astype(int), (score > 0.4 + 0.02 * group).astype(int)
    told: dict[str, Any] = {
        "row": np.ones(n_rows),
        "selected": decision,
        "rejected": 1 - decision,
        "positive": truth,
        "negative": 1 - truth,
        "tp": truth & decision,
        "fp": (1 - truth) & decision,
        "tn": (1 - truth) & (1 - decision),
        "fn": truth & (1 - decision),
        "right": truth == decision,
        "wrong": truth != decision,
        "any": truth | decision,
        "any_negative": 1 - (truth & decision),
    }
    told |= {"tp_twice": 2 * told["tp"], "f1_below": truth + decision, "tn_twice": 2 * told["tn"]}
    told |= {"negative_below": 2 - truth - decision, "money": 80.0 * told["tp"] - 40.0 * told["fp"]}
    amount = rng.lognormal(size=n_rows) * told["money"]
    told |= {"score": score, "score_error": score - truth, "amount": amount}
    return told | {"group": group, "truth": truth, "decision": decision}


def by_kinds(rows: Rows, n_resamples: int) -> dict[str, Any]:
    """Resample the 20 figures our way.

    Args:
        rows: of ``fabricate``.
        n_resamples: how many.

    Returns:
        Figure -> its ratios.
    """
    ratios = {name: parts for name, (parts, _) in FIGURES.items()}
    return _ours(rows, ratios, n_resamples)


def by_rows(rows: Rows, n_resamples: int) -> dict[str, Any]:
    """Resample three figures of numbers our way.

    Args:
        rows: of ``fabricate``.
        n_resamples: how many.

    Returns:
        Figure -> its ratios.
    """
    return _ours(rows, {name: (name, "row") for name in ("score", "score_error", "amount")}, n_resamples)


def _ours(rows: Rows, ratios: Mapping[str, tuple[str, str]], n_resamples: int) -> dict[str, Any]:
    quantities = {name: rows[name] for parts in ratios.values() for name in parts}
    return estimate_ratios(rows["group"], N_GROUPS, quantities, ratios, n_resamples=n_resamples, random_state=1)


def _frame(rows: Rows, n_boot: int | None) -> MetricFrame:
    functions = {name: one for name, (_, one) in FIGURES.items()}
    told: dict[str, Any] = {"y_true": rows["truth"], "y_pred": rows["decision"], "sensitive_features": rows["group"]}
    if n_boot is not None:
        told |= {"n_boot": n_boot, "ci_quantiles": [0.05, 0.95], "random_state": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MetricFrame(metrics=functions, **told)


def _refuse_other_figures(rows: Rows) -> None:
    theirs = _frame(rows, None).by_group
    for name, one in by_kinds(rows, 1).items():
        np.testing.assert_allclose(one.value, theirs[name].to_numpy(dtype=float), err_msg=name)


def _extrapolated(rows: Rows, few: int, many: int) -> float:
    """Processor seconds of fairlearn for many resamples: the fixed part, and that of a resample times their number."""
    one, more = (cpu_seconds(lambda n=n: _frame(rows, n)) for n in (1, few))
    each = (more - one) / (few - 1)
    return one + each * (many - 1)


def _measure_row_bootstrap(rows: Rows, n_resamples: int) -> None:
    truth, shares = rows["truth"], np.stack([1 - rows["score"], rows["score"]], axis=1)
    n_rows = len(truth)
    told: Any = {"n_resamples": n_resamples, "random_state": 1}

    def statistic(weights: Floats) -> dict[str, Floats]:
        return dict(score_classes(truth, shares, sample_weight=weights))

    def each(work: Callable[[Floats], object]) -> Callable[[], object]:
        return lambda: [work(weights) for weights in resampling_weights(n_rows, **told)]

    surprise = np.abs(np.log(np.clip(np.where(truth, shares[:, 1], shares[:, 0]), 1e-15, 1)))
    drawing = cpu_seconds(each(len))
    ranking = cpu_seconds(each(lambda weights: rank_scores(truth == 1, shares[:, 1], weights))) - drawing
    mean = cpu_seconds(each(lambda weights: ratio(weights @ surprise, weights.sum(axis=1)))) - drawing
    whole = cpu_seconds(lambda: estimate(statistic, n_rows, **told))
    rest = whole - drawing - ranking
    print(
        f"bootstrap of rows, all 10 metrics of two classes: {whole:.1f}, of which drawing {drawing:.1f}, "
        f"ROC-AUC and average precision {ranking:.1f}, all others {rest:.1f} (one mean, as the log-loss, {mean:.1f})"
    )


def cpu_seconds(work: Callable[[], object]) -> float:
    """Measure the processor time of a piece of work, over all its threads.

    Args:
        work: what is measured.

    Returns:
        Seconds.
    """
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
