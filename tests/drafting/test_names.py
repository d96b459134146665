import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.drafting import canonical_name, canonical_names


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("emp.var.rate", "emp_var_rate"),
        ("MajorAxisLength", "major_axis_length"),
        ("SMSSpamCollection", "sms_spam_collection"),
        ("customerID", "customer_id"),
        (" hours-per-week ", "hours_per_week"),
        ("Größe (cm)", "grosse_cm"),
        ("share %", "share_pct"),
        ("2020", "column_2020"),
        ("", "column"),
        ("__x__", "x"),
        ("年齢", "年齢"),
    ],
)
def test_names_become_words_with_underscores(raw, name):
    assert canonical_name(raw) == name


@given(st.text(max_size=30))
def test_a_canonical_name_is_its_own(raw):
    assert canonical_name(canonical_name(raw)) == canonical_name(raw)


@given(st.lists(st.text(max_size=5), unique=True, max_size=20))
def test_every_column_gets_a_name_of_its_own(raw_names):
    assert list(canonical_names(raw_names).values()) == raw_names


def test_two_columns_do_not_share_a_name_and_none_takes_that_of_something_else():
    names = canonical_names(["Age", "age", "AGE", "reasons", "score"])
    assert list(names) == ["age", "age_2", "age_3", "reasons_value", "score_value"]
