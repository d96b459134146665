from dataclasses import replace

import pytest

from evergreen.reporting.contract import contract_section, split_section
from tests.reporting import demo


def test_the_contract_says_why_each_column_is_there() -> None:
    problem = demo.bank_problem()
    columns, payoff = (table.frame.set_index(table.frame.columns[0]) for table in contract_section(problem).tables)

    assert list(columns.index) == list(problem.columns)
    assert columns.loc["age_years", "type"] == "integer, years"
    assert columns.loc["euribor_3m_percent", "source"] == "indicators"
    assert columns.loc["call_duration_s", "known at"] == "outcome"
    assert list(columns.index[columns["learnt from"]]) == list(problem.feature_columns)
    assert payoff.loc["call", "outcome yes"] == 95


def test_a_column_that_moves_in_time_is_not_called_learnt_from() -> None:
    search = replace(demo.search(), left_out=("euribor_3m_percent",))
    frame = contract_section(demo.bank_problem(), search).tables[0].frame.set_index("column")
    assert frame.loc["euribor_3m_percent", "learnt from"] == "left out: it moves in time"
    assert frame.loc["age_years", "learnt from"] is True


@pytest.mark.parametrize(
    ("split", "delay_days", "sentence"),
    [
        ({"by": "time", "new_rows_days": 31}, 1, "A gap of 1 day lies before it"),
        ({"by": "time", "new_rows_days": 1}, 1, "The day before the date of the run is kept"),
        ({"by": "time", "new_rows_days": 31}, 30, "A gap of 30 days lies before it"),
        ({"by": "time", "new_rows_days": 31}, 30, "The 31 days before the date of the run"),
        ({"by": "time", "new_rows_days": 31}, 0, "folds keep the order of time. The 31 days"),
        ({"by": "group", "group": "job", "new_rows_share": 0.1}, 0, "all rows of one job stay together"),
        ({"by": "random", "new_rows_share": 0.1}, 0, "10% of the rows are kept from learning"),
    ],
)
def test_the_split_is_told_in_sentences(split: dict[str, object], delay_days: int, sentence: str) -> None:
    told = demo.bank_problem().model_dump()
    target = {**told["target"], "delay_days": delay_days}
    problem = demo.Problem.model_validate({**told, "split": split, "target": target})
    assert sentence in split_section(problem).lead
