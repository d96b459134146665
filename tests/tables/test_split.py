from collections import Counter
from datetime import date, datetime, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from evergreen.errors import DataError
from evergreen.tables.engines import as_frame, as_pandas
from evergreen.tables.split import ROLES, new_rows_after, select_new, split_rows
from tests.cases import (
    FIRST_DAY,
    LIBRARIES,
    binary_case,
    frame_of,
    multiclass_case,
    plain,
    regression_case,
    repaired_rows,
)

EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
FEW = {"limits": {"min_training_rows": 10, "min_holdout_rows": 2}}
BY_TIME = binary_case(FEW)
BY_GROUP = binary_case({**FEW, "split": {"by": "group", "group": "client_id", "new_rows_share": 0.2}})
BY_CHANCE = multiclass_case(FEW)
NUMBERS_BY_CHANCE = regression_case({**FEW, "event_time": None, "split": {"by": "random", "new_rows_share": 0.25}})
SEED = 7
CASES = {"time": BY_TIME, "group": BY_GROUP, "random": BY_CHANCE, "random-numbers": NUMBERS_BY_CHANCE}
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
AS_OF = date(2020, 3, 31)


def fabricated(case, n_rows=300, *, unlabelled=0.0, seed=SEED):
    """Repaired rows, some without outcome, one every six hours from 2020-01-01: 300 of them reach to 2020-03-15."""
    rows = repaired_rows(case, n_rows, seed=seed)
    is_unknown = np.random.default_rng(seed).random(n_rows) < unlabelled
    target = case.target.column
    rows = rows.assign(**{target: rows[target].where(~is_unknown)})
    if case is BY_GROUP:
        rows["client_id"] = (np.arange(n_rows) % 37).astype(float)
    return rows


def split_of(rows, case, as_of=AS_OF, *, seed=SEED, library="pandas"):
    """The split of rows that lie on an engine, and the role of each as the rows were given."""
    frame = as_frame(rows) if library == "pandas" else frame_of(rows, library)
    split = split_rows(frame, case, as_of, random_state=seed)
    keys = {
        key: role
        for role in ROLES
        for key in plain(split.marked.filter(nw.col("_role") == ROLES.index(role)).select(case.key[0]))[case.key[0]]
    }
    return split, np.array([keys[key] for key in rows[case.key[0]]])


def roles_of(rows, case, as_of=AS_OF, *, seed=SEED, library="pandas"):
    return split_of(rows, case, as_of, seed=seed, library=library)[1]


@EVERY_CASE
@given(n_rows=st.integers(150, 300), unlabelled=st.sampled_from([0.0, 0.2]), seed=st.integers(0, 20))
@settings(max_examples=10, deadline=None)
def test_every_row_has_one_role_and_only_known_outcomes_are_learnt_from_and_judged_on(case, n_rows, unlabelled, seed):
    rows = fabricated(case, n_rows, unlabelled=unlabelled, seed=seed)
    role = roles_of(rows, case, seed=seed)
    assert len(role) == n_rows
    assert set(role) <= set(ROLES)
    is_labelled = rows[case.target.column].notna().to_numpy()
    assert is_labelled[np.isin(role, ["training", "holdout", "gap"])].all()
    assert not is_labelled[role == "unlabelled"].any()


@EVERY_CASE
@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_no_role(case, seed):
    rows = fabricated(case, unlabelled=0.1)
    turned = rows.sample(frac=1, random_state=seed)
    by_key = dict(zip(rows[case.key[0]], roles_of(rows, case), strict=True))
    assert [by_key[key] for key in turned[case.key[0]]] == roles_of(turned, case).tolist()


@EVERY_CASE
@EVERY_ENGINE
def test_every_engine_gives_the_same_roles_and_rows_in_order(case, library):
    rows = fabricated(case, unlabelled=0.1).sample(frac=1, random_state=2)
    there, found = split_of(rows, case, library=library)
    here, expected = split_of(rows, case)
    assert (found == expected).all()
    assert (there.counts, there.newest, there.holdout_from) == (here.counts, here.newest, here.holdout_from)
    for role in ("training", "holdout"):
        assert plain(there.rows(role, case)) == plain(here.rows(role, case))
        keys = [split.keys([role], case)[role][case.key[0]] for split in (there, here)]
        assert sorted(keys[0]) == sorted(keys[1])
        assert keys[0].dtype == keys[1].dtype


@EVERY_CASE
@EVERY_ENGINE
def test_every_engine_selects_the_same_new_rows(case, library):
    rows = fabricated(case, unlabelled=0.1)
    as_of = date(2020, 3, 10)
    rows = rows if case.event_time is None else rows[rows[case.event_time] < pd.Timestamp(as_of)]
    found = select_new(frame_of(rows, library), case, as_of, random_state=SEED)
    expected = select_new(as_frame(rows), case, as_of, random_state=SEED)
    key = case.key[0]
    assert plain(found.sort(key)) == plain(expected.sort(key))
    assert len(plain(found)[key]) > 0


