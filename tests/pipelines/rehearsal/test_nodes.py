"""The rehearsal on a small past: what it writes down, and what it refuses."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evergreen.errors import CaseError
from evergreen.pipelines.rehearsal.nodes import draw_courses, gather_past, replay_past, tell_rehearsal
from evergreen.pipelines.rehearsal.params import RehearsalParams
from evergreen.problem import AsOf
from tests.cases import CALLS_GATHERED, binary_case, call_sources
from tests.models.small import small_case, small_rows

AS_OF = AsOf.model_validate("2021-12-31")
TOLD: dict[str, Any] = {
    "candidate": "linear",
    "random_state": 1,
    "n_batches": 20,
    "n_first": 4,
    "batches_late": 2,
    "follows_delay": False,
    "block_batches": 2,
    "n_resamples": 200,
    "policies": {
        "never": {"kind": "never"},
        "gated": {"kind": "gated"},
        "default": {"kind": "guarded", "every": 2, "newest": 4},
    },
}
PARAMS = RehearsalParams.model_validate(TOLD)


def flipped() -> pd.DataFrame:
    """What made clients buy keeps them from it after half of the time."""
    rows = small_rows("binary", 1_000)
    is_late = rows["row_id"] > 500
    other = np.where(rows["outcome"] == "yes", "no", "yes")
    return rows.assign(outcome=pd.Series(np.where(is_late, other, rows["outcome"]), dtype="str"))


@pytest.fixture(scope="module")
def told() -> tuple[dict[str, Any], pd.DataFrame]:
    return replay_past(small_case("binary"), AS_OF, PARAMS, flipped(), lambda: 0.0)


def test_where_a_concept_flips_retraining_recovers_what_never_loses(told: Any) -> None:
    policies = told[0]["policies"]
    assert policies["never"] == {"gain_share": {"value": 0, "low": 0, "high": 0}, "fits": 0} | {
        "money": policies["never"]["money"],
        "cpu_seconds": 0,
    }
    assert policies["gated"]["gain_share"]["value"] > 0.5
    assert policies["default"]["gain_share"]["value"] > 0.5
    assert told[0]["recommended"] != "never"
    assert told[0]["chance_of_gain"] > 0.9


def test_where_nothing_changes_the_gate_stays_shut_and_never_is_hard_to_beat() -> None:
    found, _ = replay_past(small_case("binary"), AS_OF, PARAMS, small_rows("binary", 1_000), lambda: 0.0)
    usual = found["policies"]["never"]["money"]
    assert abs(found["policies"]["gated"]["money"] - usual) < 0.05 * abs(usual)


def test_the_document_is_plain_json_and_its_money_the_sum_of_the_table(told: Any) -> None:
    document, batches = told
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    sums = batches.groupby("policy")["total"].sum()
    for name, one in document["policies"].items():
        assert one["money"] == pytest.approx(sums[name])
    assert document["hindsight"]["money"] == pytest.approx(sums["hindsight"])
    assert (batches["learnt_until"] <= batches["n_known"]).all()
    assert (document["measure"], document["unit"]) == ("money", "EUR")
    assert document["policy"] == PARAMS.policies[document["recommended"]].model_dump(mode="json")


def test_figure_and_page_show_every_policy(told: Any) -> None:
    figure = draw_courses(*told)
    assert [line.name for line in figure.data] == ["never", "gated", "default", "hindsight"]
    page = tell_rehearsal(*told, figure)
    assert all(name in page for name in ("gated", "default", "Which policy to take"))
    assert re.search(r"with hindsight: [\d,.]+ EUR, by \d+ fits?\.", page)


def test_the_same_past_gives_the_same_rehearsal(told: Any) -> None:
    again = replay_past(small_case("binary"), AS_OF, PARAMS, flipped().sample(frac=1, random_state=3), lambda: 0.0)
    assert again[0] == told[0]


def test_a_case_without_time_is_refused() -> None:
    case = small_case("binary", split="random", event_time=None)
    with pytest.raises(CaseError, match="knows no time"):
        replay_past(case, AS_OF, PARAMS, small_rows("binary", 200), lambda: 0.0)


def test_the_past_is_joined_as_things_stood_and_outcomes_to_come_are_missing() -> None:
    past = gather_past(binary_case(), AsOf.model_validate("2020-03-08"), *call_sources().values())
    assert past["rate_pct"].tolist()[1:] == CALLS_GATHERED["rate_pct"][1:]
    assert past["bought"].isna().tolist() == [False, False, False, True, True]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"policies": {"always": {"kind": "every"}}}, "lack one called 'never'"),
        ({"policies": {"never": {"kind": "every"}}}, "lack one called 'never'"),
        ({"n_first": 18}, "no outcome of them known"),
        ({"block_batches": 17}, "longer than what is served"),
        ({"n_batchs": 3}, "Did you mean 'n_batches'"),
    ],
)
def test_parameters_that_contradict_themselves_are_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        RehearsalParams.model_validate(TOLD | changes)
