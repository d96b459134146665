"""What a fire drill breaks, and what it leaves alone."""

import numpy as np
import pandas as pd
import pytest

from evergreen.watching.drills import Fault, Severity, list_faults
from evergreen.watching.drills.faults import break_feed, break_outcomes, break_rows, segment_rows
from tests.models.small import small_case, small_rows

SEVERITY = Severity(100, 0.1, (0.25, 1.0))
CASE, ROWS = small_case("binary"), small_rows("binary", 1400, seed=5)


def broken(fault: Fault) -> pd.DataFrame:
    return break_rows(fault, ROWS, CASE, np.random.default_rng(1))


def test_every_kind_of_fault_is_listed_for_the_columns_that_can_have_it() -> None:
    faults = list_faults(ROWS, CASE, SEVERITY, max_columns=2)
    struck = {fault.kind: {one.column for one in faults if one.kind == fault.kind} for fault in faults}
    assert struck["unit"] == {"strength", "noise"}
    assert struck["renamed"] == struck["concept_flip"] == {"colour", "is_known"}
    assert struck["lost"] == {"strength", "noise", "colour", "is_known", "note"}
    assert {"label_shift", "labels_late", "duplicated", "missing", "stuck", "group_shift"} <= struck.keys()
    in_groups = {one.column: one.segment for one in faults if one.kind == "group_shift"}
    assert in_groups == {"strength": "colour", "noise": "is_known"}
    constant = ROWS.assign(strength=1.0)
    assert all(one.column != "strength" for one in list_faults(constant, CASE, SEVERITY, max_columns=2))


def test_without_words_a_number_is_shifted_where_another_one_is_large() -> None:
    columns = CASE.model_dump(mode="json")["columns"]
    for name in ("colour", "is_known", "note"):
        columns[name]["is_feature"] = False
    case = small_case("binary", columns=columns)
    found = [one for one in list_faults(ROWS, case, SEVERITY, max_columns=2) if one.kind == "group_shift"]
    assert [(one.column, one.segment) for one in found] == [("strength", "noise"), ("noise", "strength")]
    alone = list_faults(ROWS.assign(noise=1.0), case, SEVERITY, max_columns=2)
    assert "group_shift" not in {one.kind for one in alone}


def test_cells_are_broken_as_the_fault_says() -> None:
    rows = ROWS
    assert broken(Fault("", "unit", "strength", 100))["strength"].equals(rows["strength"] * 100)
    assert broken(Fault("", "lost", "colour"))["colour"].isna().all()
    assert broken(Fault("", "stuck", "colour"))["colour"].value_counts().size == 1
    renamed = broken(Fault("", "renamed", "colour"))["colour"]
    assert renamed.str.endswith("(new)").sum() == rows["colour"].value_counts().iloc[0]
    missing = broken(Fault("", "missing", "strength", 0.1))["strength"].isna().mean()
    assert missing == pytest.approx(0.1, abs=0.03)
    moved = broken(Fault("", "shift", "strength", 0.25))["strength"] - rows["strength"]
    assert moved.to_numpy() == pytest.approx(0.25 * rows["strength"].std())


def test_a_shift_in_a_group_leaves_the_others_alone() -> None:
    rows = ROWS
    moved = broken(Fault("", "group_shift", "strength", 0.5, "colour"))["strength"] - rows["strength"]
    is_in = segment_rows(rows, "colour", CASE)
    assert 0.2 < is_in.mean() < 0.5
    assert (moved[~is_in] == 0).all()
    assert moved[is_in].to_numpy() == pytest.approx(0.5 * rows["strength"].std())


def test_whole_numbers_stay_whole_and_move_by_as_much_on_average() -> None:
    case = small_case("binary")
    columns = case.model_dump(mode="json")["columns"]
    columns["strength"]["type"] = "integer"
    case = small_case("binary", columns=columns)
    rows = ROWS.assign(strength=np.random.default_rng(2).integers(0, 5, len(ROWS)).astype(float))
    found = break_rows(Fault("", "shift", "strength", 0.25), rows, case, np.random.default_rng(1))["strength"]
    assert (found == found.round()).all()
    assert (found - rows["strength"]).mean() == pytest.approx(0.25 * rows["strength"].std(), abs=0.05)


def test_outcomes_flip_where_the_segment_lies_and_come_twice_or_not_at_all() -> None:
    rows, case = ROWS, CASE
    flipped = break_outcomes(Fault("", "concept_flip", "colour"), rows, case)["outcome"]
    assert ((flipped != rows["outcome"]) == segment_rows(rows, "colour", case)).all()
    assert set(flipped) == {"no", "yes"}
    assert break_outcomes(Fault("", "labels_late"), rows, case)["outcome"].isna().all()
    feed = break_feed(Fault("", "label_shift"), rows, case)
    counts, more = rows["outcome"].value_counts(), rows["outcome"].iloc[feed].value_counts()
    rarer, other = counts.index[-1], counts.index[0]
    assert (more[rarer], more[other]) == (2 * counts[rarer], counts[other])
    assert len(break_feed(Fault("", "duplicated"), rows, case)) == 2 * len(rows)