@EVERY_CASE
@pytest.mark.parametrize("as_of", [AS_OF, date(2020, 3, 10)], ids=["late", "early"])
def test_exactly_the_rows_kept_from_learning_as_new_are_selected_as_new(case, as_of):
    rows = fabricated(case, unlabelled=0.1)
    rows = rows.sample(frac=1, random_state=1)
    if case.event_time is not None:
        rows = rows[rows[case.event_time] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    selected = as_pandas(select_new(as_frame(rows), case, as_of, random_state=SEED))
    expected = rows[roles_of(rows, case, as_of) == "new"]
    pd.testing.assert_frame_equal(selected.reset_index(drop=True), expected.reset_index(drop=True))


@pytest.mark.parametrize("case", [BY_GROUP, BY_CHANCE, NUMBERS_BY_CHANCE], ids=["group", "random", "random-numbers"])
def test_the_seed_alone_decides_what_chance_decides(case):
    rows = fabricated(case)
    assert (roles_of(rows, case) == roles_of(rows, case)).all()
    assert (roles_of(rows, case) != roles_of(rows, case, seed=SEED + 1)).any()


# By time -----------------------------------------------------------------------------------------------------------


@EVERY_ENGINE
def test_time_runs_training_gap_holdout_new(library):
    # One row a day for 20 days, the last 4 new: of the 16 before, a quarter is the holdout, two days after training.
    case = binary_case(
        {
            "limits": {"min_training_rows": 10, "min_holdout_rows": 2},
            "target.delay_days": 2,
            "split": {"by": "time", "new_rows_days": 4, "holdout_share": 0.25},
        }
    )
    rows = repaired_rows(case, 20).assign(called_at=FIRST_DAY + pd.to_timedelta(range(20), unit="D"))
    found, roles = split_of(rows, case, date(2020, 1, 20), library=library)
    assert list(roles) == ["training"] * 11 + ["gap"] + ["holdout"] * 4 + ["new"] * 4
    assert found.counts == {"training": 11, "holdout": 4, "gap": 1, "new": 4, "unlabelled": 0}
    assert found.holdout_from == datetime(2020, 1, 13)
    assert found.newest["holdout"] == datetime(2020, 1, 16)


@given(
    days=st.lists(st.integers(0, 60), min_size=60, max_size=120),
    delay_days=st.integers(0, 8),
    holdout_share=st.sampled_from([0.1, 0.2, 0.4]),
    new_rows_days=st.integers(1, 10),
    unlabelled=st.sampled_from([0.0, 0.2]),
)
@settings(max_examples=50, deadline=None)
def test_nothing_learnt_was_unknown_when_the_holdout_began(days, delay_days, holdout_share, new_rows_days, unlabelled):
    case = binary_case(
        {
            **FEW,
            "target.delay_days": delay_days,
            "split": {"by": "time", "new_rows_days": new_rows_days, "holdout_share": holdout_share},
        }
    )
    rows = fabricated(case, len(days), unlabelled=unlabelled)
    rows = rows.assign(called_at=FIRST_DAY + pd.to_timedelta(days, unit="D"))
    as_of = (FIRST_DAY + pd.Timedelta(days=60)).date()
    try:
        found, role_of = split_of(rows, case, as_of)
    except DataError:
        reject()
    times = {role: rows["called_at"][role_of == role] for role in ROLES}
    delay = timedelta(days=delay_days)
    assert times["training"].max() + delay <= found.holdout_from == times["holdout"].min()
    assert times["training"].max() < times["holdout"].min()
    assert (times["gap"] + delay > found.holdout_from).all()
    assert (times["gap"] < found.holdout_from).all()
    first_new = pd.Timestamp(as_of) - pd.Timedelta(days=new_rows_days - 1)
    assert (times["new"] >= first_new).all()
    assert all((times[role] < first_new).all() for role in ROLES if role != "new")
    n_past = sum(len(times[role]) for role in ("training", "gap", "holdout"))
    assert len(times["holdout"]) >= round(holdout_share * n_past - 1e-9)


@EVERY_ENGINE
def test_rows_of_one_moment_are_not_divided(library):
    case = binary_case({**FEW, "target.delay_days": 0})
    # Half of the rows share the last moment, which the border of the holdout falls into.
    hours = [0] * 10 + [5] * 10 + [6] * 20
    rows = repaired_rows(case, 40).assign(called_at=(FIRST_DAY + pd.to_timedelta(hours, unit="h")).as_unit("us"))
    rows = rows.sample(frac=1, random_state=3)
    found, roles = split_of(rows, case, date(2020, 2, 1), library=library)
    assert Counter(roles) == {"training": 20, "holdout": 20}
    assert found.holdout_from == datetime(2020, 1, 1, 6)


def test_the_last_days_are_new():
    assert new_rows_after(BY_TIME, date(2020, 3, 31)) == datetime(2020, 3, 24, 23, 59, 59, 999999)
    assert new_rows_after(BY_CHANCE, date(2020, 3, 31)) is None
    rows = fabricated(BY_TIME)
    new = as_pandas(select_new(as_frame(rows), BY_TIME, date(2020, 3, 15), random_state=SEED))
    assert len(new) == 28
    assert new["called_at"].min() == datetime(2020, 3, 9)


def test_a_row_that_waits_for_its_outcome_is_neither_learnt_from_nor_new():
    rows = fabricated(BY_TIME)
    rows.loc[100, "bought"] = None
    assert roles_of(rows, BY_TIME)[100] == "unlabelled"


# By group ----------------------------------------------------------------------------------------------------------


@given(sizes=st.lists(st.integers(1, 12), min_size=20, max_size=40), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_no_group_is_on_two_sides(sizes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes).astype(float)
    rows = fabricated(BY_GROUP, len(groups)).assign(client_id=groups)
    try:
        role = roles_of(rows, BY_GROUP, seed=seed)
    except DataError:
        reject()
    sides = pd.Series(role).groupby(groups).agg(set)
    assert all(len(side) == 1 for side in sides)


# At random ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [BY_GROUP, BY_CHANCE, NUMBERS_BY_CHANCE], ids=["group", "random", "random-numbers"])
def test_a_role_stays_however_the_data_grow(case):
    rows = fabricated(case)
    few, all_rows = roles_of(rows.iloc[:200], case), roles_of(rows, case)
    assert (few == all_rows[:200]).all()


@pytest.mark.parametrize("case", [BY_CHANCE, NUMBERS_BY_CHANCE], ids=["classes", "numbers"])
def test_rows_are_divided_by_share(case):
    split = case.split
    role = Counter(roles_of(fabricated(case, 4000), case))
    expected = {"new": split.new_rows_share, "holdout": (1 - split.new_rows_share) * split.holdout_share}
    for name, share in expected.items():
        # Within four standard errors of a share of 4,000 rows.
        assert role[name] / 4000 == pytest.approx(share, abs=4 * (share * (1 - share) / 4000) ** 0.5)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_class_has_its_share_of_the_holdout_give_or_take_chance(seed):
    rows = fabricated(BY_CHANCE, 4000).assign(variety=np.repeat(["black", "red", "white"], [3000, 960, 40]))
    role = roles_of(rows, BY_CHANCE, seed=seed)
    share = BY_CHANCE.split.holdout_share
    for name, labelled in pd.Series(role)[role != "new"].groupby(rows["variety"].to_numpy()[role != "new"]):
        n_rows = len(labelled)
        # Within five standard errors: 30 counts miss them once in fifty thousand.
        assert (labelled == "holdout").sum() == pytest.approx(
            n_rows * share, abs=5 * (n_rows * share * (1 - share)) ** 0.5
        ), name


def test_without_time_a_row_without_an_outcome_is_new():
    rows = fabricated(BY_CHANCE, 300, unlabelled=0.3)
    role = roles_of(rows, BY_CHANCE)
    assert (role[rows[BY_CHANCE.target.column].isna().to_numpy()] == "new").all()


# Refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "as_of", "sentence"),
    [
        (
            {"limits": {"min_training_rows": 250, "min_holdout_rows": 2}},
            AS_OF,
            "The training split has 201 labelled rows, fewer than the 250 the case asks for. Choose a later as_of, "
            "bring more data, or lower limits.min_training_rows.",
        ),
        (
            {"limits": {"min_training_rows": 10, "min_holdout_rows": 100}},
            AS_OF,
            "The holdout split has 60 labelled rows, fewer than the 100 the case asks for. Choose a later as_of, "
            "bring more data, or lower limits.min_holdout_rows.",
        ),
        ({"target.delay_days": 60}, AS_OF, "The training split has 1 labelled rows"),
        ({"split.new_rows_days": 365}, AS_OF, "The training split has 0 labelled rows"),
    ],
    ids=["few-to-learn-from", "few-to-judge-on", "long-delay", "all-new"],
)
def test_refuses_too_few_rows(changes, as_of, sentence):
    with pytest.raises(DataError) as refusal:
        roles_of(fabricated(BY_TIME), binary_case({**FEW, **changes}), as_of)
    assert sentence in str(refusal.value)


@EVERY_CASE
def test_refuses_rows_without_any_outcome(case):
    with pytest.raises(DataError, match="The training split has 0 labelled rows"):
        roles_of(fabricated(case, unlabelled=1.1), case)
