"""From the log of the service to rows that are watched: repaired as the release repairs, each answer read once."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.answering.again import Usable, repair_again
from evergreen.models.scores import ACTION, score_columns
from evergreen.pipelines.monitoring.asked_again import ask_again, raw_rows
from evergreen.pipelines.monitoring.params import MonitoringParams
from evergreen.pipelines.monitoring.reading import ROLE, ROLES, NewAnswers, Period, clock_of, keep_answers, period_of
from evergreen.prediction_log import LogReader
from evergreen.problem import AsOf, Problem
from evergreen.releases import RELEASE_ID, Champion, LoadedRelease, NoChampion

Earlier = Callable[[], pd.DataFrame | None]
# No column of a contract begins with an underscore.
ANSWERED_AT, KEY = "_answered_at", "_key"
ANSWER_COLUMNS = {
    "request_id": "str",
    "row": "int64",
    "key": "str",
    "at": "datetime64[us]",
    "event_time": "str",
    "answered_at": "str",
    "latency_ms": "float64",
    "request_rows": "int64",
    "reasons": "str",
    "release_id": "str",
    "is_asked_again": "bool",
    "is_same": "bool",
    "differing": "str",
    "gap": "float64",
}
_ID = ["request_id", "row"]


def read_answers(
    params: MonitoringParams,
    as_of: AsOf,
    champion: Champion,
    prediction_log: LogReader,
    earlier_answers: Earlier,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Read what the service has answered since the last run, and repair it as the release repairs.

    The time of a row is its event time, or where the case has none the day of the answer. An answer is read once; the
    last hour before the newest one is read again, for what was committed late, and where the log holds more of what
    lies before than is known, all of that.

    Args:
        params: how long rows are kept, and how many answers tables are asked about again.
        as_of: the logical date. Rows dated later are counted and left for later runs.
        champion: the live release.
        prediction_log: reads the log.
        earlier_answers: reads the answers that earlier runs have read.

    Returns:
        The usable rows of new answers of the champion, with ``_score...``, ``_action``, ``_release_id``,
        ``_answered_at`` and ``_key``, no columns at all without any; one row for every answer of the champion that is
        kept, ``ANSWER_COLUMNS``; and what was read. Without a log or a champion nothing.
    """
    earlier = earlier_answers()
    known = no_answers() if earlier is None else _complete(earlier).astype(ANSWER_COLUMNS)
    if isinstance(champion, NoChampion) or not prediction_log.is_there():
        return pd.DataFrame(), known, {}
    known = known[known[RELEASE_ID] == champion.release_id]
    period = period_of(params, as_of.root, champion.problem, known)
    kept = keep_answers(known, period)
    found = NewAnswers(prediction_log, champion, period, kept)
    tally = dict.fromkeys(("n_new", "n_unusable", "n_unwatched", "n_too_old"), 0)
    rows, answers, newest = [], [], pd.DataFrame()
    for part in found.parts():
        usable, told = _watch_part(champion, part, period, tally)
        rows.append(usable)
        answers.append(told.assign(request_rows=_sizes(prediction_log, part)))
        newest = pd.concat([newest, part]).sort_values(["_answered_at", "_request_id", "_row"], ignore_index=True)
        newest = newest.tail(params.skew_rows)
    asked = ask_again(champion, newest)
    told_of = pd.concat([kept, *(_with_asked(one, asked) for one in answers)], ignore_index=True)
    counted = {"n_read": found.n_read, "n_passed_over": found.n_passed_over, **tally}
    read = _tell(prediction_log, champion, period, counted, asked)
    watched = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    return watched, told_of.astype(ANSWER_COLUMNS), read


def time_of_rows(rows: pd.DataFrame, problem: Problem) -> "pd.Series[pd.Timestamp]":
    """Give the time of watched rows.

    Args:
        rows: repaired rows with ``_answered_at``, empty for rows of batches.
        problem: the case of the release.

    Returns:
        The event time; without one the day of the answer, missing for rows of batches.
    """
    if problem.event_time is not None:
        return rows[problem.event_time]
    return pd.to_datetime(rows[ANSWERED_AT].str[:10], errors="coerce").astype("datetime64[us]")


def no_answers() -> pd.DataFrame:
    """Make a table of no answer.

    Returns:
        ``ANSWER_COLUMNS``.
    """
    return pd.DataFrame(columns=list(ANSWER_COLUMNS)).astype(ANSWER_COLUMNS)


def _complete(earlier: pd.DataFrame) -> pd.DataFrame:
    """Put to answers what versions before this one did not keep."""
    if "request_rows" in earlier:
        return earlier
    request_rows = earlier.groupby("request_id")["row"].transform("max") + 1
    return earlier.assign(request_rows=request_rows, event_time=earlier["at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f"))


