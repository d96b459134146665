"""Look back: was the champion the better choice, on rows labelled since?"""

import math
from typing import Any

import pandas as pd

from evergreen.judging.contest import main_metric
from evergreen.measures.promotion import judge_gain
from evergreen.measures.spending import spent_level
from evergreen.models.contest import compare_predictions
from evergreen.models.decide import predict_rows
from evergreen.pipelines.retraining.decide import NotDue
from evergreen.pipelines.retraining.params import RetrainingParams
from evergreen.pipelines.retraining.prepare import Fresh
from evergreen.problem import AsOf, Problem, find_metric, tell_difference
from evergreen.releases import LoadedRelease, Succession
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.outliers import limit_outliers
from evergreen.tables.split_card import SplitCard

Document = dict[str, Any]


def review_champion(  # noqa: PLR0913, PLR0917 - one input each
    problem: Problem,
    params: RetrainingParams,
    as_of: AsOf,
    retraining_decision: Document,
    succession: Succession,
    earlier_retraining: Any,
    fresh_rows: Fresh | NotDue,
) -> Document | NotDue:
    """Compare the champion with the one before it on rows that were labelled since it was judged.

    Both score the same rows, which neither has learnt from nor was chosen by. The champion goes where the paired,
    one-sided bound says that the one before it is surely better. The k-th review of a champion is judged at
    6 / (pi^2 k^2) of what the confidence leaves of 1, so that over all reviews together a champion that is no worse is
    given up with no more than that chance.

    Args:
        problem: the case; decisions of both are paid by it.
        params: the confidence.
        as_of: the logical date.
        retraining_decision: whether a review is due.
        succession: champion and predecessor.
        earlier_retraining: reads what the last run of retraining wrote down, for the number of the review.
        fresh_rows: the rows of today.

    Returns:
        ``as_of, champion_id, former_id, number, level, metric, n_rows, gain, bound, is_worse, word``; the gain is that
        of the one before over the champion. That nothing is due, where no review is.
    """
    champion = succession.champion
    if isinstance(fresh_rows, NotDue) or not retraining_decision["is_review_due"]:
        return NotDue(("No review is due.",))
    assert isinstance(champion, LoadedRelease)  # noqa: S101 - a review is never due without a champion
    former = succession.former()
    earlier = (earlier_retraining() or {}).get("review") or {}
    number = 1 + earlier["number"] if earlier.get("champion_id") == champion.release_id else 1
    level = spent_level(1 - params.confidence, number)
    told = {
        "as_of": as_of.root.isoformat(),
        "champion_id": champion.release_id,
        "former_id": succession.former_id,
        "number": number - 1,
        "level": level,
        "metric": main_metric(problem),
        "n_rows": 0,
        "gain": None,
        "bound": None,
        "is_worse": False,
    }
    if former is None:
        return told | {"word": "The release before the champion cannot be read, so there is no way back to it."}
    why_not = tell_difference(problem, champion.problem) or tell_difference(problem, former.problem)
    if why_not:
        return told | {"word": f"They are not compared: one of them {why_not}."}
    rows = _rows_since(problem, (champion, former), fresh_rows.labelled)
    least = problem.limits.min_holdout_rows
    if len(rows) < least:
        word = f"{len(rows)} rows were labelled since the champion was judged; the case asks for {least}."
        return told | {"n_rows": len(rows), "word": word}
    # Only what is compared counts.
    return told | {"number": number} | _compare(problem, champion, former, rows, level)


def _rows_since(problem: Problem, releases: tuple[LoadedRelease, ...], labelled: pd.DataFrame) -> pd.DataFrame:
    """Take the rows after all that either has learnt from or was judged on."""
    cards = [SplitCard.model_validate(one.documents["split_card"]) for one in releases]
    known = [pd.Timestamp(card.judged_until or card.as_of) for card in cards]
    times = labelled[str(problem.event_time)]
    since: pd.DataFrame = labelled[times.dt.normalize() > max(known)]
    return since.sort_values(str(problem.event_time), ignore_index=True)


def _compare(
    problem: Problem, champion: LoadedRelease, former: LoadedRelease, rows: pd.DataFrame, level: float
) -> Document:
    metric = main_metric(problem)
    before, live = (_decide(one, rows) for one in (former, champion))
    difference = compare_predictions(problem, rows, before, live)[metric]
    gain = difference if find_metric(metric).higher_is_better else difference.negated()
    bound = gain.lower_bound(1 - level)
    is_worse = judge_gain(gain, margin=0.0, confidence=1 - level) == "passed"
    found = f"{metric} of {former.release_id} is {gain.value:.4g} better than the champion's"
    told = f"{found} on {len(rows)} rows labelled since, lower bound {bound:.4g} at a level of {100 * level:.3g} %"
    end = "The champion is surely worse." if is_worse else "That does not tell the champion to be worse."
    shown = bound if math.isfinite(bound) else None
    value = gain.value if math.isfinite(gain.value) else None
    return {"n_rows": len(rows), "gain": value, "bound": shown, "is_worse": is_worse, "word": f"{told}. {end}"}


def _decide(release: LoadedRelease, rows: pd.DataFrame) -> pd.DataFrame:
    """Let a release decide about rows, their outliers held in as it does."""
    held = as_pandas(limit_outliers(as_frame(rows), release.outlier_limits))
    return predict_rows(release.model, held, release.problem)
