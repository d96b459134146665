import pandas as pd
from hypothesis import given, settings

from evergreen.pipelines.demo.indicators import MEANS, draw_indicators, publish_indicators
from evergreen.pipelines.demo.params import DemoParams
from tests.pipelines.demo.world import params, small_world


def test_indicators_are_published_as_an_api_answers() -> None:
    table = pd.DataFrame(
        {
            "month": pd.to_datetime(["2006-12-01"]),
            "published_on": pd.to_datetime(["2007-01-10"]),
            "euribor_3m_pct": [3.7],
            "consumer_confidence": [-12.3],
        }
    )
    record = {
        "month": "2006-12",
        "published_on": "2007-01-10",
        "euribor_3m_pct": 3.7,
        "consumer_confidence": -12.3,
    }
    assert publish_indicators(table)["records"] == [record]


@given(params())
@settings(max_examples=20, deadline=None)
def test_a_month_is_published_some_days_after_its_end(some: DemoParams) -> None:
    table = draw_indicators(some)
    wait = (table["published_on"] - (table["month"] + pd.offsets.MonthBegin(1))).dt.days
    assert wait.between(7, 11).all()
    assert table["month"].is_monotonic_increasing


def test_indicators_jump_in_the_month_of_the_shock() -> None:
    table = small_world().true_indicators
    is_changed = table["month"] >= "2007-04-01"
    for name, mean in MEANS.items():
        assert (table.loc[~is_changed, name] - mean["before"]).abs().max() < 10
        assert (table.loc[is_changed, name] - mean["after"]).abs().max() < 10
        assert table.loc[is_changed, name].max() < table.loc[~is_changed, name].min()


def test_without_a_shock_indicators_stay_where_they_are() -> None:
    table = small_world(shock_on=None).true_indicators
    assert table["euribor_3m_pct"].std() < 0.2
    assert abs(table["euribor_3m_pct"].mean() - MEANS["euribor_3m_pct"]["before"]) < 0.2
