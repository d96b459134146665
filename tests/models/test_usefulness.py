from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from evergreen.measures import Interval
from evergreen.models.usefulness import measure_usefulness
from evergreen.models.usefulness_words import tell_cost, tell_use
from evergreen.problem import Problem
from tests.models.leaks import case_of, timed
from tests.models.small import KINDS, SEED, small_case, small_rows

COLUMNS = [
    "subject", "kind", "univariate", "univariate_low", "univariate_high", "marginal", "marginal_low", "marginal_high",
    "cost_per_row", "worth_per_row", "finding",
]  # fmt: skip
NONE = float("nan")


def world(n_rows: int = 6000, *, seed: int = 0) -> pd.DataFrame:
    """``useful`` tells, ``useless`` does not, ``one`` and ``other`` say the same, ``xor`` turns ``useful``."""
    rng = np.random.default_rng(seed)
    useful, shared, flip = rng.normal(size=n_rows), rng.normal(size=n_rows), rng.choice([-1.0, 1.0], n_rows)
    score = 1.5 * useful * np.where(useful > 0, flip, 1) + 1.5 * shared + 1.5 * rng.normal(size=n_rows)
    is_yes = score + rng.logistic(size=n_rows) > 0
    cells = {"useful": useful, "useless": rng.normal(size=n_rows), "one": shared, "other": shared, "xor": flip}
    return pd.DataFrame(cells | {"y": np.where(is_yes, "yes", "no")}).assign(row_id=np.arange(1, n_rows + 1))


def case(rows: pd.DataFrame, *, costs: dict[str, float] | None = None, **changes: Any) -> Problem:
    """Three sources: the spine with ``useless`` and ``xor``, ``good`` with ``useful``, ``twin`` with ``other``."""
    costs = costs or {}
    sources = {"rows": {"is_spine": True}}
    sources |= {name: {"join_on": ["row_id"], "cost_per_row": costs.get(name)} for name in ("good", "twin")}
    places = {"useful": {"source": "good"}, "other": {"source": "twin"}}
    return case_of(rows.drop(columns="row_id"), places, sources=sources, **changes)


PAYOFF = {"unit": "EUR", "actions": {"act": {"no": -10, "yes": 10}, "wait": {"no": 0, "yes": 0}}}


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    rows = world()
    told = case(rows, costs={"good": 0.2, "twin": 0.2}, payoff=PAYOFF)
    return measure_usefulness(rows, told, random_state=SEED).set_index(["kind", "subject"])


def test_every_source_and_feature_is_measured_sources_first() -> None:
    rows = world(800)
    found = measure_usefulness(rows, case(rows), random_state=SEED)
    assert list(found) == COLUMNS
    assert found["kind"].tolist() == ["source"] * 3 + ["column"] * 5
    assert all(part["marginal"].is_monotonic_decreasing for _, part in found.groupby("kind"))
    assert not found[COLUMNS[2:8]].isna().any(axis=None)


@pytest.mark.parametrize(
    ("kind", "subject", "is_useful_alone", "is_useful_beside"),
    [
        ("column", "useful", True, True),
        ("column", "useless", False, False),
        ("column", "xor", True, True),
        ("source", "good", True, True),
        ("source", "twin", True, False),
    ],
)
def test_what_is_useful_is_told_from_what_is_not(
    kind: str, subject: str, is_useful_alone: bool, is_useful_beside: bool, measured: pd.DataFrame
) -> None:
    row = measured.loc[(kind, subject)]
    assert (row["univariate_low"] > 0) == is_useful_alone
    assert (row["marginal_low"] > 0) == is_useful_beside


def test_twins_share_what_they_tell(measured: pd.DataFrame) -> None:
    twins = measured.loc[[("column", "one"), ("column", "other")]]
    assert twins["univariate"].min() == twins["univariate"].max() > 0.1
    without_both = measured.loc[("source", "rows"), "marginal"]
    assert twins["marginal"].min() < without_both / 2


def test_a_source_that_does_not_pay_is_named(measured: pd.DataFrame) -> None:
    good, twin = measured.loc[("source", "good")], measured.loc[("source", "twin")]
    assert good["worth_per_row"] > 0.3
    assert "It pays: it costs 0.2 EUR a decision and earns" in good["finding"]
    assert abs(twin["worth_per_row"]) < 0.1
    assert twin["finding"].startswith("What it tells, other sources tell too. It does not pay: it costs 0.2 EUR")
    assert measured.loc["column", ["cost_per_row", "worth_per_row"]].isna().all(axis=None)


def test_alone_is_the_share_of_the_log_loss_that_the_truth_takes_away() -> None:
    """A word with two levels: the best anyone can do with it is known."""
    rng = np.random.default_rng(0)
    word, chance = rng.choice(["a", "b"], 20_000), rng.random(20_000)
    share = np.where(word == "a", 0.1, 0.6)
    rows = pd.DataFrame({"word": word, "x": rng.normal(size=20_000), "y": np.where(chance < share, "yes", "no")})
    found = measure_usefulness(rows.assign(row_id=range(20_000)), case_of(rows), random_state=SEED)
    row = found.set_index(["kind", "subject"]).loc[("column", "word")]
    constant = log_loss(rows["y"], np.full(20_000, share.mean()))
    truth = 1 - log_loss(rows["y"], share) / constant
    assert row["univariate"] == pytest.approx(truth, abs=0.01)
    assert row["univariate_low"] < truth < row["univariate_high"]


