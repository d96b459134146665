from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse

from evergreen.models.decide import predict_rows
from evergreen.models.features import (
    columns_of,
    days_since_1970,
    feature_frame,
    linear_features,
    n_tree_categories,
    tree_features,
)
from evergreen.models.target import target_values
from evergreen.problem import Problem
from tests.models.small import CANDIDATES, SEED, small_case, small_rows, train, trained

ROWS = small_rows("binary", 240)


def _case_of(*features: str) -> Problem:
    """The small case that learns from these features only."""
    told = small_case("binary").model_dump()
    for name, column in told["columns"].items():
        column["is_feature"] = name in features
    return Problem.model_validate(told)


def _words(word: str | None, n_rows: int) -> pd.Series:
    return pd.Series([word] * n_rows, dtype="str")


def _dense(found: Any) -> np.ndarray:
    return found.toarray() if issparse(found) else found


def test_features_come_in_contract_order_and_plain_types() -> None:
    rows = ROWS.head(2).assign(
        strength=pd.Series([1, None], dtype="Float64"),
        colour=pd.Series(["red", None], dtype="str"),
        note=pd.Series([None, "asked twice"], dtype="str"),
        since=pd.to_datetime(["1970-01-02 12:00", None]),
    )
    frame = feature_frame(rows, small_case("binary"))
    assert list(frame) == ["strength", "noise", "colour", "is_known", "since", "note"]
    assert frame.dtypes.astype(str).tolist() == ["float64", "float64", "object", "object", "float64", "object"]
    assert frame["strength"].iloc[0] == 1
    assert np.isnan(frame["strength"].iloc[1])
    assert frame["colour"].tolist() == ["red", pytest.approx(np.nan, nan_ok=True)]
    assert frame["note"].tolist() == ["", "asked twice"]
    assert frame["since"].iloc[0] == 1.5
    assert np.isnan(frame["since"].iloc[1])


def test_times_of_any_year_are_days() -> None:
    days = days_since_1970(pd.Series([datetime(1, 1, 1), datetime(9999, 12, 31), None], dtype="datetime64[us]"))
    assert days.iloc[:2].tolist() == [
        datetime(1, 1, 1).toordinal() - 719163,
        datetime(9999, 12, 31).toordinal() - 719163,
    ]
    assert np.isnan(days.iloc[2])


def test_names_times_groups_and_outcomes_are_no_features() -> None:
    bare = ROWS.drop(columns=["row_id", "decided_at", "shop", "outcome"])
    pd.testing.assert_frame_equal(feature_frame(bare, small_case("binary")), feature_frame(ROWS, small_case("binary")))


def test_a_row_has_the_same_features_whatever_rows_stand_beside_it() -> None:
    problem, order = small_case("binary"), np.random.default_rng(1).permutation(len(ROWS))
    pd.testing.assert_frame_equal(feature_frame(ROWS.iloc[order], problem), feature_frame(ROWS, problem).iloc[order])


def test_linear_numbers_are_imputed_scaled_and_marked() -> None:
    problem = _case_of("noise")
    rows = pd.DataFrame({"noise": [1.0, np.nan, 2.0, 6.0]})
    found = linear_features(problem, random_state=0).fit_transform(feature_frame(rows, problem))
    imputed, marks = np.array([1, 2, 2, 6]), np.array([0, 1, 0, 0])
    expected = [(column - column.mean()) / column.std() for column in (imputed, marks)]
    np.testing.assert_allclose(found, np.transpose(expected))


def test_linear_words_seldom_seen_share_a_column_with_words_never_seen() -> None:
    problem = _case_of("colour")
    rows = pd.DataFrame({"colour": ["red"] * 12 + ["blue"] * 12 + ["green"] * 3})
    prepare = linear_features(problem, random_state=0).fit(feature_frame(rows, problem))
    new = pd.DataFrame({"colour": ["red", "blue", "green", "violet"]})
    red, blue, green, violet = _dense(prepare.transform(feature_frame(new, problem)))
    assert sorted(map(list, (red, blue, green))) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    np.testing.assert_array_equal(green, violet)


def test_tree_categories_come_first_and_what_was_never_seen_is_missing() -> None:
    problem = small_case("binary")
    prepare = tree_features(problem, random_state=SEED).fit(feature_frame(ROWS, problem))
    found = prepare.transform(feature_frame(ROWS.assign(colour=_words("violet", len(ROWS))), problem))
    assert n_tree_categories(problem) == len(columns_of(problem, "category", "boolean")) == 2
    assert np.isnan(found[:, 0]).all()
    assert set(found[:, 1]) == {0, 1}
    known = prepare.transform(feature_frame(ROWS, problem))[:, 0]
    np.testing.assert_array_equal(np.isnan(known), ROWS["colour"].isna())


def test_trees_get_no_more_categories_than_their_bins_can_keep() -> None:
    problem = _case_of("colour")
    words = pd.DataFrame({"colour": [f"word {i}" for i in range(400)]})
    codes = tree_features(problem, random_state=0).fit_transform(feature_frame(words, problem))
    assert np.nanmax(codes) < 254


def test_equal_prose_gives_equal_features_and_case_does_not_matter() -> None:
    problem = _case_of("note")
    rows = pd.DataFrame({"note": ["asked twice", "no answer", "Asked  Twice", None]})
    found = _dense(linear_features(problem, random_state=0).fit_transform(feature_frame(rows, problem)))
    np.testing.assert_array_equal(found[0], found[2])
    assert not found[3].any()
    assert (found[0] != found[1]).any()


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("column", ["noise", "colour", "is_known", "since", "note"])
def test_a_column_without_any_value_is_no_obstacle(candidate: str, column: str) -> None:
    problem = small_case("binary")
    rows = ROWS.assign(**{column: ROWS[column].where(np.zeros(len(ROWS), dtype=bool))})
    model = train(candidate, rows, problem).model
    assert predict_rows(model, ROWS, problem)["score"].between(0, 1).all()


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_rows_with_nothing_known_and_words_never_seen_still_get_a_score(candidate: str) -> None:
    problem = small_case("binary")
    blank = ROWS.assign(strength=np.nan, noise=np.nan, is_known=_words(None, len(ROWS)), since=pd.NaT)
    blank = blank.assign(colour=_words("violet", len(ROWS)), note=_words("words nobody used", len(ROWS)))
    scores = predict_rows(trained("binary", candidate).model, blank, problem)["score"]
    assert (scores == scores.iloc[0]).all()
    assert 0 < scores.iloc[0] < 1


def test_classes_are_numbered_as_the_case_lists_them() -> None:
    rows = pd.DataFrame({"outcome": ["good", "bad", "fair"]})
    assert target_values(rows, small_case("multiclass")).tolist() == [2, 0, 1]
    assert target_values(pd.DataFrame({"outcome": [2, 1.5]}), small_case("regression")).tolist() == [2, 1.5]
