"""A section that maps how far each column of each window lies from the reference."""

import pandas as pd

from evergreen.problem import in_digits
from evergreen.reporting.cells import counted
from evergreen.reporting.figures import draw_distances
from evergreen.reporting.life_facts import LifeFacts
from evergreen.reporting.sections import Drawing, Section, Table

_MOST_ROWS, _MOST_CELLS, _MOST_NAMES = 40, 15, 8
_TELLING = 2.0
_TITLE = "Drift and data quality"
_SHAPE = ("values", "outcomes")
_OTHERWISE = (
    "A line without a colour is watched otherwise, such as what a whole period shares (against the range that the "
    "model knows) and the number of rows (against that of former windows)."
)
_HOW = (
    "A column has many figures (its level, its spread, the share of each bin). The colour is that of the one that lies "
    "farthest off, corrected for their number: in a quiet life a cell is beyond 2 in at most one window of twenty. A "
    "triangle marks a column that rang in this window, which may rest on the windows before it, too."
)


def distance_section(facts: LifeFacts) -> Section:
    """Map drift and data quality.

    Args:
        facts: all that the page tells.

    Returns:
        The section.
    """
    cells = facts.distances
    if cells.empty:
        return Section(_TITLE, lead="No window has been held against a reference yet.")
    windows = list(dict.fromkeys(cells.sort_values("window", kind="stable")["window"]))
    shape, quality = cells[cells["aspect"].isin(_SHAPE)], cells[~cells["aspect"].isin(_SHAPE)]
    moved, spoilt = _rows(shape), _rows(_telling(quality))
    figures = [_drawing("How far the values of each column lie from the reference", moved, windows)]
    if len(spoilt):
        figures.append(_drawing("Missing cells, cells beyond the known range, rows in quarantine", spoilt, windows))
    is_otherwise = shape.assign(is_told=shape["score"].notna()).groupby("column")["is_told"].any().eq(False).any()
    notes = [
        _HOW,
        *([_OTHERWISE] if is_otherwise else []),
        *_left_out(shape, moved, "columns"),
        *_left_out(_telling(quality), spoilt, "lines"),
    ]
    unknown = _unknown(facts)
    return Section(
        _TITLE,
        lead=_lead(cells, len(windows)) + ("" if len(spoilt) else " No cell was missing or beyond the known range."),
        figures=tuple(figures),
        tables=_table(facts),
        notes=(*notes, *([unknown] if unknown else [])),
    )


def _lead(cells: pd.DataFrame, n_windows: int) -> str:
    rang = list(dict.fromkeys(cells.loc[cells["is_alarm"], "column"]))
    more = f" and {len(rang) - _MOST_NAMES} more" if len(rang) > _MOST_NAMES else ""
    told = f"{', '.join(map(str, rang[:_MOST_NAMES]))}{more} rang" if rang else "Nothing rang"
    return f"One line a column, one column a window, the newest {n_windows}. {told} in them."


def _telling(quality: pd.DataFrame) -> pd.DataFrame:
    """Keep lines in which something was ever missing, beyond the range or in quarantine, or far from the reference."""
    says = (quality["share"] > 0) | (quality["score"].abs() >= _TELLING) | quality["is_alarm"]
    return quality[says.groupby([quality["column"], quality["aspect"]]).transform("any")]


def _rows(cells: pd.DataFrame) -> pd.DataFrame:
    """Name the lines of a map and put those that rang, or have moved farthest, first."""
    named = cells.assign(
        row=[
            name if aspect in _SHAPE or name == aspect else f"{name}: {aspect}"
            for name, aspect in zip(cells["column"], cells["aspect"], strict=True)
        ],
        told=[_told(*one) for one in cells[["score", "what", "share", "usual_share"]].itertuples(index=False)],
        size=cells["score"].abs(),
    )
    order = named.groupby("row", sort=False).agg(rang=("is_alarm", "any"), size=("size", "max"))
    first = order.sort_values(["rang", "size"], ascending=False, kind="stable", na_position="last").index
    shown = named[named["row"].isin(first[:_MOST_ROWS])]
    places = {name: place for place, name in enumerate(first)}
    return shown.sort_values("row", key=lambda rows: rows.map(places), kind="stable", ignore_index=True)


def _told(score: float, what: str, share: float, usual: float) -> str:
    if not what or (abs(score) < _TELLING and pd.isna(share)):
        return ""
    shares = "" if pd.isna(share) else f", {share:.1%}" + ("" if pd.isna(usual) else f" (usually {usual:.1%})")
    return f": {what}{shares}" if abs(score) >= _TELLING else shares


def _left_out(cells: pd.DataFrame, shown: pd.DataFrame, noun: str) -> list[str]:
    n_left = cells[["column", "aspect"]].drop_duplicates().shape[0] - shown["row"].nunique()
    return [f"{n_left} {noun} that have moved less are not shown."] if n_left > 0 else []


def _drawing(title: str, rows: pd.DataFrame, windows: list[str]) -> Drawing:
    known = rows.dropna(subset="score")
    alt = "A map of lines and windows without a figure."
    if len(known):
        worst = known.iloc[int(known["score"].abs().to_numpy().argmax())]
        lines, columns = counted(rows["row"].nunique(), "line"), counted(len(windows), "window")
        alt = (
            f"A map of {lines} and {columns}; farthest off is {worst['row']} in "
            f"{worst['window']}, by {in_digits(abs(float(worst['score'])), 2)} standard errors."
        )
    return Drawing(title, alt, draw_distances(rows, windows))


def _table(facts: LifeFacts) -> tuple[Table, ...]:
    cells, numbers = facts.distances, facts.numbers
    far = cells[cells["score"].abs() >= _TELLING]
    far = far.loc[far["score"].abs().sort_values(ascending=False, kind="stable").index]
    far = far.drop_duplicates(["column", "aspect"]).head(_MOST_CELLS)
    if far.empty:
        return ()
    frame = pd.DataFrame(
        {
            "column": far["column"],
            "window": far["window"],
            "what has moved": far["what"],
            "standard errors": far["score"],
            "share now": far["share"],
            "share in the reference": far["usual_share"],
            "rang": far["is_alarm"],
            "release": [numbers[name] for name in far["release_id"]],
        }
    ).reset_index(drop=True)
    formats = {"standard errors": "+.1f", "share now": ".1%", "share in the reference": ".1%"}
    caption = "The window in which each column lay farthest from the reference"
    return (Table(caption, frame, formats=formats, undefined="-"),)


def _unknown(facts: LifeFacts) -> str:
    cells = facts.distances.groupby("release_id", sort=False)["score"].apply(lambda scores: scores.isna().all())
    names = [facts.numbers[str(name)] for name, is_unknown in cells.items() if is_unknown]
    if not names:
        return ""
    return (
        f"Of windows of {', '.join(names)} no distance is told: the release is not at hand any more, keeps no "
        "reference, or has too few rows in each window."
    )
