import numpy as np
import pytest
from scipy.stats import norm

from evergreen.watching.distance import farthest, measure_distances, subject_of, tell_shares
from tests.watching.small import World


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=3)


def scores_of(world: World, name: str = "w", **moved: object) -> dict[tuple[str, str], float]:
    found = measure_distances(world.watch, [world.window(name, has_outcomes=True, **moved)])
    return dict(zip(zip(found["column"], found["aspect"], strict=True), found["score"], strict=True))


def test_one_figure_keeps_its_score_and_several_pay_for_their_number() -> None:
    scores = np.array([[-3.0, np.nan], [1.0, 2.5], [np.nan, np.nan], [0.1, 0.2]])
    found, lead = farthest(scores, np.array([1.0, 3.0]))
    first = norm.isf(min(1, 2 * norm.sf(3.0) * 4 / 1) / 2)
    second = norm.isf(min(1, 2 * norm.sf(2.5) * 4 / 3) / 2)
    assert found[:2] == pytest.approx([-first, second])
    assert np.isnan(found[2])
    assert found[3] == 0
    assert lead[:2].tolist() == [0, 1]
    assert farthest(np.array([[-2.7]]), np.array([0.5]))[0] == pytest.approx([-2.7])


def test_a_tail_that_float64_does_not_know_has_a_score_still() -> None:
    assert farthest(np.array([[50.0, 0.0]]), np.ones(2))[0][0] == pytest.approx(49.99, abs=0.01)


def test_a_shift_is_seen_in_its_column_and_a_gap_in_its_aspect(world: World) -> None:
    moved = scores_of(world, shift=0.5)
    assert moved["age", "values"] > 8
    assert abs(moved["job", "values"]) < 3
    gone = scores_of(world, missing=0.2)
    assert gone["age", "missing"] > 10
    assert abs(gone["job", "missing"]) < 1e-9 or np.isnan(gone["job", "missing"])
    turned = scores_of(world, flipped="clerk")
    assert abs(turned["outcomes", "outcomes"]) > 6
    spoilt = measure_distances(world.watch, [world.window("w", n_quarantined=100)])
    rows = spoilt[spoilt["aspect"] == "quarantined"].iloc[0]
    assert (rows["column"], round(rows["share"], 3), round(rows["usual_share"], 3)) == ("rows", 0.091, 0.01)
    assert rows["score"] > 8
    assert rows["what"] == "the share of rows that could not be used"


def test_in_a_quiet_life_a_column_is_beyond_two_in_at_most_one_window_of_twenty(world: World) -> None:
    found = measure_distances(world.watch, [world.window(f"w{n}", has_outcomes=True) for n in range(60)])
    for subject, part in found.dropna(subset="score").groupby(["column", "aspect"]):
        # Of 60 windows at 5 % more than 8 lie beyond with a chance of less than 1 %.
        assert (part["score"].abs() > 2).sum() <= 8, subject


def test_what_few_rows_tell_is_not_told(world: World) -> None:
    assert np.isnan(scores_of(world, n_rows=20)["age", "values"])


def test_without_a_reference_shares_are_told(world: World) -> None:
    record = world.window("w", missing=0.1)
    found = tell_shares([record]).set_index(["column", "aspect"])["share"]
    assert found["age", "missing"] == record.columns["age"].n_missing / 1000
    assert found["rows", "quarantined"] == 10 / 1010
    assert tell_shares([record])["score"].isna().all()
    assert measure_distances(world.watch, []).empty


@pytest.mark.parametrize(
    ("cause", "kind", "subject"),
    [
        ("age", "level", ("age", "values")),
        ("age", "missing", ("age", "missing")),
        ("quarantine", "quarantined", ("rows", "quarantined")),
        ("outcomes", "payoff", ("outcomes", "outcomes")),
        ("volume", "volume", ("volume", "values")),
    ],
)
def test_an_alarm_has_its_place_on_the_map(cause: str, kind: str, subject: tuple[str, str]) -> None:
    assert subject_of(cause, kind) == subject
