"""How the page tells what became live, the last drills and retraining, and what runs took."""

from evergreen.reporting.life_history import (
    life_drills_section,
    releases_section,
    retraining_section,
    runs_section,
    tally_runs,
)
from evergreen.reporting.life_money import money_so_far
from tests.reporting.life_demo import DRILLS, RETRAINING, SECOND, life_facts

FACTS = life_facts()


def test_releases_are_told_with_who_when_and_why() -> None:
    tables = releases_section(FACTS).tables
    newest = tables[0].frame.iloc[0].to_dict()
    assert newest == {
        "release": "R2",
        "what happened": "promoted",
        "as of": "2010-05-31",
        "at (UTC)": "2010-06-01 08:00:00",
        "by": "ben",
        "why": "Retraining: payoff is better.",
        "in the place of": "R1",
        "name": SECOND,
    }
    done = tables[1].frame.set_index("release")
    assert done.loc["R1", ["first window", "last window", "n_windows", "n_rows"]].tolist() == [
        "2010-01",
        "2010-05",
        5,
        520,
    ]
    assert done["EUR in all"].sum() == money_so_far(life_facts().counted)


def test_drills_and_retraining_are_told_where_there_were_any() -> None:
    assert life_drills_section(FACTS).lead.startswith("No drill has been held yet: kedro run --pipelines drills")
    assert retraining_section(FACTS).lead.startswith(
        "Retraining has not been run yet: kedro run --pipelines retraining"
    )
    facts = life_facts(drills=DRILLS, retraining=RETRAINING)
    drills, retraining = life_drills_section(facts), retraining_section(facts)
    assert drills.lead.startswith("Held as of 2010-05-31.")
    assert drills.notes[0] == "These drills were held on R1, which is not live: hold them again."
    assert retraining.points[0].text == "A new model was tried, and the live one stayed."
    assert retraining.lead.endswith("Retraining has promoted 1 of all releases.")
    attempt = retraining.tables[0].frame.set_index("what")["told"]
    assert attempt["due because of"] == "schedule"
    long = retraining_section(life_facts(retraining={**RETRAINING, "reasons": [f"Reason {n}." for n in range(7)]}))
    assert [point.text for point in long.points[1:]] == [
        "Reason 0.",
        "Reason 1.",
        "Reason 2.",
        "Reason 3.",
        "And 3 more, in retraining.json.",
    ]


def test_drills_of_a_challenger_are_said_to_be() -> None:
    notes = life_drills_section(life_facts(drills={**DRILLS, "release_id": None})).notes
    assert notes[0] == "These drills were held on the challenger of that day, not on a live release."


def test_runs_are_added_up_by_pipeline() -> None:
    found = tally_runs(life_facts().runs).set_index("pipeline")
    assert found.index.tolist() == ["whole line", "scoring+monitoring"]
    assert found.loc["scoring+monitoring", ["n_runs", "n_failed", "cpu_seconds"]].tolist() == [2, 1, 4.5]
    assert runs_section(FACTS).tables[1].frame["error"].tolist() == ["The file 'contacts.csv' is gone."]
    assert runs_section(life_facts(runs=life_facts().runs.head(0))).lead.startswith("The ledger knows no run")
