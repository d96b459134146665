"""A model goes live only where monitoring sees the faults that its case names."""

from functools import cache
from typing import Any

import pandas as pd
import pytest

from evergreen.judging.drills import judge_drills
from evergreen.measures.calibration import wilson_interval
from evergreen.models.decide import Model
from evergreen.pipelines.deployment.nodes import draft_release
from evergreen.problem import Problem
from evergreen.releases import NoRelease, Release
from evergreen.tables.outliers import NO_LIMITS
from tests.models.small import small_case, small_rows, trained
from tests.pipelines.evaluation.line import evaluate
from tests.watching.drilling import drills, monitoring

LOOK = {"number": 2, "level": 0.01}
LOST = {"fault": "lost", "at_least": 0.6}
MISSED = {"fault": "shift", "size": 0.001, "at_least": 0.6}
DEAF = {"per_window": 1e-40, "per_life": 1e-40, "life_windows": 60, "n_quiet": 3}


@cache
def rows(n_rows: int = 1000) -> pd.DataFrame:
    return small_rows("binary", n_rows, seed=5, first_id=300)


def judged(*goals: dict[str, Any], holdout: pd.DataFrame | None = None, **changes: Any) -> list[dict[str, Any]]:
    case, limits = small_case("binary", drills=list(goals)), NO_LIMITS.model_dump(mode="json")
    here, params = rows() if holdout is None else holdout, drills(**changes)
    return judge_drills(case, params, monitoring(), trained("binary").model, limits, here, LOOK)


def released(problem: Problem, model: Model) -> tuple[dict[str, Any], Release | NoRelease]:
    """What evaluation and deployment make of a model."""
    made = evaluate(problem, model, rows())
    return made.verdict, draft_release(problem, model, made.evidence, made.verdict, "# Card")


def test_a_fault_that_is_seen_passes_and_one_that_is_missed_fails() -> None:
    seen, missed, unsure = judged(LOST, MISSED, MISSED | {"at_least": 0.25}, max_columns=2, n_worlds=4)
    assert (seen["criterion"], seen["result"]) == ("drill lost seen at least 0.6", "passed")
    assert (missed["criterion"], missed["result"]) == ("drill shift of 0.001 sd seen at least 0.6", "failed")
    assert "missed in noise, strength" in missed["reason"]
    # So few runs do not show that fewer than a quarter are seen.
    assert (unsure["result"], unsure["value"]) == ("undecided", missed["value"])
    assert unsure["value"] < 0.25
    assert (seen["limit"], seen["look"], missed["value"]) == (0.6, 2, pytest.approx(0, abs=0.2))


def test_a_goal_is_judged_by_the_lower_end_of_the_interval_of_its_share() -> None:
    (lost,) = judged(LOST | {"at_least": 0.9}, n_worlds=3)
    n_runs = 3 * 3
    assert f"seen in {n_runs} of {n_runs} runs" in lost["reason"]
    assert (lost["value"], lost["bound"]) == (1, pytest.approx(wilson_interval(n_runs, n_runs)[0]))
    assert lost["result"] == "undecided"


def test_a_fault_must_be_seen_in_time() -> None:
    goal = {"fault": "shift", "size": 0.5, "at_least": 0.3}
    late, soon = judged(goal, goal | {"within": 1}, n_worlds=10)
    assert soon["value"] < late["value"]
    assert soon["criterion"] == "drill shift of 0.5 sd seen within 1 window at least 0.3"


def test_a_drill_that_cannot_be_held_decides_nothing() -> None:
    (few,) = judged(LOST, holdout=rows().head(100))
    assert (few["result"], few["value"]) == ("undecided", None)
    assert "have rows of" in few["reason"]
    (none,) = judged({"fault": "unit", "at_least": 0.5}, holdout=rows().assign(strength=1.0, noise=1.0))
    assert none["reason"].endswith("undecided, the case has no column that this can befall.")


def test_without_goals_nothing_is_done() -> None:
    assert judge_drills(small_case("binary"), drills(), monitoring(), None, {}, rows(), LOOK) == []


def test_a_missed_drill_blocks_a_release_that_would_be_made_otherwise() -> None:
    model = trained("binary").model
    verdict, release = released(small_case("binary", drills=[LOST]), model)
    assert verdict["verdict"] == "release", verdict["reasons"]
    assert isinstance(release, Release)
    verdict, release = released(small_case("binary", drills=[LOST, MISSED]), model)
    assert (verdict["verdict"], verdict["release_id"]) == ("hold", None)
    assert verdict["reasons"][0].startswith("drill shift of 0.001 sd seen at least 0.6: failed")
    assert isinstance(release, NoRelease)


def test_a_deaf_monitor_blocks_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a budget so small that a column may move by more than half a standard deviation unheard."""
    from tests.pipelines.evaluation import line

    monkeypatch.setattr(line, "monitoring", lambda: monitoring(budget=DEAF))
    monkeypatch.setattr(line, "drills", lambda: drills(n_worlds=8))
    goal = {"fault": "shift", "size": 0.7, "at_least": 0.6, "within": 3}
    deaf, _ = released(small_case("binary", drills=[goal]), trained("binary").model)
    monkeypatch.setattr(line, "monitoring", monitoring)
    heard, _ = released(small_case("binary", drills=[goal]), trained("binary").model)
    assert (deaf["verdict"], heard["verdict"]) == ("hold", "release")


@pytest.mark.parametrize(
    ("goal", "word"),
    [
        ({"fault": "lost", "at_least": 1}, "less than 1"),
        ({"fault": "lots", "at_least": 0.5}, "Input should be"),
        ({"fault": "shift", "at_least": 0.5}, "'shift' lacks a size"),
        ({"fault": "lost", "size": 1, "at_least": 0.5}, "'lost' has a size"),
        ({"fault": "lost", "at_least": 0.5, "within": 0}, "greater than or equal to 1"),
        ({"fault": "lost", "at_lest": 0.5}, "Did you mean 'at_least'"),
    ],
)
def test_goals_that_cannot_be_are_refused(goal: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        small_case("binary", drills=[goal])
