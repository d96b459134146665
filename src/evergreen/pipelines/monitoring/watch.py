"""Compare a window of scored rows with what was normal, and with the outcomes that have come."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from evergreen.errors import DataError
from evergreen.measures import compare_profiles
from evergreen.models.no_model import NoModel, decide_without_model
from evergreen.models.performance import PAYOFF, measure_performance
from evergreen.models.profiles import ReferenceProfile, bin_shares, period_ranges, profile_window, shown_scores
from evergreen.pipelines.monitoring.logged_outcomes import logged_outcomes
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.prediction_log import LogReader
from evergreen.problem import AsOf, Problem
from evergreen.releases import RELEASE_ID, Champion, LoadedRelease, NoChampion
from evergreen.tables.engines import as_pandas
from evergreen.tables.gather import gather_rows
from evergreen.tables.repair import mark_rows, usable_rows

_MIN_OUTCOMES = 30


def gather_outcomes(
    problem: Problem, as_of: AsOf, watched_rows: pd.DataFrame, prediction_log: LogReader, *sources: Any
) -> pd.DataFrame:
    """Collect the outcomes of scored rows that have come by ``as_of``, to the sources or to the service.

    Args:
        problem: the case.
        as_of: the logical date.
        watched_rows: the rows that are watched.
        prediction_log: reads the log of the service, to which outcomes come, too.
        sources: what the catalog loaded, in the order of ``problem.sources``.

    Returns:
        The key and the target of every watched row whose outcome is known, each once, in order of the key. Where both
        speak of a row the sources count, from which the next model will learn.
    """
    key, by_name = list(problem.key), dict(zip(problem.sources, sources, strict=True))
    gathered = gather_rows(problem, as_of.root, by_name).rows
    rows = usable_rows(mark_rows(gathered, problem), problem).select(*key, problem.target.column)
    known = as_pandas(rows.filter(~nw.col(problem.target.column).is_null()).unique(subset=key))
    asked = watched_rows[key].drop_duplicates().astype(known[key].dtypes)
    found = known.merge(asked, on=key)
    logged = logged_outcomes(problem, as_of.root, watched_rows, prediction_log)
    if logged is not None:
        both = pd.concat([found, logged.astype(found.dtypes)], ignore_index=True)
        found = both.drop_duplicates(key, keep="first")
    return found.sort_values(key, ignore_index=True)


def watch_drift(
    params: MonitoringParams, champion: Champion, new_rows: pd.DataFrame, predictions: pd.DataFrame
) -> pd.DataFrame:
    """Test every feature and score of the window against the release's reference.

    Args:
        params: how easily it speaks up.
        champion: the live release.
        new_rows: the rows that were scored.
        predictions: their predictions.

    Returns:
        One row a column, see ``measures.compare_profiles``; none without a champion or without rows.

    Raises:
        DataError: where the predictions are not the champion's, or not of these rows.
    """
    if isinstance(champion, NoChampion) or (new_rows.empty and predictions.empty):
        return compare_profiles({}, {}, false_alarm_rate=params.false_alarm_rate)
    check_predictions(champion, new_rows, predictions)
    reference = reference_of(champion)
    window = profile_window(reference, new_rows, predictions, champion.problem)
    return compare_profiles(reference.columns, window, false_alarm_rate=params.false_alarm_rate)


def watch_ranges(champion: Champion, new_rows: pd.DataFrame) -> pd.DataFrame:
    """See whether what a whole period shares, like an interest rate, has left the range the model knows.

    Args:
        champion: the live release.
        new_rows: the rows that were scored.

    Returns:
        Columns ``column, known_low, known_high, window_low, window_high, is_outside, has_gaps``; none without a
        champion.
    """
    if isinstance(champion, NoChampion) or new_rows.empty:
        columns = ["column", "known_low", "known_high", "window_low", "window_high", "is_outside", "has_gaps"]
        return pd.DataFrame(columns=columns)
    return period_ranges(reference_of(champion), new_rows)


def watch_scores(champion: Champion, predictions: pd.DataFrame) -> pd.DataFrame:
    """Lay the scores of the window beside those of the reference.

    Args:
        champion: the live release.
        predictions: the window's predictions.

    Returns:
        Columns ``bin_low, bin_high, window, share``; none without a champion or without rows.
    """
    if isinstance(champion, NoChampion) or predictions.empty:
        return pd.DataFrame(columns=["bin_low", "bin_high", "window", "share"])
    reference = reference_of(champion)
    edges = np.array(reference.score_edges)
    current = bin_shares(shown_scores(predictions, champion.problem), edges)
    parts = {"reference": np.array(reference.score_shares), "current": current}
    tables = [
        pd.DataFrame({"bin_low": edges[:-1], "bin_high": edges[1:], "window": name, "share": shares})
        for name, shares in parts.items()
    ]
    return pd.concat(tables, ignore_index=True)


def watch_outcomes(
    params: MonitoringParams,
    champion: Champion,
    new_rows: pd.DataFrame,
    predictions: pd.DataFrame,
    outcomes: pd.DataFrame,
) -> dict[str, Any]:
    """Measure what the release has really earned where outcomes have come.

    Args:
        params: how intervals are made.
        champion: the live release.
        new_rows: the rows that were scored.
        predictions: their predictions.
        outcomes: key and target of rows whose outcome is known.

    Returns:
        ``n_outcomes``; ``metrics`` and ``money`` with intervals, empty under 30 outcomes; ``lead``: for each
        no-model rule the payoff of the model minus that of the rule, with its interval.

    Raises:
        DataError: where the predictions are not the champion's, or not of these rows.
    """
    nothing: dict[str, Any] = {"n_outcomes": 0, "metrics": {}, "money": {}, "lead": {}}
    if isinstance(champion, NoChampion) or (new_rows.empty and predictions.empty):
        return nothing
    check_predictions(champion, new_rows, predictions)
    problem, key = champion.problem, list(champion.problem.key)
    is_known = new_rows[key].merge(outcomes[key], on=key, how="left", indicator=True)["_merge"].eq("both").to_numpy()
    rows = new_rows[is_known].merge(outcomes, on=key, how="left", validate="one_to_one")
    if len(rows) < _MIN_OUTCOMES:
        return nothing | {"n_outcomes": len(rows)}
    knowledge = NoModel.model_validate(champion.documents["no_model"])
    scored = predictions[is_known].reset_index(drop=True)
    decided = None
    if problem.payoff is not None:
        # A scarce action was given out among all rows of the window, not only those whose outcome has come.
        decided = {k: v[is_known] for k, v in decide_without_model(problem, knowledge, new_rows).items()}
    found = measure_performance(problem, knowledge, rows, scored, params.resampling, decided=decided)
    metrics, money = found.intervals(params.confidence)
    lead = {
        rule: found.model[PAYOFF].minus(one).interval(params.confidence).to_dict() for rule, one in found.rules.items()
    }
    return {"n_outcomes": len(rows), "metrics": metrics, "money": money, "lead": lead}


def reference_of(champion: LoadedRelease) -> ReferenceProfile:
    """Read what was normal when a release was made.

    Args:
        champion: the release.

    Returns:
        Its reference profile.
    """
    return ReferenceProfile.model_validate(champion.documents["reference_profile"])


def check_predictions(champion: LoadedRelease, new_rows: pd.DataFrame, predictions: pd.DataFrame) -> None:
    """Refuse predictions that another release made, or made of other rows.

    Args:
        champion: the live release.
        new_rows: the rows that were scored.
        predictions: the predictions.

    Raises:
        DataError: where they do not belong together.
    """
    cure = "Run the scoring pipeline again with this as_of."
    makers = sorted(set(predictions[RELEASE_ID]))
    if makers not in ([], [champion.release_id]):
        finding = f"were made by {makers}, but the champion is '{champion.release_id}'"
        raise DataError("The predictions", finding, cure)
    key = list(champion.problem.key)
    if not new_rows[key].reset_index(drop=True).equals(predictions[key].reset_index(drop=True)):
        finding = f"({len(predictions)}) are not of the new rows ({len(new_rows)})"
        raise DataError("The predictions", finding, cure)
