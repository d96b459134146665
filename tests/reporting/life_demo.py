"""The life of a bank's model as its page would tell it: eight months, two releases, two incidents; all made up."""

from typing import Any

import numpy as np
import pandas as pd

from evergreen.releases import HistoryEntry
from evergreen.reporting import LifeFacts
from tests.reporting import demo

FIRST, SECOND = "1111aaaa2222bbbb", "3333cccc4444dddd"
MONTHS = [f"2010-{month:02d}" for month in range(1, 9)]
HISTORY = (
    HistoryEntry(FIRST, None, "2010-01-31", "2010-02-01T08:00:00+00:00", "anna", "verdict: release"),
    HistoryEntry(SECOND, FIRST, "2010-05-31", "2010-06-01T08:00:00+00:00", "ben", "Retraining: payoff is better."),
)
DRILLS: dict[str, Any] = {
    "as_of": "2010-05-31",
    "release_id": FIRST,
    "window": "month",
    "n_windows": 12,
    "n_rows": 900,
    "n_after": 4,
    "drills": {
        "unit": {
            "n_runs": 10,
            "is_blind": False,
            "monitors": {"any": {"seen": {"value": 1.0, "low": 0.7, "high": 1.0}, "delay_windows": 1.0}},
        }
    },
    "false_alarms": {"any": {"n_alarms": 0}},
}
RETRAINING: dict[str, Any] = {
    "as_of": "2010-07-31",
    "done": "kept",
    "reasons": ["The gain is too small."],
    "attempt": {
        "as_of": "2010-07-31",
        "causes": ["schedule"],
        "cpu_seconds": 12.0,
        "verdict": "release",
        "promotion": {"word": "No better by enough."},
    },
    "review": None,
}


def windows(**changes: Any) -> pd.DataFrame:
    """One row a window and release; June was answered by both, and counts for the second; August waits."""
    frame = pd.DataFrame(
        {
            "release_id": [FIRST] * 5 + [FIRST] + [SECOND] * 3,
            "width": "month",
            "window": [*MONTHS[:6], *MONTHS[5:]],
            "is_over": [True] * 8 + [False],
            "is_counted": [True] * 5 + [False] + [True] * 3,
            "n_rows": [100, 120, 90, 110, 100, 20, 130, 100, 40],
            "n_quarantined": [0, 2, 0, 0, 1, 0, 0, 0, 0],
            "n_outcomes": [100, 120, 90, 110, 100, 20, 130, 60, 0],
            "n_alarms": pd.array([0, 0, 0, 2, 2, 1, 0, 0, None], dtype="Int64"),
            "expected_accuracy": 0.9,
            "expected_payoff": 5.0,
            "payoff": [5.0, 4.0, 6.0, 1.0, -1.0, 0.0, 4.0, 5.0, np.nan],
            "expected_outcome": [0.2] * 8 + [np.nan],
            "outcome": [0.2, 0.19, 0.21, 0.1, 0.1, 0.1, 0.2, 0.2, np.nan],
            "loss": [0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1, np.nan],
            "expected_loss": [0.1] * 8 + [np.nan],
        }
    )
    return frame.assign(**changes)


def rules() -> pd.DataFrame:
    """Calling everyone would have earned 2 a decision, calling nobody nothing."""
    known = windows().query("n_outcomes > 0")
    parts = []
    for name, each in (("call_everyone", 2.0), ("call_nobody", 0.0)):
        lead = (known["payoff"] - each) * known["n_outcomes"]
        told = {"rule": name, "money": each * known["n_outcomes"], "lead": lead, "lead_squares": 4.0 * lead.abs() + 900}
        parts.append(known[["release_id", "width", "window", "n_outcomes"]].assign(**told))
    return pd.concat(parts, ignore_index=True)


