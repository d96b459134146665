import json

import numpy as np
import pandas as pd
import pytest

from evergreen.models.decide import predict_rows
from evergreen.models.profiles import (
    ReferenceProfile,
    action_shares_of,
    bin_shares,
    make_reference,
    mean_scores_of,
    period_ranges,
    profile_window,
    shown_edges,
    shown_scores,
    watched_columns,
)
from evergreen.problem import Problem
from tests.models.small import KINDS, small_case, small_rows, trained


def _world(kind: str, *, seed: int = 11) -> tuple[Problem, pd.DataFrame, pd.DataFrame]:
    problem, rows = small_case(kind), small_rows(kind, 200, seed=seed)
    return problem, rows, predict_rows(trained(kind).model, rows, problem)


def _reference(kind: str) -> ReferenceProfile:
    problem, rows, predictions = _world(kind)
    return make_reference(rows, predictions, problem, history=small_rows(kind, 240), quarantined_share=0.1)


def _with_rates() -> Problem:
    """A case in which all rows of a period share a rate and a season."""
    columns = {name: column.model_dump() for name, column in small_case("binary").columns.items()}
    for name, kind in {"rate": "number", "season": "category"}.items():
        columns[name] = {"type": kind, "source": "rates", "why": "For the test."}
    return small_case("binary", sources={"rows": {"is_spine": True}, "rates": {"known_since": "on"}}, columns=columns)


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_rows_are_their_own_window(kind: str) -> None:
    problem, rows, predictions = _world(kind)
    reference = _reference(kind)
    assert profile_window(reference, rows, predictions, problem) == reference.columns
    assert {profile.n_rows for profile in reference.columns.values()} == {200}


def test_a_window_is_counted_in_the_bins_of_the_reference() -> None:
    problem, rows, predictions = _world("binary", seed=12)
    reference = _reference("binary")
    window = profile_window(reference, rows.assign(strength=99.0, colour="violet"), predictions, problem)
    assert window["strength"].edges == reference.columns["strength"].edges
    assert window["strength"].counts[-1] == 200
    assert window["colour"].counts == (0, 0, 0, 200)


def test_every_feature_and_score_is_watched_as_numbers_or_words() -> None:
    problem, rows, predictions = _world("multiclass")
    watched = watched_columns(rows, predictions, problem)
    assert {name: kind for name, (_, kind) in watched.items()} == {
        "strength": "number",
        "noise": "number",
        "colour": "category",
        "is_known": "category",
        "since": "number",
        "note": "number",
        "prediction: score_bad": "number",
        "prediction: score_fair": "number",
        "prediction: score_good": "number",
    }
    assert watched["note"][0].dropna().eq(rows["note"].dropna().map(len)).all()
    assert watched["since"][0].iloc[0] == (rows["since"].iloc[0] - pd.Timestamp("1970-01-01")).days


def test_what_a_period_shares_is_not_counted_row_by_row_but_held_against_its_range() -> None:
    problem, (_, rows, predictions) = _with_rates(), _world("binary")
    history = small_rows("binary", 240).assign(rate=[1.0, 2.0] * 120, season="spring")
    judged = rows.assign(rate=3.0, season="summer")
    reference = make_reference(judged, predictions, problem, history=history, quarantined_share=0)
    assert {"rate", "season"}.isdisjoint(reference.columns)
    assert reference.ranges == {"rate": (1, 3)}
    found = {rate: period_ranges(reference, rows.assign(rate=rate)).to_dict("records") for rate in (2.5, 3.5, 0.5)}
    assert [found[rate][0]["is_outside"] for rate in found] == [False, True, True]
    assert found[3.5][0] == {
        "column": "rate", "known_low": 1, "known_high": 3, "window_low": 3.5, "window_high": 3.5, "is_outside": True,
        "has_gaps": False,
    }  # fmt: skip


def test_a_rate_that_stops_coming_has_gaps() -> None:
    problem, (_, rows, predictions) = _with_rates(), _world("binary")
    known = rows.assign(rate=1.5, season="spring")
    reference = make_reference(known, predictions, problem, history=known, quarantined_share=0)
    stopped = known.assign(rate=[np.nan, *[1.5] * (len(known) - 1)])
    assert period_ranges(reference, known)["has_gaps"].tolist() == [False]
    assert period_ranges(reference, stopped)["has_gaps"].tolist() == [True]


def test_a_rate_nobody_knows_yet_has_no_range() -> None:
    problem, (_, rows, predictions) = _with_rates(), _world("binary")
    blank = rows.assign(rate=np.nan, season="spring")
    reference = make_reference(blank, predictions, problem, history=blank, quarantined_share=0)
    assert period_ranges(reference, blank).empty


def test_shown_scores_of_each_kind() -> None:
    binary = pd.DataFrame({"score": [0.2, 0.9]})
    many = pd.DataFrame({"score_bad": [0.2, 0.5], "score_fair": [0.5, 0.4], "score_good": [0.3, 0.1]})
    assert shown_scores(binary, small_case("binary")).tolist() == [0.2, 0.9]
    assert shown_scores(many, small_case("multiclass")).tolist() == [0.5, 0.5]
    assert shown_scores(binary * 10, small_case("regression")).tolist() == [2, 9]
    assert shown_scores(many.head(0), small_case("multiclass")).shape == (0,)


def test_edges_span_all_probabilities_or_all_values() -> None:
    scores = np.array([3.0, 8.0])
    assert shown_edges(scores, small_case("binary"))[[0, -1]].tolist() == [0, 1]
    assert shown_edges(scores, small_case("regression"))[[0, -1]].tolist() == [3, 8]


def test_scores_beyond_the_edges_count_in_the_outer_bins() -> None:
    edges = np.array([0.0, 1.0, 2.0])
    assert bin_shares(np.array([-5.0, -4.0, 0.5, 1.5, 9.0]), edges).tolist() == [0.6, 0.4]
    assert bin_shares(np.array([]), edges).tolist() == [0, 0]


def test_actions_never_chosen_have_share_zero() -> None:
    predictions = pd.DataFrame({"action": ["sell", "sell", "drop", "sell"], "score": [1.0, 2.0, 3.0, 6.0]})
    assert action_shares_of(predictions, small_case("multiclass")) == {"sell": 0.75, "hold": 0, "drop": 0.25}
    assert action_shares_of(predictions, small_case("regression")) == {}
    assert mean_scores_of(predictions, small_case("regression")) == {"score": 3}


@pytest.mark.parametrize("kind", KINDS)
def test_a_reference_survives_being_written_as_json(kind: str) -> None:
    reference = _reference(kind)
    written = json.dumps(reference.model_dump(mode="json"), allow_nan=False)
    assert ReferenceProfile.model_validate(json.loads(written)) == reference
    assert sum(reference.score_shares) == pytest.approx(1)