def _sizes(log: LogReader, part: pd.DataFrame) -> "pd.Series[int]":
    found = part["_request_id"].map(log.find_sizes(part["_request_id"].unique().tolist()))
    # An answer may be purged while it is read.
    return found.fillna(part["_row"] + 1)


def _watch_part(
    champion: LoadedRelease, part: pd.DataFrame, period: Period, tally: dict[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Repair the rows of a part; give the watched ones, and a note of every answer."""
    problem = champion.problem
    is_answered = (part["_reasons"] == "").to_numpy()
    answered = part[is_answered].reset_index(drop=True)
    usable = _repair(champion, answered)
    said = answered.iloc[usable.places].reset_index(drop=True)
    told = _said(said, problem)
    cells = usable.rows.drop(columns=list(problem.outcome_columns))
    rows = pd.concat([cells, told], axis=1).assign(**{f"_{RELEASE_ID}": champion.release_id})
    rows = rows.assign(**{ANSWERED_AT: said["_answered_at"], KEY: said["_key"]})
    times = time_of_rows(rows, problem)
    at = _times_in_log(part, problem).to_numpy().copy()
    at[np.flatnonzero(is_answered)[usable.places]] = times.to_numpy()
    tally["n_new"] += len(part)
    tally["n_unusable"] += int((~is_answered).sum())
    tally["n_unwatched"] += len(answered) - len(rows)
    tally["n_too_old"] += int((at < np.datetime64(period.first)).sum())
    is_kept = (times >= pd.Timestamp(period.first)).to_numpy(dtype=bool)
    return rows[is_kept].reset_index(drop=True), _note(part, champion.release_id, at)


def _repair(champion: LoadedRelease, answered: pd.DataFrame) -> Usable:
    return repair_again(raw_rows(answered), champion.problem, champion.outlier_limits)


def _said(part: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    names = [f"_{name}" for name in score_columns(problem)]
    scores = np.array([list(one) for one in part["_scores"]], dtype=np.float64).reshape(len(part), len(names))
    action = part["_action"].astype("str" if problem.is_classification else "float64")
    return pd.DataFrame(scores, columns=names).assign(**{f"_{ACTION}": action})


def _times_in_log(part: pd.DataFrame, problem: Problem) -> "pd.Series[pd.Timestamp]":
    """Give the time of each answer as the log has it; where it cannot be read, the day of the answer."""
    days = pd.to_datetime(part["_answered_at"].str[:10]).astype("datetime64[us]")
    if problem.event_time is None:
        return days
    told = pd.to_datetime(part["_event_time"], errors="coerce", format="ISO8601").astype("datetime64[us]")
    return told.fillna(days)


def _note(part: pd.DataFrame, release_id: str, at: NDArray[np.datetime64]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "request_id": part["_request_id"],
            "row": part["_row"],
            "key": part["_key"],
            "at": at,
            "event_time": part["_event_time"].fillna(""),
            "answered_at": part["_answered_at"],
            "latency_ms": part["_latency_ms"],
            "reasons": part["_reasons"],
            "release_id": release_id,
        }
    )


def _with_asked(answers: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    both = answers.merge(asked, on=_ID, how="left", validate="one_to_one")
    is_asked = both["is_same"].notna()
    return both.assign(
        is_asked_again=is_asked,
        is_same=both["is_same"].astype("object").where(is_asked, True).astype(bool),
        differing=both["differing"].fillna("[]"),
        gap=both["gap"].fillna(0.0),
    )


def _tell(
    log: LogReader, champion: LoadedRelease, period: Period, tally: Mapping[str, int], asked: pd.DataFrame
) -> dict[str, Any]:
    """Say what was read, and what was left aside."""
    problem, after = champion.problem, (period.last + timedelta(days=1)).isoformat()
    everyone = period.terms[0].copy()
    everyone["roles"] = ROLES
    others = log.count(**everyone)
    own = (ROLE, champion.release_id)
    later = log.count(roles=(ROLE,), release_id=champion.release_id, by=clock_of(problem), since=after)
    return {
        "as_of": period.last.isoformat(),
        "kept_since": period.first.isoformat(),
        "release_id": champion.release_id,
        **tally,
        "n_later": later.get(own, 0),
        "n_of_others": {f"{role} {name}": n for (role, name), n in others.items() if (role, name) != own},
        "hidden_columns": list(problem.hidden_columns),
        "n_asked_again": len(asked),
        "n_differing": int((~asked["is_same"].astype(bool)).sum()),
    }
