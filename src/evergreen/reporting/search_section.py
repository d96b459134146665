"""Which models were tried, and how the challenger was made of them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from evergreen.reporting.cells import heading
from evergreen.reporting.report_facts import ReportFacts, SearchFacts
from evergreen.reporting.sections import Drawing, Section, Table, Tone

_STATE_TONES: dict[str, Tone] = {"failed": "watch"}
_SEARCHABLE_FROM = 30
_NO_EARLIER_FOLD = "A correction is learnt from earlier folds, so a corrected model has no score in the first one."


def candidates_section(facts: ReportFacts) -> Section:
    """Tell how the candidates did on parts of the training rows, and what was made of them.

    Args:
        facts: all that the report tells.

    Returns:
        The section.
    """
    metrics = ", ".join(heading(name) for name in facts.candidates["metric"].unique())
    alt = f"One line a candidate: its {metrics} in each fold. The table beneath holds the same figures."
    folds = Table(f"Validation score by fold ({metrics})", _by_fold(facts.candidates))
    search = facts.search
    return Section(
        "Candidates",
        lead="The models that were tried, judged on parts of the training rows that they had not seen."
        + ("" if search is None else f" {_trials_sentence(search.history)}{_left_out_sentence(search)}"),
        figures=(*facts.drawing("candidates", f"{metrics} by fold", alt), *_tuning(facts)),
        tables=(folds, *([] if search is None else _search_tables(search))),
        notes=(_NO_EARLIER_FOLD,) if folds.frame.isna().any(axis=None) else (),
    )


def _by_fold(candidates: pd.DataFrame) -> pd.DataFrame:
    keys, folds = ["candidate", "metric"], sorted(candidates["fold"].unique())
    in_order = pd.MultiIndex.from_frame(candidates[keys].drop_duplicates())
    wide = candidates.pivot(index=keys, columns="fold", values="score").reindex(index=in_order, columns=folds)  # noqa: PD010
    wide.columns = [f"fold {fold}" for fold in folds]
    named_rows = wide.reset_index()
    if len(candidates["metric"].unique()) == 1:
        return named_rows.drop(columns="metric")
    return named_rows.assign(metric=[heading(name) for name in named_rows["metric"]])


def _trials_sentence(history: pd.DataFrame) -> str:
    states = history["state"].value_counts()
    told = [f"{states[name]:,} {word}" for name, word in _STATES.items() if name in states]
    return f"{len(history):,} settings were tried: {', '.join(told)}."


def _left_out_sentence(search: SearchFacts) -> str:
    if not search.left_out:
        return ""
    columns = "column" if len(search.left_out) == 1 else "columns"
    return (
        f" The challenger leaves out the {columns} {', '.join(search.left_out)}: what they tell moves in time, and the "
        "newest training rows were clearly better predicted without. modelling.leave_out_moving: false keeps them."
    )


_STATES = {"done": "on all folds", "stopped": "stopped early as hopeless", "failed": "failed"}


def _tuning(facts: ReportFacts) -> tuple[Drawing, ...]:
    alt = "One point a trial, hollow where it was stopped early, and the line of the best loss so far."
    return facts.drawing("tuning", "Loss by trial", alt)


def _search_tables(search: SearchFacts) -> list[Table]:
    told = [Table("What the challenger is made of, step by step", _combination_frame(search.combination))]
    if not search.quantile_trials.empty:
        told.append(Table("Models that decide on a value by what it costs", _quantile_frame(search.quantile_trials)))
    columns = ["trial", "candidate", "state", "loss", "best_loss", "settings", "word"]
    words = [settings_words(text) for text in search.history["settings"]]
    trials = search.history.assign(settings=words)[columns]
    long = len(trials) >= _SEARCHABLE_FROM
    told.append(Table("Every trial", trials, tones={"state": _STATE_TONES}, is_searchable=long))
    return told


def settings_words(text: str) -> str:
    """Write the settings of a trial for a reader.

    Args:
        text: JSON.

    Returns:
        ``"numbers scaled, C 0.1"``: the innermost names with their values; what is not set is left out.
    """
    return ", ".join(_leaves(json.loads(text)))


def _leaves(told: Mapping[str, Any]) -> Iterator[str]:
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _leaves(value)
        elif value is not None and name != "candidate":
            yield f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"


def _combination_frame(combination: pd.DataFrame) -> pd.DataFrame:
    return combination[["step", "candidate", "trial", "weight", "loss", "gain", "gain_se", "outcome"]].rename(
        columns={"gain_se": "error of the gain"}
    )


def _quantile_frame(trials: pd.DataFrame) -> pd.DataFrame:
    return trials[["candidate", "cost", "cost_of_mean", "gain", "gain_se", "coverage", "outcome"]].rename(
        columns={"gain_se": "error of the gain"}
    )
