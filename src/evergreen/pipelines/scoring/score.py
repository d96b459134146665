"""Score the rows that wait for a decision."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.models.decide import predict_rows
from evergreen.models.scores import ACTION, score_columns
from evergreen.models.unscored import scored_rows
from evergreen.pipelines.scoring.params import ScoringParams
from evergreen.problem import Problem
from evergreen.releases import RELEASE_ID, Champion, LoadedRelease, NoChampion
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.quarantine import all_as_text
from evergreen.tables.repair import REASONS, REPAIRS

_NO_SCORE = "the model gives no number for it"
Scored = tuple[pd.DataFrame, NDArray[np.bool_]]


def score_new_rows(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: ScoringParams,
    champion: Champion,
    new_rows_settled: pd.DataFrame,
    new_rows_set_aside: pd.DataFrame,
    earlier_predictions: Callable[[], pd.DataFrame | None] | None = None,
    new_rows_repairs: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Let the champion decide; a row that it gives no number for does not stop the others.

    Args:
        problem: the case; it names the columns where there is no champion.
        params: how many rows are scored at a time. Where an action is scarce all are scored at once.
        champion: the live release.
        new_rows_settled: usable new rows, n of them.
        new_rows_set_aside: rows in quarantine.
        earlier_predictions: reads what was predicted before. Where an action is scarce, what this champion has decided
            stays decided and uses up the capacity of its window.
        new_rows_repairs: key and ``repairs`` of rows in which a cell was changed.

    Returns:
        The key, the scores, the action, the release that made them and the repairs of the row; the rows that were
        scored, in the same order; and the quarantine with the rows that could not be. Without a champion no
        predictions, and all rows.
    """
    if isinstance(champion, NoChampion):
        return _nothing(problem, new_rows_settled), new_rows_settled, new_rows_set_aside
    predictions, is_scored = _score(champion, params, new_rows_settled, earlier_predictions)
    told = _repairs_of(predictions, champion.problem, new_rows_repairs)
    signed = predictions.assign(**{RELEASE_ID: champion.release_id}).assign(**{REPAIRS: told})
    if is_scored.all():
        return signed, new_rows_settled, new_rows_set_aside
    unscored = _as_quarantined(new_rows_settled[~is_scored], new_rows_set_aside)
    kept = new_rows_settled[is_scored].reset_index(drop=True)
    return signed, kept, pd.concat([new_rows_set_aside, unscored], ignore_index=True)


def _nothing(problem: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    keys = rows[list(problem.key)].head(0).reset_index(drop=True)
    scores = dict.fromkeys(score_columns(problem), pd.Series(dtype="float64"))
    action = pd.Series(dtype="str" if problem.is_classification else "float64")
    text = pd.Series(dtype="str")
    return keys.assign(**scores, **{ACTION: action, RELEASE_ID: text, REPAIRS: text})


def _repairs_of(predictions: pd.DataFrame, problem: Problem, repairs: pd.DataFrame | None) -> "pd.Series[str]":
    """Look up what was repaired in each row; nothing in those that are not named."""
    if repairs is None or repairs.empty:
        return pd.Series("", index=predictions.index, dtype="str")
    key = list(problem.key)
    typed = repairs.astype(predictions[key].dtypes)
    return predictions[key].merge(typed, on=key, how="left", validate="one_to_one")[REPAIRS].fillna("")


def _score(
    champion: LoadedRelease,
    params: ScoringParams,
    rows: pd.DataFrame,
    earlier_predictions: Callable[[], pd.DataFrame | None] | None,
) -> Scored:
    if champion.problem.is_rationed:
        earlier = earlier_predictions() if earlier_predictions is not None else None
        return _score_part(champion, rows, None if earlier is None else _taken(champion, rows, earlier))
    starts = range(0, max(len(rows), 1), params.chunk_rows)
    parts = [_score_part(champion, rows.iloc[start : start + params.chunk_rows], None) for start in starts]
    predictions = pd.concat([one for one, _ in parts], ignore_index=True)
    return predictions, np.concatenate([is_scored for _, is_scored in parts])


def _score_part(champion: LoadedRelease, rows: pd.DataFrame, taken: NDArray[np.object_] | None) -> Scored:
    """Predict, and where that is refused find the rows that it is refused for."""
    model, problem = champion.model, champion.problem
    try:
        return predict_rows(model, rows, problem, taken=taken), np.ones(len(rows), dtype=bool)
    except Exception:
        is_scored = scored_rows(model, rows, problem)
        if is_scored.all():
            raise
    left = None if taken is None else taken[is_scored]
    return predict_rows(model, rows[is_scored], problem, taken=left), is_scored


def _as_quarantined(rows: pd.DataFrame, quarantine: pd.DataFrame) -> pd.DataFrame:
    """Write rows as those in quarantine: cells as text, with the reason; what is known later is empty."""
    text = as_pandas(all_as_text(as_frame(rows.reset_index(drop=True)))).assign(**{REASONS: _NO_SCORE})
    return text.reindex(columns=quarantine.columns).astype(quarantine.dtypes)


def _taken(champion: LoadedRelease, rows: pd.DataFrame, earlier: pd.DataFrame) -> NDArray[np.object_] | None:
    """Give the action that the champion has decided on for each row before; None where there is none."""
    key, own = list(champion.problem.key), earlier[earlier[RELEASE_ID] == champion.release_id]
    if own.empty:
        return None
    typed = own[[*key, ACTION]].astype(rows[key].dtypes)
    actions = rows[key].merge(typed, on=key, how="left", validate="one_to_one")[ACTION].astype(object)
    taken: NDArray[np.object_] = actions.where(actions.notna(), None).to_numpy(dtype=object)
    return taken
