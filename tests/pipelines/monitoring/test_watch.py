from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.pipelines.monitoring.watch import (
    check_predictions,
    gather_outcomes,
    watch_drift,
    watch_outcomes,
    watch_ranges,
    watch_scores,
)
from evergreen.problem import AsOf, Kind
from evergreen.releases import NoChampion
from tests.cases import binary_case, call_sources
from tests.models.small import KINDS, small_case, small_rows
from tests.pipelines.evaluation.line import champion, line
from tests.pipelines.monitoring.window import NO_LOG, NOBODY, PARAMS, outcomes_of, scored, window_of

LIVE = champion("binary")


def _drift(kind: Kind = "binary", **told: Any) -> pd.DataFrame:
    live, rows = champion(kind), window_of(kind, **told)
    return watch_drift(PARAMS, live, rows, scored(live, rows)).set_index("column")


def _moved(found: pd.DataFrame) -> set[str]:
    return set(found.index[found["is_drifted"].astype(bool)])


@pytest.mark.parametrize("kind", KINDS)
def test_every_feature_and_score_is_tested(kind: Kind) -> None:
    found = _drift(kind)
    scores = [f"prediction: {name}" for name in line(kind).predictions if name.startswith("score")]
    assert list(found.index) == ["strength", "noise", "colour", "is_known", "since", "note", *scores]
    assert set(found["n_reference"]) == {160}
    assert set(found["n_current"]) == {200}


def test_quiet_windows_stay_quiet() -> None:
    alarms = [seed for seed in range(30) if _moved(_drift(n_rows=300, seed=seed))]
    assert len(alarms) <= 1


def test_a_column_that_moves_is_found_with_the_score_that_follows_it() -> None:
    rows = window_of("binary")
    found = _drift(strength=rows["strength"] + 1.5)
    assert _moved(found) == {"strength", "prediction: score"}


@pytest.mark.parametrize(
    ("column", "cells"), [("colour", "violet"), ("noise", np.nan), ("note", "a much longer note than ever before")]
)
def test_new_words_missing_cells_and_longer_prose_are_found(column: str, cells: Any) -> None:
    assert column in _moved(_drift(**{column: cells}))


def test_a_small_window_is_not_tested() -> None:
    found = _drift(n_rows=5, strength=99.0)
    assert found["p_value"].isna().all()
    assert not _moved(found)


def test_scores_of_the_window_lie_beside_those_of_the_reference() -> None:
    rows = window_of("binary")
    predictions = scored(LIVE, rows)
    found = watch_scores(LIVE, predictions)
    assert list(found["window"].unique()) == ["reference", "current"]
    for name, table in found.groupby("window"):
        told = line("binary").predictions if name == "reference" else predictions
        expected, _ = np.histogram(told["score"], bins=20, range=(0, 1))
        np.testing.assert_allclose(table["share"], expected / len(told))


def test_values_beyond_all_that_was_seen_count_in_the_outer_bins() -> None:
    live, rows = champion("regression"), window_of("regression")
    found = watch_scores(live, scored(live, rows).assign(score=1e6))
    assert found[found["window"] == "current"]["share"].tolist() == [0] * 19 + [1]


def test_what_a_period_shares_is_held_against_the_range_the_model_knows() -> None:
    profile = LIVE.documents["reference_profile"] | {"ranges": {"strength": (-1.0, 1.0)}}
    live = replace(LIVE, documents={**LIVE.documents, "reference_profile": profile})
    inside, outside = (watch_ranges(live, window_of("binary", strength=rate)) for rate in (0.5, 1.5))
    assert [inside["is_outside"].tolist(), outside["is_outside"].tolist()] == [[False], [True]]
    assert outside["window_high"].tolist() == [1.5]


def test_outcomes_are_matched_by_key_in_any_order() -> None:
    rows, known = window_of("binary"), outcomes_of("binary")
    predictions = scored(LIVE, rows)
    some = known.iloc[::2].sample(frac=1, random_state=3)
    found = watch_outcomes(PARAMS, LIVE, rows, predictions, some)
    came = (known["outcome"] == "yes").to_numpy()[::2]
    called = (predictions["action"] == "call").to_numpy()[::2]
    assert found["n_outcomes"] == 100
    assert found["metrics"]["accuracy"]["value"] == pytest.approx(((predictions["score"][::2] > 0.5) == came).mean())
    money = {name: one["value"] for name, one in found["money"].items()}
    model = np.where(called, np.where(came, 5, -2), 0).mean()
    everyone = np.where(came, 5, -2).mean()
    assert money == pytest.approx({"model": model, "always_call": everyone, "always_skip": 0})
    lead = {name: one["value"] for name, one in found["lead"].items()}
    assert lead == pytest.approx({"always_call": model - everyone, "always_skip": model})


