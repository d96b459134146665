import pandas as pd
from hypothesis import given, settings

from evergreen.pipelines.demo.notes import write_notes
from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import World, params, small_world


def test_notes_are_filed_by_month_in_plain_words() -> None:
    notes = pd.DataFrame(
        {
            "client_id": [3, 1, 2],
            "written_on": pd.to_datetime(["2007-01-31", "2007-02-01", "2007-02-03"]),
            "tone": ["interested", "report", "report"],
            "contact_id": [0, 8, 9],
            "wording": [0.0, 0.0, 0.0],
        }
    )
    contacts = pd.DataFrame({"contact_id": [8, 9], "is_subscriber": [True, False]})
    files = write_notes(notes, contacts)
    assert files["2007-01"].to_dict("records") == [
        {"client_id": 3, "written_on": "2007-01-31", "note": "asked about interest rates"}
    ]
    assert files["2007-02"]["note"].tolist() == [
        "agreed to the term deposit on the phone",
        "declined the term deposit on the phone",
    ]


@given(params())
@settings(max_examples=15, deadline=None)
def test_notes_name_each_client_and_day_once_and_reports_come_after_the_call(some: DemoParams) -> None:
    world = World(some)
    notes = world.true_notes
    assert not notes.duplicated(["client_id", "written_on"]).any()
    assert (notes["written_on"] < pd.Timestamp(some.end_on)).all()
    reports = notes[notes["tone"] == "report"].merge(world.drawn_contacts, on=["contact_id", "client_id"])
    assert len(reports) == (notes["tone"] == "report").sum()
    assert (reports["written_on"] > reports["contacted_at"]).all()


@given(params())
@settings(max_examples=10, deadline=None)
def test_files_hold_every_note_and_no_separator(some: DemoParams) -> None:
    world = World(some)
    written = pd.concat(world.call_notes.values())
    assert len(written) == len(world.true_notes)
    assert not written["note"].str.contains("|", regex=False).any()
    assert all((rows["written_on"].str[:7] == month).all() for month, rows in world.call_notes.items())


def test_one_client_in_six_has_notes() -> None:
    notes = small_world(n_clients=3000).true_notes
    assert 0.14 < notes["client_id"].nunique() / 3000 < 0.19


def test_somebody_has_a_note_even_in_the_smallest_world() -> None:
    assert len(small_world(n_clients=100, n_contacts_per_month=1, noted_client_share=1e-9).true_notes) > 0
