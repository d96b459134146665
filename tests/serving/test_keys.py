"""What names a row, and when it was decided about, in one form."""

from typing import Any

import pytest

from evergreen.serving.keys import key_of, time_of
from tests.cases import binary_case


@pytest.mark.parametrize(
    ("kind", "cell", "key"),
    [
        ("integer", 17, 17),
        ("integer", 17.0, 17),
        ("integer", " 17 ", 17),
        ("integer", "17.0", 17),
        ("integer", "many", "many"),
        ("integer", "nan", "nan"),
        ("integer", "1e999", "1e999"),
        ("integer", None, None),
        ("integer", True, True),
        ("category", " A  b ", "a b"),
        ("category", 12.0, "12"),
        ("text", " Ab ", "Ab"),
        ("text", 12, "12"),
    ],
)
def test_a_key_is_the_same_however_it_is_written(kind: str, cell: Any, key: Any) -> None:
    problem = binary_case({"columns.call_id.type": kind})
    assert key_of({"call_id": cell}, problem) == {"call_id": key}


def test_a_key_that_does_not_come_is_missing() -> None:
    assert key_of({}, binary_case()) == {"call_id": None}


@pytest.mark.parametrize(
    ("form", "cell", "time"),
    [
        ("iso", "2020-02-29", "2020-02-29T00:00:00"),
        ("iso", " 2020-02-29 10:00:00Z", "2020-02-29T10:00:00+00:00"),
        ("iso", "29/02/2020", None),
        ("iso", "2020-02-30", None),
        ("iso", 20200229, None),
        ("iso", None, None),
        ("day_first", "9/2/2020", "2020-02-09T00:00:00"),
        ("day_first", "29.02.2020 23:59", "2020-02-29T23:59:00"),
        ("month_first", "2/29/2020", "2020-02-29T00:00:00"),
        ("month_first", "29/2/2020", None),
    ],
)
def test_a_time_is_read_as_the_contract_says(form: str, cell: Any, time: str | None) -> None:
    problem = binary_case({"columns.called_at.time_format": form})
    assert time_of({"called_at": cell}, problem) == time