def test_beside_all_others_is_what_a_known_model_would_lose() -> None:
    """A sum of two independent numbers: shuffling one doubles its share of the variance as error."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(20_000, 2)), columns=["a", "b"])
    rows = rows.assign(y=2 * rows["a"] + rows["b"] + rng.normal(size=20_000))
    found = measure_usefulness(rows.assign(row_id=range(20_000)), case_of(rows), random_state=SEED)
    found = found.set_index(["kind", "subject"])
    assert found.loc[("column", "a"), "marginal"] == pytest.approx(2 * 4 / 6, rel=0.07)
    assert found.loc[("column", "b"), "marginal"] == pytest.approx(2 * 1 / 6, rel=0.07)
    assert found.loc[("source", "rows"), "marginal"] == pytest.approx(5 / 6, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", ["time", "random", "group"])
def test_every_kind_of_case_and_column_is_measured(kind: str, split: str) -> None:
    problem = small_case(kind, split=split)
    found = measure_usefulness(small_rows(kind, 600), problem, random_state=SEED).set_index(["kind", "subject"])
    assert found.loc["column"].index.sort_values().tolist() == sorted(problem.feature_columns)
    assert found.loc["column"]["marginal"].idxmax() == "strength"
    assert np.isfinite(found.loc[("source", "rows"), "worth_per_row"])


def test_equal_inputs_give_equal_figures() -> None:
    rows, problem = small_rows("binary", 400), small_case("binary")
    once, again = (measure_usefulness(rows, problem, random_state=SEED) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)


def test_what_held_before_and_turned_is_said_to_mislead() -> None:
    rng = np.random.default_rng(0)
    rows = timed(pd.DataFrame({"x": rng.normal(size=4000), "z": rng.normal(size=4000)}))
    turned = np.where(np.arange(4000) < 2400, rows["x"], -rows["x"])
    rows = rows.assign(y=np.where(turned + 0.3 * rng.normal(size=4000) > 0, "yes", "no"), row_id=range(4000))
    problem = case_of(rows.drop(columns="row_id"), event_time="at", split={"by": "time", "new_rows_days": 5})
    found = measure_usefulness(rows, problem, random_state=SEED).set_index(["kind", "subject"])
    assert found.loc[("column", "x"), "finding"].startswith("It misleads")


def test_rows_that_give_no_folds_are_said_to_be_unmeasured() -> None:
    found = measure_usefulness(small_rows("binary", 40), small_case("binary"), random_state=SEED)
    assert list(found) == COLUMNS
    assert found["marginal"].isna().all()
    assert found["finding"].unique().tolist() == [
        "Not measured: The training rows give 0 folds in which both sides hold rows of at least two classes."
    ]


def test_a_source_without_features_is_dropped_without_loss() -> None:
    rows = world(800)
    problem = case(rows, costs={"idle": 0.1}, payoff=PAYOFF)
    sources = {**problem.model_dump()["sources"], "idle": {"join_on": ["row_id"], "cost_per_row": 0.1}}
    told = Problem.model_validate({**problem.model_dump(), "sources": sources})
    row = measure_usefulness(rows, told, random_state=SEED).set_index("subject").loc["idle"]
    assert (row["univariate"], row["marginal"], row["worth_per_row"]) == (0, 0, 0)
    assert row["finding"].startswith("No feature comes from it. It does not pay: it costs 0.1 EUR")


@pytest.mark.parametrize(
    ("alone", "beside", "sentence"),
    [
        ((0.1, 0.05, 0.15), (0.1, 0.05, 0.15), "It tells what no other column tells."),
        ((0.0, -0.01, 0.01), (0.1, 0.05, 0.15), "It tells what no other column tells, though nothing alone."),
        ((0.1, 0.05, 0.15), (0.0, -0.01, 0.01), "What it tells, other columns tell too."),
        ((0.0, -0.01, 0.01), (0.0, -0.01, 0.01), "Nothing shows that it tells anything."),
        ((0.0005, 0.0004, 0.0006), (0.0005, 0.0004, 0.0006), "Nothing shows that it tells anything."),
        ((-0.1, -0.2, -0.05), (0.0, -0.01, 0.01), "It misleads: what was learnt from it did not hold"),
        ((0.1, NONE, NONE), (0.1, NONE, NONE), "There are too few rows, days or groups"),
    ],
)
def test_figures_are_put_into_words(alone: tuple[float, ...], beside: tuple[float, ...], sentence: str) -> None:
    assert tell_use("column", Interval(*alone), Interval(*beside)).startswith(sentence)


@pytest.mark.parametrize(
    ("worth", "unit", "verdict"),
    [
        ((1.0, 0.5, 1.5), "EUR", "Told. It pays: it costs 0.3 EUR a decision and earns 1 (0.5 to 1.5)."),
        ((0.4, 0.1, 0.7), "EUR", "Told. It may not pay: it costs"),
        ((0.1, 0.0, 0.2), "EUR", "Told. It does not pay: it costs"),
        ((0.1, NONE, NONE), "EUR", "Told. Whether it pays cannot be told: it costs"),
        ((NONE, NONE, NONE), None, "Told. It costs 0.3 a decision; without a payoff nobody can say what it earns."),
    ],
)
def test_costs_are_held_against_worth(worth: tuple[float, ...], unit: str | None, verdict: str) -> None:
    assert tell_cost("Told.", 0.3, Interval(*worth), unit).startswith(verdict)
    assert tell_cost("Told.", None, Interval(*worth), unit) == "Told."