def test_outcomes_of_rows_nobody_scored_do_not_count() -> None:
    rows = window_of("binary", 40)
    found = watch_outcomes(PARAMS, LIVE, rows, scored(LIVE, rows), outcomes_of("binary", 200))
    assert found["n_outcomes"] == 40


@pytest.mark.parametrize(("n_known", "is_measured"), [(0, False), (29, False), (30, True)])
def test_few_outcomes_are_counted_but_not_measured(n_known: int, is_measured: bool) -> None:
    rows = window_of("binary")
    found = watch_outcomes(PARAMS, LIVE, rows, scored(LIVE, rows), outcomes_of("binary").head(n_known))
    assert found["n_outcomes"] == n_known
    assert bool(found["metrics"]) == bool(found["money"]) == bool(found["lead"]) == is_measured


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_realised_figures_hold_the_figure(kind: Kind) -> None:
    live, rows = champion(kind), window_of(kind)
    found = watch_outcomes(PARAMS, live, rows, scored(live, rows), outcomes_of(kind))
    for name in ("accuracy", "log_loss") if kind != "regression" else ("mae", "rmse"):
        one = found["metrics"][name]
        assert one["low"] < one["value"] < one["high"]
    assert set(found["metrics"]) == set(live.problem.metrics)


def test_predictions_of_another_release_are_refused() -> None:
    rows = window_of("binary", 40)
    predictions = scored(LIVE, rows).assign(release_id="0123456789abcdef")
    for watch in (
        lambda: watch_drift(PARAMS, LIVE, rows, predictions),
        lambda: watch_outcomes(PARAMS, LIVE, rows, predictions, NOBODY),
    ):
        with pytest.raises(
            DataError, match=rf"made by \['0123456789abcdef'\], but the champion is '{LIVE.release_id}'"
        ):
            watch()


def test_predictions_of_two_releases_are_refused() -> None:
    rows = window_of("binary", 4)
    predictions = scored(LIVE, rows).assign(release_id=[LIVE.release_id] * 3 + ["other"])
    with pytest.raises(DataError, match="Run the scoring pipeline again with this as_of"):
        check_predictions(LIVE, rows, predictions)


@pytest.mark.parametrize("part", [slice(0, 30), slice(None, None, -1), slice(0, 0)])
def test_predictions_of_other_rows_are_refused(part: slice) -> None:
    rows = window_of("binary", 40)
    predictions = scored(LIVE, rows).iloc[part]
    with pytest.raises(DataError, match=rf"\({len(predictions)}\) are not of the new rows \(40\)"):
        watch_drift(PARAMS, LIVE, rows, predictions)


@pytest.mark.parametrize("live", [NoChampion(), LIVE])
def test_without_a_champion_or_without_rows_nothing_is_found(live: Any) -> None:
    rows = window_of("binary", 40).head(0 if live is LIVE else 40)
    none = scored(LIVE, rows).head(0)
    assert watch_drift(PARAMS, live, rows, none).empty
    assert "missing_share_current" in watch_drift(PARAMS, live, rows, none)
    assert watch_ranges(live, rows).empty
    assert watch_scores(live, none).empty
    nothing = {"n_outcomes": 0, "metrics": {}, "money": {}, "lead": {}}
    assert watch_outcomes(PARAMS, live, rows, none, outcomes_of("binary")) == nothing


def test_outcomes_come_when_their_delay_has_passed() -> None:
    raw, problem, live = small_rows("binary", 400), small_case("binary"), champion("binary")
    predictions = scored(live, raw)
    found = gather_outcomes(problem, AsOf(date(2020, 4, 5)), predictions, NO_LOG, raw.sample(frac=1, random_state=1))
    # When 5 April ends, outcomes up to ten days before are known, however long ago the row was scored.
    expected = raw[raw["decided_at"] <= "2020-03-26 23:59"]
    assert found["row_id"].tolist() == expected["row_id"].tolist()
    assert found["outcome"].tolist() == expected["outcome"].tolist()


def test_only_outcomes_of_scored_rows_are_gathered() -> None:
    raw, problem = small_rows("binary", 400), small_case("binary", split="random")
    predictions = scored(LIVE, raw.iloc[[7, 3]])
    found = gather_outcomes(problem, AsOf(date(2020, 4, 5)), predictions, NO_LOG, raw)
    assert found["row_id"].tolist() == [4, 8]


def test_outcomes_are_cleaned_like_all_others() -> None:
    problem, raw = binary_case({"split.new_rows_days": 60}), call_sources()
    raw["calls"]["bought"] = ["NO", " Yes", "perhaps", "yes", "no"]
    predictions = pd.DataFrame({"call_id": [1, 2, 3, 4, 5]})
    found = gather_outcomes(
        problem, AsOf(date(2020, 3, 1)), predictions, NO_LOG, *(raw[name] for name in problem.sources)
    )
    assert found.to_dict("list") == {"call_id": [1, 2], "bought": ["no", "yes"]}
