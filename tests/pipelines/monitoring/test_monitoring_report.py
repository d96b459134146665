from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from evergreen.pipelines.monitoring.report import describe_window, summarise_window, write_window_page
from evergreen.problem import AsOf, Kind
from evergreen.releases import Champion, NoChampion
from evergreen.tables.schemas import Monitoring
from tests.models.small import KINDS, small_case
from tests.pipelines.evaluation.line import champion
from tests.pipelines.monitoring.window import (
    NO_CHECKS,
    NO_INCIDENTS,
    NO_QUARANTINE,
    NO_WINDOWS,
    NOBODY,
    PARAMS,
    outcomes_of,
    scored,
    watch,
    watch_window,
    window_of,
    without_windows,
)

LIVE, AS_OF = without_windows(champion("binary")), AsOf(date(2020, 12, 31))
QUIET_SEED = 31


def _bad_rows(n_rows: int, reason: str = "colour is not an allowed value") -> pd.DataFrame:
    return pd.DataFrame({"reasons": pd.Series([reason] * n_rows, dtype="str")})


def _summary(live: Champion, rows: pd.DataFrame, quarantine: pd.DataFrame, watched: dict[str, Any]) -> pd.DataFrame:
    predictions = scored(LIVE, rows) if live is LIVE else scored(LIVE, rows).head(0)
    found = summarise_window(PARAMS, live, quarantine, predictions, watched, NO_INCIDENTS, NO_CHECKS)
    Monitoring.validate(found)
    return found


