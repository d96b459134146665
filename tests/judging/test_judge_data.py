import pandas as pd
import pytest

from evergreen.judging.judge_data import judge_data


def suspect(suspicion: str = "tells the target", *, is_blocked: bool = False, is_answered: bool = False):
    return {
        "subject": "duration",
        "suspicion": suspicion,
        "strength": 0.99,
        "is_blocked": is_blocked,
        "is_answered": is_answered,
        "finding": "'duration' tells 'bought'.",
    }


def clause(status: str, *, limit: float | None = 0.05, measure: str = "base_rate"):
    return {
        "clause": f"{measure} by sex",
        "measure": measure,
        "gap": 0.1,
        "limit": limit,
        "status": status,
        "finding": "Women less often.",
    }


def judged(suspects=(), clauses=()):
    found = pd.DataFrame(list(suspects), columns=list(suspect()))
    return judge_data(found, pd.DataFrame(list(clauses), columns=list(clause("within"))))


@pytest.mark.parametrize(
    ("one", "result"),
    [
        (suspect(), "failed"),
        (suspect(is_blocked=True), "passed"),
        (suspect(is_answered=True), "passed"),
        (suspect("presence tells the target"), "failed"),
        (suspect("duplicate across splits"), "passed"),
    ],
    ids=["open", "blocked", "answered", "open by presence", "rows, not a column"],
)
def test_a_model_is_held_while_a_column_may_know_the_outcome(one, result):
    (leaks,) = judged([one])
    assert leaks["result"] == result
    assert ("'duration' tells 'bought'" in leaks["reason"]) == (result == "failed")


def test_without_suspects_and_plan_only_the_leaks_are_judged():
    assert [one["result"] for one in judged()] == ["passed"]


@pytest.mark.parametrize(("status", "result"), [("within", "passed"), ("exceeded", "failed"), ("too_few", "undecided")])
def test_a_clause_of_the_plan_is_held_to_its_limit(status, result):
    _, told = judged(clauses=[clause(status)])
    assert (told["criterion"], told["result"], told["limit"]) == ("base_rate by sex at most 0.05", result, 0.05)
    assert told["reason"] == f"base_rate by sex at most 0.05: {result}. Women less often."


def test_a_clause_on_small_groups_names_its_lower_limit():
    _, told = judged(clauses=[clause("within", measure="small_group", limit=0.2)])
    assert told["criterion"] == "small_group by sex at least 0.2"


@pytest.mark.parametrize("one", [clause("unplanned"), clause("within", limit=None)], ids=["unplanned", "no limit"])
def test_what_has_no_limit_is_not_judged(one):
    assert len(judged(clauses=[one])) == 1
