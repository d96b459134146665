from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.models.decide import predict_rows
from evergreen.pipelines.scoring.nodes import (
    gather_new_rows,
    mark_new_rows,
    name_new_row_repairs,
    settle_new_rows,
)
from evergreen.pipelines.scoring.params import ScoringParams
from evergreen.pipelines.scoring.score import score_new_rows
from evergreen.preparing.decisions import (
    gather_decisions,
    mark_decisions,
    settle_decisions,
    split_decisions,
)
from evergreen.preparing.params import DataProcessingParams
from evergreen.problem import AsOf, Kind, Problem
from evergreen.releases import Champion, LoadedRelease, NoChampion, assemble_release, load_release
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.outliers import NO_LIMITS, Fence, OutlierLimits
from evergreen.tables.schemas import Predictions, Quarantine
from evergreen.tables.split import split_rows
from tests.cases import Library, binary_case, call_sources, frame_of
from tests.models.small import KINDS, small_case, small_rows, trained

AS_OF, SEED = AsOf(date(2020, 4, 5)), 5
PARAMS, LEARN_PARAMS = ScoringParams(random_state=SEED), DataProcessingParams(random_state=SEED, confidence=0.95)
SPLITS = ("time", "random", "group")
NOBODY = pd.DataFrame(columns=[*small_case("binary").columns, "reasons"], dtype="str")


# A champion made long before the rows that these tests call new.
CARD = {"as_of": "2020-01-31", "training_id": "0", "holdout_id": "0", "judged_until": "2020-01-31"}


def _raw(kind: Kind = "binary", n_rows: int = 400) -> pd.DataFrame:
    """Raw rows with duplicates, two rows under one key, and unusable ones."""
    rows = small_rows(kind, n_rows)
    rows.loc[rows.index[::40], "colour"] = "violet"
    other = rows[rows["row_id"].isin([5, n_rows - 5])].assign(strength=9.0)
    return pd.concat([rows, rows.iloc[::25], other], ignore_index=True).sample(frac=1, random_state=1)


def _new_rows(
    problem: Problem, raw: Any, champion: Champion | None = None, as_of: AsOf = AS_OF
) -> tuple[pd.DataFrame, pd.DataFrame]:
    live = champion or NoChampion()
    marked = mark_new_rows(problem, as_of, live, gather_new_rows(problem, as_of, raw))
    return settle_new_rows(problem, as_of, PARAMS, live, marked)


def _champion(
    kind: Kind, *, limits: OutlierLimits = NO_LIMITS, card: dict[str, Any] | None = None, **changes: Any
) -> Champion:
    documents = {"split_card": card or CARD, "outlier_limits": limits.model_dump(mode="json")}
    release = assemble_release(small_case(kind, **changes), trained(kind).model, documents)
    return load_release(release.release_id, release.files)


def _scored(problem: Problem, champion: Champion, rows: pd.DataFrame, params: ScoringParams = PARAMS) -> pd.DataFrame:
    predictions, kept, quarantine = score_new_rows(problem, params, champion, rows, NOBODY)
    pd.testing.assert_frame_equal(kept, rows)
    assert len(quarantine) == 0
    return predictions


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("kind", KINDS)
def test_new_rows_are_exactly_those_kept_from_learning(kind: Kind, split: str) -> None:
    problem, raw = small_case(kind, split=split), _raw(kind)
    gathered, _ = gather_decisions(problem, AS_OF, raw)
    repaired, *_ = settle_decisions(problem, mark_decisions(problem, gathered))
    training, holdout, *_ = split_decisions(problem, AS_OF, LEARN_PARAMS, repaired)
    split = split_rows(as_frame(repaired), problem, AS_OF.root, random_state=SEED)
    found, _ = _new_rows(problem, raw)
    assert set(found["row_id"]) == set(as_pandas(split.rows("new", problem))["row_id"])
    assert not set(found["row_id"]) & {*training["row_id"], *holdout["row_id"]}
    assert 40 < len(found) < 160


@pytest.mark.parametrize("split", SPLITS)
def test_new_rows_hold_no_outcome_and_come_in_order(split: str) -> None:
    problem = small_case("binary", split=split)
    found, _ = _new_rows(problem, _raw())
    assert list(found) == [name for name in problem.columns if name != "outcome"]
    pd.testing.assert_frame_equal(found, found.sort_values(["decided_at", "row_id"], ignore_index=True))
    assert found["row_id"].is_unique


