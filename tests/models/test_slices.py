import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score

from evergreen.models.decide import predict_rows
from evergreen.models.no_model import learn_no_model
from evergreen.models.performance import PAYOFF, Resampling
from evergreen.models.slice_search import Search, find_worst_slices
from evergreen.models.slices import SliceFigures, measure_named_slices, tabulate_named_slices
from evergreen.problem import Problem
from evergreen.tables.slice_table import Slices
from tests.models.small import small_case, small_rows, trained

RED = {"red": [{"column": "colour", "values": ["red"]}]}
RESAMPLING = Resampling(200, 1)


def _measured(problem: Problem, rows: pd.DataFrame) -> dict[str, SliceFigures]:
    knowledge = learn_no_model(small_rows(problem.kind, 240), problem)
    predictions = predict_rows(trained(problem.kind).model, rows, problem)
    return measure_named_slices(problem, knowledge, rows, predictions, RESAMPLING)


def test_figures_of_a_slice_are_those_of_its_rows_alone() -> None:
    problem, rows = small_case("binary", split="random", slices=RED), small_rows("binary", 300, seed=5)
    (found,) = _measured(problem, rows).values()
    inside = (rows["colour"] == "red").to_numpy()
    told = predict_rows(trained("binary").model, rows, problem)
    y, p = (rows["outcome"] == "yes").to_numpy(), told["score"].to_numpy()
    money = np.where(told["action"] == "call", np.where(y, 5, -2), 0)
    assert found.n_rows == inside.sum()
    for side, mask in ((found.inside, inside), (found.rest, ~inside)):
        assert side.model["roc_auc"].value == pytest.approx(roc_auc_score(y[mask], p[mask]))
        assert side.model["log_loss"].value == pytest.approx(log_loss(y[mask], p[mask]))
        assert side.model[PAYOFF].value == pytest.approx(money[mask].mean())
        assert side.rules["always_call"].value == pytest.approx(np.where(y, 5, -2)[mask].mean())
        assert side.model["roc_auc"].n_units == mask.sum()


def test_a_case_without_slices_measures_none() -> None:
    problem, rows = small_case("binary"), small_rows("binary", 60)
    assert _measured(problem, rows) == {}
    assert tabulate_named_slices({}, confidence=0.95, min_rows=50).empty


def test_slices_of_few_days_have_no_bounds() -> None:
    slices = {"early": [{"column": "since", "values": ["x"]}]}
    with pytest.raises(ValueError, match="looks for words in 'since', a timestamp"):
        small_case("binary", slices=slices)
    problem, rows = small_case("binary", slices=RED), small_rows("binary", 200)
    rows.loc[rows["row_id"] > 30, "colour"] = "blue"
    (found,) = _measured(problem, rows).values()
    assert np.isnan(found.inside.model["log_loss"].lower_bound())
    assert np.isfinite(found.rest.model["log_loss"].lower_bound())


def test_the_table_of_slices_judges_large_ones_only() -> None:
    slices = {**RED, "tiny": [{"column": "strength", "at_least": 2.0}]}
    problem, rows = small_case("binary", split="random", slices=slices), small_rows("binary", 300, seed=5)
    table = tabulate_named_slices(_measured(problem, rows), confidence=0.95, min_rows=50)
    Slices.validate(table)
    judged = table.set_index(["slice", "metric"])
    assert judged.loc["red"]["is_judged"].all()
    assert not judged.loc["tiny"]["is_judged"].any()
    assert judged.loc["tiny"]["p_value"].isna().all()
    assert judged.loc["tiny"]["word"].str.fullmatch(r"not judged: \d+ rows, fewer than 50").all()


def test_a_slice_on_which_the_model_lies_is_worse_than_the_rest() -> None:
    problem, rows = small_case("binary", split="random", slices=RED), small_rows("binary", 400, seed=5)
    is_red = rows["colour"] == "red"
    rows.loc[is_red, "outcome"] = np.where(rows.loc[is_red, "outcome"] == "yes", "no", "yes")
    table = tabulate_named_slices(_measured(problem, rows), confidence=0.95, min_rows=50).set_index("metric")
    assert table.loc[["roc_auc", "log_loss", PAYOFF], "word"].eq("worse than the rest").all()
    assert table.loc["log_loss", "difference"] > 0 > table.loc["roc_auc", "difference"]


def test_p_values_and_intervals_hold_for_all_slices_together() -> None:
    problem = small_case(
        "binary",
        split="random",
        slices={name: [{"column": "colour", "values": [name]}] for name in ("red", "green", "blue")},
    )
    wrong, missed = 0, 0
    for seed in range(60):
        rows = small_rows("binary", 400, seed=1000 + seed)
        p = np.random.default_rng(seed).beta(2, 2, 400)
        rows["outcome"] = np.where(np.random.default_rng(seed + 500).random(400) < p, "yes", "no")
        told = pd.DataFrame({"score": p, "action": np.where(p > 2 / 7, "call", "skip")})
        knowledge = learn_no_model(rows, problem)
        found = measure_named_slices(problem, knowledge, rows, told, RESAMPLING)
        table = tabulate_named_slices(found, confidence=0.95, min_rows=50)
        losses = table[table["metric"] == "brier_score"]
        wrong += (losses["p_value"] < 0.05).any()
        missed += ((losses["low"] > 0.2) | (losses["high"] < 0.2)).any()  # E[p (1 - p)] of Beta(2, 2) is 1/5
    # 3 of 60 are due.
    assert wrong <= 8
    assert missed <= 8