def _page(live: Champion, rows: pd.DataFrame, quarantine: pd.DataFrame, outcomes: pd.DataFrame = NOBODY) -> str:
    predictions = scored(LIVE, rows) if live is LIVE else scored(LIVE, rows).head(0)
    watched = watch(live, rows, predictions, outcomes)
    window = describe_window(small_case("binary"), AS_OF, rows, quarantine, watched)
    return write_window_page(
        small_case("binary"), live, _summary(live, rows, quarantine, watched), watched, window, NO_INCIDENTS, NO_WINDOWS
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_quiet_window_has_every_check_and_no_finding(kind: Kind) -> None:
    live, rows = champion(kind), window_of(kind, seed=QUIET_SEED)
    watched = watch_window(kind, rows, outcomes_of(kind, seed=QUIET_SEED))
    found = summarise_window(PARAMS, live, NO_QUARANTINE, scored(live, rows), watched, NO_INCIDENTS, NO_CHECKS)
    Monitoring.validate(found)
    assert list(found["check"].unique()) == ["volume", "quality", "drift", "outcomes", "performance", "money"]
    assert set(found["severity"]) == {"ok"}
    assert set(found["finding"]) == {""}
    promised = found[found["check"] == "performance"].set_index("subject")["reference"].to_dict()
    assert promised == {name: one["value"] for name, one in live.documents["metrics"].items()}


def test_a_drifted_column_is_a_finding_to_watch() -> None:
    rows = window_of("binary", strength=3.0)
    found = _summary(LIVE, rows, NO_QUARANTINE, watch_window("binary", rows, NOBODY)).set_index("subject")
    assert found.loc["strength", "severity"] == "watch"
    assert found.loc["strength", "finding"].startswith("'strength' is distributed otherwise than before the release")
    assert found.loc["noise", ["severity", "finding"]].tolist() == ["ok", ""]


def test_a_range_that_was_left_is_a_finding_to_watch() -> None:
    profile = LIVE.documents["reference_profile"] | {"ranges": {"strength": (-1.0, 1.0)}}
    live, rows = replace(LIVE, documents={**LIVE.documents, "reference_profile": profile}), window_of("binary")
    watched = watch(live, rows, scored(LIVE, rows), NOBODY)
    found = summarise_window(PARAMS, live, NO_QUARANTINE, scored(LIVE, rows), watched, NO_INCIDENTS, NO_CHECKS)
    (told,) = found[found["check"] == "range"].to_dict("records")
    assert told["severity"] == "watch"
    assert told["finding"].endswith("the model has learnt from -1 to 1 only.")


@pytest.mark.parametrize("n_bad", [0, *range(7, 14)])
def test_an_alarm_of_unusable_rows_is_a_binomial_test(n_bad: int) -> None:
    rows, normal = window_of("binary"), 10 / 500
    found = _summary(LIVE, rows, _bad_rows(n_bad), watch_window("binary", rows, NOBODY))
    (told,) = found[found["check"] == "quality"].to_dict("records")
    is_rare = bool(binom.sf(n_bad - 1, 200 + n_bad, normal) < 0.01)
    assert told["severity"] == ("alarm" if is_rare else "ok")
    assert (told["value"], told["reference"]) == (n_bad / (200 + n_bad), normal)
    assert told["finding"].endswith("against 2.0% before the release.") is is_rare


def test_a_window_of_which_no_row_can_be_used_is_an_alarm() -> None:
    rows = window_of("binary").head(0)
    found = _summary(LIVE, rows, _bad_rows(200), watch(LIVE, rows, scored(LIVE, rows), NOBODY))
    assert found.set_index("subject")["severity"].to_dict()["quarantined share"] == "alarm"
    page = _page(LIVE, rows, _bad_rows(200))
    assert "Nothing scored" in page
    assert "100.0% of the rows could not be used" in page


def test_a_model_that_pays_less_than_a_rule_is_an_alarm() -> None:
    rows = window_of("binary")
    never = pd.DataFrame({"row_id": rows["row_id"], "outcome": "no"})
    found = _summary(LIVE, rows, NO_QUARANTINE, watch_window("binary", rows, never)).set_index("subject")
    assert found.loc["lead over always_skip", "severity"] == "alarm"
    assert "less per decision than 'always_skip'" in found.loc["lead over always_skip", "finding"]
    assert found.loc["lead over always_call", "severity"] == "ok"
    assert np.isnan(found.loc["roc_auc", "value"])


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_champion_or_without_rows_there_is_no_check(kind: Kind) -> None:
    rows, live = window_of(kind), champion(kind)
    none, no_rows = scored(live, rows).head(0), rows.head(0)
    for one, these in ((NoChampion(), rows), (live, no_rows)):
        watched = watch(one, these, none, NOBODY)
        found = summarise_window(PARAMS, one, NO_QUARANTINE, none, watched, NO_INCIDENTS, NO_CHECKS)
        assert found.empty
        Monitoring.validate(found)


def test_the_window_is_described() -> None:
    rows = window_of("binary", 40)
    quarantine = pd.concat([_bad_rows(3), _bad_rows(1, "noise is no number; colour is not an allowed value")])
    found = describe_window(small_case("binary"), AS_OF, rows, quarantine, watch_window("binary", rows, NOBODY))
    assert found["as_of"] == "2020-12-31"
    assert found["n_rows"] == 40
    assert found["window"] == ("2020-09-07", "2020-09-16")
    told = found["quality"].set_index("column")
    assert told.loc["noise", "missing_share_current"] == rows["noise"].isna().mean()
    assert told.loc["quarantined: colour is not an allowed value", "n_rows"] == 4
    assert told.loc["quarantined: noise is no number", "n_rows"] == 1


@pytest.mark.parametrize(
    ("window", "split", "watch_days", "least"),
    [
        ("month", "time", 40, 41),
        ("month", "time", 41, None),
        ("day", "time", 10, 11),
        ("day", "time", 11, None),
        ("month", "random", 10, 11),
        ("month", "random", 11, None),
    ],
)
def test_rows_that_go_before_their_outcomes_are_due_are_told(
    window: str, split: str, watch_days: int, least: int | None
) -> None:
    """Outcomes of the small case take ten days."""
    rows, live = window_of("binary"), replace(LIVE, problem=small_case("binary", split=split))
    params = PARAMS.model_copy(update={"window": window, "watch_days": watch_days})
    said = scored(live, rows)
    watched = watch(live, rows, said, NOBODY)
    found = summarise_window(params, live, NO_QUARANTINE, said, watched, NO_INCIDENTS, NO_CHECKS)
    told = found[found["subject"] == "watch_days"]
    assert list(told["severity"]) == ([] if least is None else ["watch"])
    if least is not None:
        assert told["finding"].item().endswith(f"Set watch_days to {least} or more, the more the rarer runs are.")


def test_the_page_before_the_first_release_says_so() -> None:
    page = _page(NoChampion(), window_of("binary"), NO_QUARANTINE)
    assert "No champion" in page
    assert "nothing to watch yet" in page


def test_the_page_of_an_empty_window_says_so() -> None:
    page = _page(LIVE, window_of("binary").head(0), NO_QUARANTINE)
    assert "Nothing scored" in page
    assert LIVE.release_id in page


def test_the_page_of_a_quiet_window_says_so() -> None:
    page = _page(LIVE, window_of("binary", seed=QUIET_SEED), NO_QUARANTINE, outcomes_of("binary", seed=QUIET_SEED))
    assert "All quiet" in page
    assert "200 of 200 outcomes are known" in page
    assert "0 of 7 columns lie differently" in page


def test_the_page_tells_what_was_found() -> None:
    page = _page(LIVE, window_of("binary", strength=3.0), _bad_rows(50))
    assert "Something is wrong and needs a person" in page
    assert "20.0% of the rows could not be used, against 2.0% before the release." in page
    assert "strength" in page
    assert "quarantined: colour is not an allowed value" in page
    assert "No outcome of the 200 rows has come yet" in page


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_the_page_of_other_kinds(kind: Kind) -> None:
    rows, live = window_of(kind), champion(kind)
    watched = watch_window(kind, rows, outcomes_of(kind))
    window = describe_window(live.problem, AS_OF, rows, NO_QUARANTINE, watched)
    summary = summarise_window(PARAMS, live, NO_QUARANTINE, scored(live, rows), watched, NO_INCIDENTS, NO_CHECKS)
    page = write_window_page(live.problem, live, summary, watched, window, NO_INCIDENTS, NO_WINDOWS)
    assert "200 of 200 outcomes are known" in page
    assert "EUR per decision" in page
