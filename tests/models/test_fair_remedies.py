import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from evergreen.measures.fairness import GAPS
from evergreen.models.calibrated import Calibration, calibrate, fit_calibration
from evergreen.models.candidates import Settings
from evergreen.models.fair_remedies import COLUMNS, tabulate_remedies
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import fit_settings
from evergreen.models.folds import make_folds
from evergreen.models.recipe import Member, Recipe
from evergreen.models.remedies import balance_weights, training_weights
from evergreen.problem import Problem
from tests.models.fair import ALL, fair_case, fair_rows
from tests.models.small import SEED

LINEAR = Settings(candidate="linear", estimator={"C": 1.0})
RECIPE = Recipe(
    members=(Member(settings=LINEAR, weight=1.0),),
    calibration=Calibration(method="temperature", slope=1.0, shifts=(0.0, 0.0)),
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    case = fair_case(allowed=ALL, at_most=0.15, remedy="thresholds")
    return tabulate_remedies(RECIPE, fair_rows(2_000), case, random_state=SEED).set_index("remedy")


def test_every_allowed_remedy_is_priced_against_none(table: pd.DataFrame) -> None:
    assert list(table.reset_index()) == list(COLUMNS)
    assert table.index.tolist() == ["none", "reweigh", "resample", "reductions", "thresholds"]
    assert table["is_applied"].tolist() == [False] * 4 + [True]
    assert table.loc["none", ["payoff_change", "payoff_change_low", "payoff_change_high"]].tolist() == [0, 0, 0]
    assert table["payoff_change"].to_numpy() == pytest.approx(
        (table["payoff"] - table.loc["none", "payoff"]).to_numpy()
    )
    assert (table["gap_low"] <= table["gap"]).all()
    assert (table["gap"] <= table["gap_upper_bound"]).all()
    assert (table["gap_upper_bound"] <= table["gap_high"]).all()
    assert (table["gap"] == table["selection_rate_gap"]).all()
    assert table.loc["thresholds", "log_loss"] == table.loc["none", "log_loss"]


def test_each_remedy_narrows_the_gap_that_is_named(table: pd.DataFrame) -> None:
    plain = table.loc["none", "gap"]
    assert plain > 0.25
    assert (table["gap"].drop("none") < plain - 0.1).all()
    assert table.loc["thresholds", "gap_upper_bound"] <= 0.15
    assert table.loc["none", "word"] == "breaks the limit"
    assert table.loc["thresholds", "word"].startswith("keeps the limit; ")
    assert table["group_is_needed"].tolist() == ["never", *["when learning"] * 3, "when deciding"]


def test_nothing_is_judged_on_rows_it_was_learnt_from() -> None:
    # What is learnt has no bearing on what comes: outcomes of each row are drawn anew, and cut points gain nothing.
    rng = np.random.default_rng(1)
    rows = fair_rows(1_000)
    rows["outcome"] = pd.Series(np.where(rng.random(1_000) < 0.25, "yes", "no"), dtype="str")
    found = tabulate_remedies(RECIPE, rows, fair_case(at_most=1.0), random_state=SEED).set_index("remedy")
    # To call nobody is best; chosen on the rows that are judged cut points would bring about 0.1.
    assert found.loc["thresholds", "payoff"] < 0.03


def test_by_time_corrections_are_learnt_on_earlier_folds_and_the_first_only_teaches() -> None:
    case, rows = fair_case(split="time"), fair_rows(1_500)
    found = tabulate_remedies(RECIPE, rows, case, random_state=SEED).set_index("remedy")
    folds, y = make_folds(rows, case, random_state=SEED), (rows["outcome"] == "yes").to_numpy().astype(int)
    unseen = [
        fit_settings(LINEAR, rows.iloc[learnt], case, [], random_state=SEED).predict_proba(
            feature_frame(rows.iloc[judged], case)
        )
        for learnt, judged in folds
    ]
    assert len(folds) == 3
    told, came = [], []
    for fold in (1, 2):
        past = np.concatenate([y[judged] for _, judged in folds[:fold]])
        how = fit_calibration(np.concatenate(unseen[:fold]), past, "temperature")
        told.append(calibrate(unseen[fold], how))
        came.append(y[folds[fold][1]])
    assert found.loc["none", "log_loss"] == pytest.approx(log_loss(np.concatenate(came), np.concatenate(told)))
    assert np.isfinite(found["gap_upper_bound"]).all()


def test_a_case_that_asks_nothing_has_an_empty_table_of_the_same_form(table: pd.DataFrame) -> None:
    told = fair_case().model_dump(mode="json", exclude_none=True)
    del told["fairness"]
    found = tabulate_remedies(RECIPE, fair_rows(100), Problem.model_validate(told), random_state=SEED)
    assert found.empty
    assert found.dtypes.to_dict() == table.reset_index().dtypes.to_dict()


def test_one_large_group_gives_no_gap_and_says_so() -> None:
    case = fair_case(allowed=["none", "reductions"], min_group_rows=400)
    found = tabulate_remedies(RECIPE, fair_rows(500), case, random_state=SEED).set_index("remedy")
    assert found.loc["none", "word"] == "the gap cannot be judged: too few groups, days or rows"
    assert found.loc["reductions", "word"] == "not tried: fewer than two groups are large enough"
    assert np.isnan(found["gap"]).all()


def test_without_a_payoff_gaps_are_told_and_no_money() -> None:
    told = fair_case(allowed=["none", "reweigh"]).model_dump(mode="json", exclude_none=True)
    del told["payoff"], told["fairness"]["favourable_action"]
    told["criteria"] = [{"metric": "roc_auc", "at_least": 0.5}]
    found = tabulate_remedies(RECIPE, fair_rows(600), Problem.model_validate(told), random_state=SEED)
    assert found["payoff"].isna().all()
    assert found[[f"{name}_gap" for name in GAPS]].notna().all(axis=None)
    assert set(found["word"]) <= {"breaks the limit", "does not keep the limit for sure", "keeps the limit"}


@pytest.mark.parametrize("remedy", ["reweigh", "resample"])
def test_a_model_learns_from_the_weights_of_its_remedy(remedy: str) -> None:
    case, rows = fair_case(allowed=["none", remedy], remedy=remedy), fair_rows(300)
    weights = training_weights(rows, case)
    assert weights is not None
    np.testing.assert_array_equal(weights, balance_weights(rows, case, ("colour",), is_whole=remedy == "resample"))
    plain = fit_settings(LINEAR, rows, fair_case(), [], random_state=SEED)
    balanced = fit_settings(LINEAR, rows, case, [], random_state=SEED)
    assert not np.allclose(plain[-1].coef_, balanced[-1].coef_)


def test_cut_points_weigh_no_rows() -> None:
    assert training_weights(fair_rows(50), fair_case(remedy="thresholds")) is None