def _scored(seed: int, split: str, *, is_planted: bool) -> tuple[Problem, pd.DataFrame, pd.DataFrame]:
    """Skewed losses that no column tells; with clusters, rows of a day share their luck."""
    rng, rows = np.random.default_rng(seed), small_rows("binary", 600, seed=seed)
    p = rng.beta(1, 3, 600)
    odds = np.log(p / (1 - p))
    if split == "time":
        days = pd.factorize(rows["decided_at"].dt.normalize())[0]
        odds += rng.normal(size=days.max() + 1)[days]
    bad = ((rows["colour"] == "red") & (rows["is_known"] == "true")).to_numpy()
    q = np.where(bad & is_planted, 0.6, 1 / (1 + np.exp(-odds)))
    rows["outcome"] = np.where(rng.random(600) < q, "yes", "no")
    return small_case("binary", split=split), rows, pd.DataFrame({"score": p})


@pytest.mark.parametrize("split", ["random", "time"])
def test_where_no_slice_is_bad_at_most_one_search_in_twenty_names_one(split: str) -> None:
    worlds = ((seed, _scored(seed, split, is_planted=False)) for seed in range(100))
    named = [len(find_worst_slices(*world, Search(50, 0.05, seed))) for seed, world in worlds]
    assert sum(count > 0 for count in named) <= 5


@pytest.mark.parametrize("split", ["random", "time"])
def test_a_planted_slice_is_found_and_named(split: str) -> None:
    for seed in range(10):
        found = find_worst_slices(*_scored(seed, split, is_planted=True), Search(50, 0.05, seed))
        Slices.validate(found)
        assert "colour: red" in found["slice"].iloc[0]
        assert found["difference"].iloc[0] > 0.2
        assert found["low"].iloc[0] < found["value"].iloc[0] < found["high"].iloc[0]


def test_intervals_of_what_is_found_are_those_of_its_days_alone() -> None:
    """By the t distribution of the days that the slice has, at the level shared among all slices looked at."""
    problem, rows, told = _scored(0, "time", is_planted=True)
    first = find_worst_slices(problem, rows, told, Search(50, 0.05, 0)).iloc[0]
    assert set(first["slice"].split(" and ")) == {"colour: red", "is_known: true"}
    inside = ((rows["colour"] == "red") & (rows["is_known"] == "true")).to_numpy()
    y, p = (rows["outcome"] == "yes").to_numpy()[inside], told["score"].to_numpy()[inside]
    losses, days = -np.log(np.where(y, p, 1 - p)), pd.factorize(rows["decided_at"].dt.normalize()[inside])[0]
    misses, n_days = np.bincount(days, losses - losses.mean()), days.max() + 1
    error = np.sqrt((misses**2).sum() * n_days / (n_days - 1)) / len(losses)
    n_looked_at = int(first["word"].split(", of ")[1].split()[0])
    reach = stats.t.ppf(1 - 0.05 / n_looked_at / 2, n_days - 1) * error
    assert (first["low"], first["high"]) == pytest.approx((losses.mean() - reach, losses.mean() + reach))


def test_a_search_finds_slices_of_numbers_in_values_that_are_far_off() -> None:
    problem, rows = small_case("regression", split="random"), small_rows("regression", 400, seed=3)
    is_high = rows["strength"] > rows["strength"].quantile(0.75)
    misses = np.where(is_high, 6, 1) * np.random.default_rng(0).normal(size=400)
    told = pd.DataFrame({"score": rows["outcome"] + misses})
    found = find_worst_slices(problem, rows, told, Search(50, 0.05, 0))
    assert found["slice"].iloc[0].startswith("strength: over ")
    assert found["metric"].iloc[0] == "mean_squared_error"


@pytest.mark.parametrize("n_rows", [30, 99])
def test_too_few_rows_for_two_sides_find_nothing(n_rows: int) -> None:
    problem, rows, told = _scored(1, "random", is_planted=True)
    assert find_worst_slices(problem, rows.head(n_rows), told.head(n_rows), Search(50, 0.05, 0)).empty


def test_a_perfect_model_has_no_worst_slice() -> None:
    problem, rows, _ = _scored(1, "random", is_planted=True)
    told = pd.DataFrame({"score": (rows["outcome"] == "yes").astype(float)})
    assert find_worst_slices(problem, rows, told, Search(50, 0.05, 0)).empty