def test_new_rows_do_not_depend_on_outcomes() -> None:
    raw = _raw()
    blank = raw.assign(outcome=pd.Series([None] * len(raw), dtype="str", index=raw.index))
    (found, _), (blind, _) = (_new_rows(small_case("binary"), rows) for rows in (raw, blank))
    pd.testing.assert_frame_equal(found, blind)


def test_with_time_the_last_days_before_the_date_are_new() -> None:
    found, quarantine = _new_rows(small_case("binary"), _raw())
    assert found["decided_at"].min() == pd.Timestamp("2020-03-07 00:00")
    assert found["decided_at"].max() == pd.Timestamp("2020-04-05 18:00")
    told = quarantine["reasons"].value_counts().to_dict()
    assert told == {"colour is not an allowed value": 3}
    Quarantine.validate(quarantine)


def test_rows_with_one_key_and_different_content_are_set_aside() -> None:
    raw = small_rows("binary", 380)
    raw = pd.concat([raw, raw[raw["row_id"] == 370].assign(strength=9.0)])
    found, quarantine = _new_rows(small_case("binary"), raw)
    assert 370 not in set(found["row_id"])
    assert quarantine["reasons"].tolist() == ["key row_id is shared by different rows"] * 2


@pytest.mark.parametrize("split", ["random", "group"])
def test_without_time_as_large_a_share_of_the_unusable_rows_counts_as_new(split: str) -> None:
    problem, raw = small_case("binary", split=split), small_rows("binary", 400)
    raw.loc[raw.index[::4], "colour"] = "violet"
    found, quarantine = _new_rows(problem, raw)
    assert len(quarantine) == round(96 * 0.2)  # 384 rows have come by then
    assert len(quarantine) / (len(quarantine) + len(found)) == pytest.approx(0.25, abs=0.1)
    pd.testing.assert_frame_equal(_new_rows(problem, raw)[1], quarantine)


def test_several_sources_are_joined_as_they_stood() -> None:
    problem, raw = binary_case({"split.new_rows_days": 40}), call_sources()
    gathered = gather_new_rows(problem, AsOf(date(2020, 3, 10)), *(raw[name] for name in problem.sources))
    assert gathered["call_id"].tolist() == [3, 4, 5]
    assert gathered.set_index("call_id")["note"].to_dict()[3] == "in a hurry"
    marked = mark_new_rows(problem, AsOf(date(2020, 3, 10)), NoChampion(), gathered)
    found, _ = settle_new_rows(problem, AsOf(date(2020, 3, 10)), PARAMS, NoChampion(), marked)
    assert {"bought", "duration_seconds"}.isdisjoint(found)


def test_the_contract_of_the_champion_repairs() -> None:
    problem = small_case("binary")
    columns = {name: column.model_dump() for name, column in problem.columns.items()}
    columns["colour"] |= {"values": ["blue", "green", "red", "violet"]}
    champion = _champion("binary", columns=columns)
    (_, strict), (found, lenient) = (_new_rows(problem, _raw(), one) for one in (NoChampion(), champion))
    assert (len(strict), len(lenient)) == (3, 0)
    assert "violet" in set(found["colour"])


def test_the_fences_of_the_champion_hold_outliers_in() -> None:
    limits = OutlierLimits({"strength": Fence(low=-0.5, high=0.5, when_outlier="clip")})
    (free, _), (held, _) = (
        _new_rows(small_case("binary"), _raw(), one) for one in (None, _champion("binary", limits=limits))
    )
    assert free["strength"].abs().max() > 2
    pd.testing.assert_series_equal(held["strength"], free["strength"].clip(-0.5, 0.5))
    pd.testing.assert_frame_equal(held.drop(columns="strength"), free.drop(columns="strength"))


