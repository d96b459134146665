from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.groupings import (
    MAX_GROUPS,
    MISSING,
    OTHER,
    Bands,
    Words,
    find_levels,
    in_order,
    is_known,
    list_groupings,
)
from tests.cases import LIBRARIES, frame_of
from tests.tables.group_world import group_case, people, stages


def names_of(levels, table):
    keys = as_pandas(as_frame(table).select(levels.key().alias("key")))["key"]
    return levels.name_keys(keys).tolist()


def test_every_sensitive_column_and_every_two_are_told_apart_and_what_clauses_name():
    clause = {"measure": "missingness", "remedy": "accept", "why": "For the test."}
    clauses = [{**clause, "columns": ["job", "is_owner", "sex"]}, {**clause, "columns": ["job", "sex"]}]
    case = group_case(
        {
            "columns.born_on.is_sensitive": False,
            "columns.age_years.is_sensitive": False,
            "bias_plan": {"clauses": clauses},
        }
    )
    assert list_groupings(case) == [
        ("sex",),
        ("is_owner",),
        ("job",),
        ("sex", "is_owner"),
        ("sex", "job"),
        ("is_owner", "job"),
        ("sex", "is_owner", "job"),
    ]
    assert in_order(("job", "sex"), case) == ("sex", "job")


def test_prose_and_pictures_tell_no_group():
    case = group_case({"columns.note.is_sensitive": True})
    assert "note" in case.sensitive_columns
    assert not any("note" in columns for columns in list_groupings(case))


def test_words_of_the_contract_are_groups_and_any_other_word_could_not_be_read():
    levels = Words("sex", ("female", "male"), ())
    table = pd.DataFrame({"sex": ["male", None, "femal", "female"]})
    assert names_of(levels, table) == ["male", MISSING, MISSING, "female"]
    assert levels.names == ("female", "male")


def test_rare_words_are_other_and_words_outside_the_contract_are_not():
    table = pd.DataFrame({"job": ["baker", None, "cook", "queen"]})
    assert names_of(Words("job", ("baker",), ("cook",)), table) == ["baker", MISSING, OTHER, MISSING]
    assert names_of(Words("job", ("baker",), None), table) == ["baker", MISSING, OTHER, OTHER]


def test_numbers_fall_into_bands_that_include_their_upper_end():
    levels = Bands("age", (31.0, 39.5), 18, 100)
    table = pd.DataFrame({"age": [17.0, 18.0, 31.0, 31.5, 39.5, 40.0, 100.0, 101.0, np.nan]})
    low, middle, high = "up to 31", "over 31 to 39.5", "over 39.5"
    assert names_of(levels, table) == [MISSING, low, low, middle, middle, high, high, MISSING, MISSING]
    assert levels.names == (low, middle, high)


def test_times_fall_into_bands():
    levels = Bands("born_on", (datetime(1970, 1, 1), datetime(1980, 6, 1, 12)))
    table = pd.DataFrame(
        {"born_on": pd.to_datetime(["1969-05-05", "1980-06-01 12:00:00", "1999-01-01", None], format="ISO8601")}
    )
    assert names_of(levels, table) == [
        "up to 1970-01-01",
        "over 1970-01-01 to 1980-06-01 12:00:00",
        "over 1980-06-01 12:00:00",
        MISSING,
    ]


def test_a_number_that_never_varies_is_one_group():
    assert names_of(Bands("age", ()), pd.DataFrame({"age": [4.0, np.nan]})) == ["any", MISSING]


def test_bands_are_quarters_of_the_training_rows():
    case = group_case()
    training = people(case, 4).assign(age_years=[20.0, 30.0, 40.0, 50.0], born_on=pd.NaT)
    levels = find_levels(case.group_columns, table=training, training=training, problem=case)
    assert levels["age_years"] == Bands("age_years", (20.0, 30.0, 40.0), 18.0, 100.0)
    assert levels["born_on"] == Bands("born_on", ())
    crowded = training.assign(age_years=[20.0, 50.0, 50.0, 50.0])
    assert find_levels(case.group_columns, table=crowded, training=crowded, problem=case)["age_years"].edges == (20.0,)


@pytest.mark.parametrize("library", LIBRARIES)
def test_of_many_words_the_commonest_are_groups(library):
    case = group_case()
    jobs = [f"job {n:02}" for n in range(MAX_GROUPS + 5) for _ in range(1 + (n >= 5))] + [None] * 9
    marked = people(case, len(jobs)).assign(job=pd.Series(jobs, dtype="str"))
    levels = find_levels(["job"], table=frame_of(marked, library).to_native(), training=stages(marked)[2], problem=case)
    assert levels["job"] == Words("job", tuple(f"job {n:02}" for n in range(5, MAX_GROUPS + 5)), None)


def test_of_as_common_words_the_first_by_name_are_groups():
    words = [f"{n:02}" for n in range(MAX_GROUPS + 2)]
    case = group_case({"columns.job.values": words})
    marked = people(case, len(words)).assign(job=pd.Series(words[::-1], dtype="str"))
    levels = find_levels(["job"], table=marked, training=marked, problem=case)["job"]
    assert (levels.kept, levels.pooled) == (tuple(words[:-2]), tuple(words[-2:]))


@pytest.mark.parametrize(
    ("group", "known"), [("female", True), ("female x (missing)", False), ("(missing)", False), ("(other)", True)]
)
def test_rows_of_a_missing_group_are_known_to_be_of_none(group, known):
    assert is_known(group) is known
