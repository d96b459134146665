"""Raw rows of every kind and fault, as text, for the laws of repair."""

from typing import Any

import narwhals.stable.v2 as nw
from hypothesis import strategies as st

from evergreen.problem import Problem
from evergreen.tables.outliers import Fence, OutlierLimits
from tests.cases import Library, column_case, frame_of

PIXELS = "00ff80" * 256
CASE = column_case(
    {
        "n_calls": {"type": "integer", "range": [0, 50], "sentinels": [999, "n/a"]},
        "balance": {"type": "number", "range": [-100, None], "when_invalid": "blank"},
        "income": {"type": "number", "thousands": ".", "decimal": ",", "when_outlier": "blank"},
        "job": {
            "type": "category",
            "values": ["nurse", "clerk"],
            "synonyms": {"office worker": "clerk"},
            "sentinels": ["unknown"],
        },
        "is_owner": {"type": "boolean", "when_invalid": "blank"},
        "since": {"type": "timestamp", "sentinels": ["9999-12-31"], "when_invalid": "blank"},
        "born_on": {"type": "timestamp", "time_format": "day_first"},
        "photo": {"type": "image"},
        "note": {"type": "text"},
    }
)
LIMITS = OutlierLimits(
    {
        "n_calls": Fence(low=1, high=7, when_outlier="clip"),
        "balance": Fence(low=-3.5, high=7.25, when_outlier="clip"),
        "income": Fence(low=-10, high=1234, when_outlier="blank"),
    }
)
NUMBERS = ["999", " 7", "7.5", "-3", "51", "1e3", "n/a", "N/A ", "seven", "inf", "1e999", "", "9007199254740994", None]
AMOUNTS = ["1.234,5", "-12", "0,5", "1234.5", "12.34", "9.999.999", " 1.234 ", "", None]
TIMES = ["2020-01-05", "2020-02-30", "2020-01-05T10:00:00.5", "2020-01-05 10:00", "2020-01-05T10:00Z"]
TIMES += ["2020-01-05T10:00+02:00", "9999-12-31", "soon", " ", None]
DAYS = ["5.1.2020", "29/02/2020", "29/02/2021", "05-01-2020 10:00", "2020-01-05", "5.1.2020 10:00+02:00", "", None]
WORDS = {
    "job": ["nurse", " NURSE", "Office  worker", "clerk", "Unknown", "pilot", "\u00a0", "", None],
    "is_owner": ["yes", "No ", "1", "f", "TRUE", "perhaps", "", None],
    "note": ["asked twice", "  no answer ", " ", "Call\nback", None],
    "bought": ["yes", "no", "No", "maybe", None],
    "photo": [PIXELS, PIXELS.upper(), f" {PIXELS}", "no image: damaged", "", None],
}
CELLS = {
    "client_id": NUMBERS,
    "called_at": TIMES,
    "n_calls": NUMBERS,
    "balance": NUMBERS,
    "income": AMOUNTS,
    "since": TIMES,
    "born_on": DAYS,
    **WORDS,
}
SOUND = {"client_id": "7", "called_at": "2020-01-05", "n_calls": "3", "job": "clerk", "bought": "no", "photo": PIXELS}


@st.composite
def raw_rows(draw: st.DrawFn) -> dict[str, Any]:
    """One row; half of them without a fault in most columns, so that enough rows are usable."""
    is_sound = draw(st.booleans())
    row: dict[str, Any] = {
        "call_id": draw(st.sampled_from(["1", "2", "3", "4", "x", "1.5", None][: 4 if is_sound else 7]))
    }
    for name in CASE.columns:
        if name != "call_id":
            sound = SOUND.get(name)
            is_kept = is_sound and sound is not None and draw(st.integers(0, 3)) > 0
            row[name] = sound if is_kept else draw(st.sampled_from(CELLS[name]))
    return row


def tables(min_size: int = 1, max_size: int = 15) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Many rows."""
    return st.lists(raw_rows(), min_size=min_size, max_size=max_size)


def text_frame(rows: list[dict[str, Any]], library: Library, problem: Problem = CASE) -> nw.LazyFrame[Any]:
    """Raw rows as text, with a column of text even where nothing stands in it."""
    table = frame_of({name: [row[name] for row in rows] for name in problem.columns}, library)
    return table.select(nw.col(name).cast(nw.String) for name in problem.columns)