@pytest.mark.parametrize(
    ("library", "split"),
    [
        *((library, split) for library in ("polars", "duckdb") for split in SPLITS),
        pytest.param("spark", "random", marks=pytest.mark.spark),
    ],
)
def test_new_rows_are_the_same_on_every_engine(library: Library, split: str) -> None:
    problem, raw = small_case("binary", split=split), _raw()
    rows, quarantine = _new_rows(problem, frame_of(raw, library).to_native())
    expected, set_aside = _new_rows(problem, raw)
    pd.testing.assert_frame_equal(rows, expected)
    columns = list(quarantine)
    pd.testing.assert_frame_equal(
        quarantine.sort_values(columns, ignore_index=True), set_aside.sort_values(columns, ignore_index=True)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_champion_scores_and_signs(kind: Kind) -> None:
    champion = _champion(kind)
    rows, _ = _new_rows(small_case(kind), _raw(kind))
    found = _scored(small_case(kind), champion, rows)
    expected = predict_rows(trained(kind).model, rows, small_case(kind))
    pd.testing.assert_frame_equal(found[list(expected)], expected)
    assert set(found["release_id"]) == {champion.release_id}
    Predictions.validate(found)


def test_the_champion_decides_by_its_own_payoff() -> None:
    generous = {"unit": "EUR", "actions": {"call": {"no": 1, "yes": 5}, "skip": {"no": 0, "yes": 0}}}
    rows, _ = _new_rows(small_case("binary"), _raw())
    found = _scored(small_case("binary"), _champion("binary", payoff=generous), rows)
    assert set(found["action"]) == {"call"}


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_champion_predictions_are_empty_and_typed_like_others(kind: Kind) -> None:
    rows, _ = _new_rows(small_case(kind), _raw(kind))
    none = _scored(small_case(kind), NoChampion(), rows)
    some = _scored(small_case(kind), _champion(kind), rows)
    assert none.empty
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    Predictions.validate(none)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_without_rows_gives_no_predictions(kind: Kind) -> None:
    problem, late, champion = small_case(kind), AsOf(date(2020, 12, 31)), _champion(kind)
    rows, quarantine = _new_rows(problem, _raw(kind), champion, late)
    found = _scored(problem, champion, rows)
    assert (len(rows), len(quarantine), len(found)) == (0, 0, 0)
    assert found["score" if kind != "multiclass" else "score_good"].dtype == np.float64


def test_a_champion_does_not_score_rows_it_already_knows() -> None:
    champion = _champion("binary", card={**CARD, "judged_until": "2020-06-01"})
    with pytest.raises(DataError, match=r"has learnt from or been judged on rows up to 2020-06-01, and new rows begin"):
        _new_rows(small_case("binary"), _raw(), champion)


def test_what_came_of_a_decision_does_not_decide_whether_it_is_scored() -> None:
    raw = small_rows("binary", 400)
    spoilt = raw.assign(outcome="pending")
    found, quarantine = _new_rows(small_case("binary"), spoilt)
    expected, _ = _new_rows(small_case("binary"), raw)
    assert len(quarantine) == 0
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("chunk_rows", [1, 7, 60, 61])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_scored_in_chunks_are_scored_as_all_at_once(kind: Kind, chunk_rows: int) -> None:
    rows = small_rows(kind, 60, seed=9, first_id=900).drop(columns="outcome")
    found = _scored(small_case(kind), _champion(kind), rows, ScoringParams(random_state=SEED, chunk_rows=chunk_rows))
    expected = _scored(small_case(kind), _champion(kind), rows)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
    assert found["action"].equals(expected["action"]) or kind == "regression"


def test_no_more_rows_than_a_chunk_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noting(model: Any, rows: pd.DataFrame, problem: Problem, **more: Any) -> pd.DataFrame:
        asked.append(len(rows))
        return predict_rows(model, rows, problem, **more)

    monkeypatch.setattr("evergreen.pipelines.scoring.score.predict_rows", noting)
    rows = small_rows("binary", 50, seed=9)
    _scored(small_case("binary"), _champion("binary"), rows, ScoringParams(random_state=SEED, chunk_rows=20))
    assert asked == [20, 20, 10]


def test_predictions_tell_what_was_repaired() -> None:
    problem, champion = small_case("binary"), _champion("binary")
    raw = small_rows("binary", 400)
    spaced, shouted, unknown = (raw["row_id"] == name for name in _new_rows(problem, raw)[0]["row_id"].head(3))
    raw.loc[spaced, "colour"], raw.loc[shouted, ["colour", "is_known"]] = " RED", ("GREEN", "TRUE")
    raw.loc[unknown, "colour"] = "violet"
    marked = mark_new_rows(problem, AS_OF, champion, gather_new_rows(problem, AS_OF, raw))
    repairs = name_new_row_repairs(problem, champion, marked)
    rows, aside = settle_new_rows(problem, AS_OF, PARAMS, champion, marked)
    predictions, _, _ = score_new_rows(problem, PARAMS, champion, rows, aside, None, repairs)
    Predictions.validate(predictions)
    told = predictions.set_index("row_id")["repairs"]
    assert not told.index.isin(raw.loc[unknown, "row_id"]).any()
    assert told[raw.loc[spaced, "row_id"]].tolist() == ["colour: canonical_text"]
    assert told[raw.loc[shouted, "row_id"]].tolist() == ["colour: canonical_text; is_known: canonical_text"]
    assert (told != "").sum() == len(repairs) == 2


def _failing(champion: Champion, monkeypatch: pytest.MonkeyPatch, failing: set[float]) -> None:
    """Let the champion's model give no number for rows of some strengths."""
    assert isinstance(champion, LoadedRelease)
    plain = type(champion.model).predict_proba

    def predict_proba(model: Any, X: pd.DataFrame) -> Any:
        found = plain(model, X).copy()
        found[X["strength"].isin(list(failing)).to_numpy()] = np.nan
        return found

    monkeypatch.setattr(type(champion.model), "predict_proba", predict_proba)


@pytest.mark.parametrize("chunk_rows", [7, 1000])
def test_a_row_without_a_score_goes_to_quarantine_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, chunk_rows: int
) -> None:
    problem, champion, params = (
        small_case("binary"),
        _champion("binary"),
        ScoringParams(random_state=SEED, chunk_rows=chunk_rows),
    )
    rows, aside = _new_rows(problem, _raw(), champion)
    whole = score_new_rows(problem, params, champion, rows, aside)[0]
    bad = rows["row_id"].iloc[[0, 11, 12]].tolist()
    _failing(champion, monkeypatch, set(rows["strength"].iloc[[0, 11, 12]]))
    predictions, kept, quarantine = score_new_rows(problem, params, champion, rows, aside)
    good = whole[~whole["row_id"].isin(bad)].reset_index(drop=True)
    pd.testing.assert_frame_equal(predictions, good, rtol=1e-12)
    assert kept["row_id"].tolist() == predictions["row_id"].tolist()
    assert len(quarantine) == len(aside) + 3
    told = quarantine[quarantine["reasons"] == "the model gives no number for it"]
    assert told["row_id"].tolist() == [str(one) for one in bad]
    assert told["decided_at"].iloc[0] == str(rows["decided_at"].iloc[0])
    assert told["outcome"].isna().all()
    Predictions.validate(predictions)
    Quarantine.validate(quarantine)
    with pytest.raises(DataError, match="gives no number for 3 of"):
        predict_rows(champion.model, rows, problem)