def distances() -> pd.DataFrame:
    """Age moved in April and May and rang; the job was missing in April; the outcomes were off in May."""
    cells = []
    for release_id, window in windows().query("is_counted")[["release_id", "window"]].itertuples(index=False):
        is_late = window in ("2010-04", "2010-05")
        age, off = (8.5 if is_late else 0.4), (-7.0 if window == "2010-05" else 0.1)
        gone = 0.25 if window == "2010-04" else 0.02
        common = {"release_id": release_id, "window": window}
        level, missing = {"column": "age", "aspect": "values"}, {"column": "job", "aspect": "missing"}
        cells += [
            {**common, **level, "score": age, "what": "the level of 'age'", "is_alarm": is_late},
            {**common, "column": "job", "aspect": "values", "score": np.nan, "what": "the share of 'nurse' in 'job'"},
            {**common, **missing, "score": 40 * (gone - 0.02), "share": gone, "usual_share": 0.02, "what": "gone jobs"},
            {**common, "column": "age", "aspect": "missing", "score": 0.0, "share": 0.0, "usual_share": 0.0},
            {**common, "column": "outcomes", "aspect": "outcomes", "score": off, "what": "the payoff per decision"},
        ]
    names = ["release_id", "window", "column", "aspect", "score", "share", "usual_share", "what", "is_alarm"]
    frame = pd.DataFrame(cells).reindex(columns=names)
    return frame.assign(is_alarm=frame["is_alarm"].eq(True), what=frame["what"].fillna(""))


def groups() -> pd.DataFrame:
    """Men are called twice as often as women."""
    rows = []
    for one in windows().to_dict("records"):
        for group, share in (("female", 0.1), ("male", 0.2)):
            n_rows, n_known = one["n_rows"] // 2, one["n_outcomes"] // 2
            told = {"decided": share * n_rows, "expected": 0.2 * n_rows, "expected_known": 0.2 * n_known}
            name = {key: one[key] for key in ("release_id", "width", "window")} | {"columns": "sex", "group": group}
            came = {"happened": 0.25 * n_known, "money": 3.0 * n_known if n_known else np.nan}
            rows.append(name | {"n_rows": n_rows, "n_outcomes": n_known} | told | came)
    return pd.DataFrame(rows)


def incident(cause: str, since: str, last: str, *, is_open: bool, **alarm: Any) -> dict[str, Any]:
    """An incident as ``incidents.json`` has it."""
    latest = {
        "is_harmful": None,
        "kind": "level",
        "finding": f"The level of '{cause}' has risen, since {since}.",
        "advice": "Look at the source.",
        "also": [],
    }
    return {
        "release_id": FIRST,
        "is_open": is_open,
        "cause": cause,
        "since": since,
        "opened": since,
        "last_seen": last,
        "closed": None if is_open else last,
        "latest": latest | alarm,
    }


def runs() -> pd.DataFrame:
    """Three runs, of which one failed."""
    return pd.DataFrame(
        {
            "run_id": ["1", "2", "3"],
            "pipeline": ["__default__", "scoring+monitoring", "scoring+monitoring"],
            "as_of": ["2010-01-31", "2010-02-28", "2010-03-31"],
            "started_at": ["2010-02-01T08:00:00.000+00:00"] * 3,
            "status": ["done", "done", "failed"],
            "wall_seconds": [30.0, 2.0, 1.0],
            "cpu_seconds": [40.0, 3.0, 1.5],
            "peak_memory_mb": [500.0, 300.0, 200.0],
            "error": [None, None, "The file 'contacts.csv' is gone."],
        }
    )


def life_facts(**changes: Any) -> LifeFacts:
    """A whole life."""
    told: dict[str, Any] = {
        "problem": demo.bank_problem(),
        "as_of": "2010-08-15",
        "release_id": SECOND,
        "history": HISTORY,
        "windows": windows(),
        "distances": distances(),
        "rules": rules(),
        "groups": groups(),
        "incidents": (
            incident("age", "2010-04", "2010-05", is_open=False),
            incident("job", "2010-07", "2010-07", is_open=True),
        ),
        "runs": runs(),
    }
    return LifeFacts(**(told | changes))
