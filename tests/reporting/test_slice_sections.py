import pandas as pd
import pytest

from evergreen.reporting import render_page
from evergreen.reporting.slice_sections import found_slices_section, named_slices_section
from evergreen.tables.slice_table import SLICE_COLUMNS
from tests.models.small import small_case

SLICES = {"red": [{"column": "colour", "values": ["red"]}], "tiny": [{"column": "noise", "at_least": 3}]}
PROBLEM = small_case("binary", slices=SLICES)
ROWS = [
    ("named", "red", "roc_auc", 60, 0.61, 0.5, 0.7, -0.2, 0.002, True, "worse than the rest"),
    ("named", "red", "log_loss", 60, 0.5, 0.4, 0.6, 0.01, 0.8, True, "no difference to the rest beyond chance"),
    ("named", "tiny", "roc_auc", 3, 0.9, None, None, 0.1, None, False, "not judged: 3 rows, fewer than 50"),
    ("found", "colour: red and is_known: true", "log_loss", 70, 0.9, 0.7, 1.1, 0.5, 0.01, True, "worse"),
]
TABLE = pd.DataFrame(ROWS, columns=list(SLICE_COLUMNS)).astype(SLICE_COLUMNS)


def test_named_slices_are_told_with_what_they_are() -> None:
    section = named_slices_section(TABLE, PROBLEM)
    assert section.lead == "Worse than on the rest of the rows, beyond chance: red."
    assert [point.text for point in section.points] == [
        "red: colour is red; 60 rows.",
        "tiny: noise is at least 3; 3 rows, too few to judge.",
    ]
    assert section.tables[0].frame["metric"].tolist() == ["ROC AUC", "Log loss", "ROC AUC"]
    assert "source" not in section.tables[0].frame


def test_a_case_where_no_slice_is_worse_is_told_so() -> None:
    section = named_slices_section(TABLE.iloc[1:2], PROBLEM)
    assert section.lead == "On no slice of the case is the model worse than on the rest beyond chance."


def test_slices_that_cannot_be_judged_are_no_good_news() -> None:
    assert named_slices_section(TABLE.iloc[2:3], PROBLEM).lead.startswith("No slice of the case can be judged")
    assert named_slices_section(TABLE.iloc[1:3], PROBLEM).lead.endswith("beyond chance. 1 of 2 cannot be judged.")


def test_found_slices_are_told_the_worst_first() -> None:
    section = found_slices_section(TABLE)
    assert "worst where colour: red and is_known: true: mean loss 0.900 on 70 rows, 0.400 on all others" in section.lead
    assert section.tables[0].frame["slice"].tolist() == ["colour: red and is_known: true"]


def test_cuts_are_rounded_for_reading_and_large_losses_have_no_exponent() -> None:
    exact = "width: over 0.001672535123 to 0.002153748456 and is_known: true"
    table = TABLE.assign(slice=exact, value=10_843.2, difference=7_650.0)
    section = found_slices_section(table[table["source"] == "found"])
    assert "width: over 0.001673 to 0.002154 and is_known: true: mean loss 10,843 on 70 rows" in section.lead
    assert section.tables[0].frame["slice"].tolist() == ["width: over 0.001673 to 0.002154 and is_known: true"]


@pytest.mark.parametrize(
    "section", [named_slices_section(TABLE.iloc[:0], PROBLEM), found_slices_section(TABLE.iloc[:0])]
)
def test_nothing_to_tell_is_said(section: object) -> None:
    assert section.tables == ()
    assert section.lead.startswith(("The case names no slices", "No slice has a higher loss"))


def test_the_sections_make_a_page() -> None:
    page = render_page("Slices", [named_slices_section(TABLE, PROBLEM), found_slices_section(TABLE)])
    assert "worse than the rest" in page