@pytest.mark.parametrize("n_bad", [1, 3])
def test_a_row_that_the_model_fails_on_goes_to_quarantine_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, n_bad: int
) -> None:
    problem, champion, params = small_case("binary"), _champion("binary"), ScoringParams(random_state=SEED)
    rows, aside = _new_rows(problem, _raw(), champion)
    whole = score_new_rows(problem, params, champion, rows, aside)[0]
    _raising(champion, monkeypatch, set(rows["strength"].iloc[:n_bad]))
    predictions, kept, quarantine = score_new_rows(problem, params, champion, rows, aside)
    pd.testing.assert_frame_equal(predictions, whole.iloc[n_bad:].reset_index(drop=True), rtol=1e-12)
    assert kept["row_id"].tolist() == predictions["row_id"].tolist()
    assert len(quarantine) == len(aside) + n_bad


def test_a_model_that_fails_on_every_row_is_to_blame_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, champion, params = small_case("binary"), _champion("binary"), ScoringParams(random_state=SEED)
    rows, aside = _new_rows(problem, _raw(), champion)
    _raising(champion, monkeypatch, set(rows["strength"]))
    with pytest.raises(ZeroDivisionError):
        score_new_rows(problem, params, champion, rows, aside)


def _raising(champion: Champion, monkeypatch: pytest.MonkeyPatch, failing: set[float]) -> None:
    """Let the champion's model raise on rows of some strengths."""
    assert isinstance(champion, LoadedRelease)
    plain = type(champion.model).predict_proba

    def predict_proba(model: Any, X: pd.DataFrame) -> Any:
        if X["strength"].isin(list(failing)).any():
            raise ZeroDivisionError
        return plain(model, X)

    monkeypatch.setattr(type(champion.model), "predict_proba", predict_proba)


def test_where_no_row_has_a_score_all_go_to_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, champion = small_case("binary"), _champion("binary")
    rows = small_rows("binary", 5, seed=9).drop(columns="outcome")
    _failing(champion, monkeypatch, set(rows["strength"]))
    predictions, kept, quarantine = score_new_rows(problem, PARAMS, champion, rows, NOBODY)
    assert (len(predictions), len(kept), len(quarantine)) == (0, 0, 5)
    Predictions.validate(predictions)


def test_what_no_row_is_to_blame_for_still_stops_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> pd.DataFrame:
        raise DataError("Rows", "lack 'limit', which money depends on", "Bring it.")

    monkeypatch.setattr("evergreen.pipelines.scoring.score.predict_rows", refuse)
    with pytest.raises(DataError, match="lack 'limit'"):
        _scored(small_case("binary"), _champion("binary"), small_rows("binary", 5))
