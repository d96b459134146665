"""Sections that tell how money, quality and rows went, window by window."""

from collections.abc import Mapping, Sequence

import pandas as pd

from evergreen.problem import Problem, in_digits
from evergreen.reporting.figures import TimeLine, draw_course, draw_incidents, draw_rows
from evergreen.reporting.incident_section import BLIND
from evergreen.reporting.life_facts import Document, LifeFacts
from evergreen.reporting.life_money import BestRule
from evergreen.reporting.palette import Role
from evergreen.reporting.sections import Drawing, Section, Table

CAME, EXPECTED = "Came", "Expected (blind to concept drift)"
_RULE = "Best rule without a model"
_STYLES: Mapping[str, tuple[Role, str]] = {
    CAME: ("model", "solid"),
    EXPECTED: ("other", "dash"),
    _RULE: ("third", "dot"),
}
_MARKS = (
    "A dashed line upright is where another release begins to answer (R1, R2, ...; see Releases). Shaded are times in "
    "which an incident was open."
)
_SEARCHABLE_FROM, _MOST_ROWS = 30, 200
# What fewer rows tell is told by chance.
FEW = 30


def lay_time(facts: LifeFacts) -> TimeLine:
    """Lay out what all figures of the life share.

    Args:
        facts: all that the page tells.

    Returns:
        All windows; where another release begins; when incidents were open.
    """
    counted, numbers = facts.counted, facts.numbers
    windows = tuple(map(str, counted["window"]))
    begins = counted["release_id"].ne(counted["release_id"].shift())
    marks = {str(one["window"]): numbers[str(one["release_id"])] for one in counted[begins].to_dict("records")}
    plain = TimeLine(windows, marks)
    found = [plain.place(*stretch_of(one, windows[-1])) for one in facts.incidents]
    places = _join([one for one in found if one is not None])
    return TimeLine(windows, marks, tuple((windows[first], windows[last]) for first, last in places))


def stretch_of(incident: Document, newest: str) -> tuple[str, str]:
    """Say from when to when an incident went.

    Args:
        incident: the incident.
        newest: the newest window.

    Returns:
        First and last window.
    """
    return str(incident["since"]), newest if incident["is_open"] else str(incident["last_seen"])


def _join(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join stretches that overlap or touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(places):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


def course_section(facts: LifeFacts, line: TimeLine, best: BestRule | None) -> Section:
    """Tell money and quality over time, what was expected beside what came.

    Args:
        facts: all that the page tells.
        line: windows, releases and incidents.
        best: the best rule without a model.

    Returns:
        The section.
    """
    counted = facts.counted
    is_known = bool(counted["n_outcomes"].sum())
    drawings = (
        _drawing("Money", money_course(counted, best, facts.unit), line),
        _drawing("Quality", quality_course(counted, facts.problem), line),
        _drawing_of_rows(counted, line),
    )
    lead = "What came of the decisions of each window, beside what the model had expected of them."
    if not is_known:
        lead = "No outcome has come yet, so only what the model expects of itself can be told."
    named = () if best is None else (f"The best rule without a model so far, with hindsight, is '{best.name}'.",)
    return Section(
        "Money and quality",
        lead=lead,
        figures=tuple(one for one in drawings if one is not None),
        notes=(BLIND, _MARKS, f"Per row, what fewer than {FEW} outcomes tell is left out.", *named),
    )


def money_course(counted: pd.DataFrame, best: BestRule | None, unit: str) -> pd.DataFrame:
    """Lay out the course of money.

    Args:
        counted: each window once.
        best: the best rule without a model.
        unit: of money; empty where nothing is priced.

    Returns:
        As ``draw_course`` takes it: money per decision, and money so far.
    """
    if not unit:
        return _points([])
    each, so_far = f"Per decision ({unit})", f"So far ({unit})"
    paid = counted[counted["payoff"].notna()]
    parts = [
        _part(each, CAME, counted["window"], _of_enough(counted, "payoff")),
        _part(each, EXPECTED, counted["window"], counted["expected_payoff"]),
        _part(so_far, CAME, paid["window"], (paid["payoff"] * paid["n_outcomes"]).cumsum()),
    ]
    if best is not None:
        course = best.course.assign(each=best.course["money"] / best.course["n_outcomes"])
        parts.insert(2, _part(each, _RULE, course["window"], _of_enough(course, "each")))
        parts.append(_part(so_far, _RULE, course["window"], course["money"].cumsum()))
    return _points(parts)


def quality_course(counted: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Lay out the course of quality.

    Args:
        counted: each window once.
        problem: the case.

    Returns:
        As ``draw_course`` takes it: the squared error, and what happened beside what was expected.
    """
    loss = "Squared error (lower is better)"
    happened = _word_of_outcomes(problem)
    parts = [
        _part(loss, CAME, counted["window"], _of_enough(counted, "loss")),
        _part(loss, EXPECTED, counted["window"], _of_enough(counted, "expected_loss")),
        _part(happened, CAME, counted["window"], _of_enough(counted, "outcome")),
        _part(happened, EXPECTED, counted["window"], _of_enough(counted, "expected_outcome")),
    ]
    return _points(parts)


def _word_of_outcomes(problem: Problem) -> str:
    if problem.kind == "binary":
        return f"Share of '{problem.positive_class}'"
    return "Accuracy of the most probable class" if problem.is_classification else f"Mean of {problem.target.column}"


def lanes_of(facts: LifeFacts, line: TimeLine, *, most: int) -> Drawing | None:
    """Draw when each cause was an incident.

    Args:
        facts: all that the page tells.
        line: windows and releases.
        most: how many incidents are shown, the newest.

    Returns:
        The drawing; None without incidents.
    """
    shown = list(facts.incidents)[-most:]
    if not shown:
        return None
    rows = []
    for one in shown:
        first, last = stretch_of(one, line.windows[-1])
        told = f"{one['cause']}: since {first}, {'open' if one['is_open'] else f'last seen in {last}'}"
        rows.append({"cause": one["cause"], "first": first, "last": last, "is_open": one["is_open"], "told": told})
    alt = f"Lanes of {len(rows)} incidents by cause; {sum(bool(one['is_open']) for one in rows)} go on."
    return Drawing("When each cause was an incident", alt, draw_incidents(pd.DataFrame(rows), line))


def windows_table(facts: LifeFacts) -> Section:
    """Tell the windows of all releases one by one.

    Args:
        facts: all that the page tells.

    Returns:
        The section.
    """
    numbers, windows = facts.numbers, facts.windows.iloc[::-1].head(_MOST_ROWS)
    frame = windows.drop(columns=["release_id", "width", "is_counted"]).assign(
        is_over=["yes" if over else "not yet" for over in windows["is_over"]]
    )
    frame.insert(1, "release", [numbers[name] for name in windows["release_id"]])
    if not facts.windows["is_counted"].all():
        frame.insert(2, "counts", windows["is_counted"])
    shown = frame.dropna(axis="columns", how="all").reset_index(drop=True)
    left = len(facts.windows) - len(windows)
    caption = "Windows of all releases, the newest first" + (f"; {left} older ones are kept and not shown" * (left > 0))
    return Section(
        "Window by window",
        lead="Every window is counted once and kept. Money is per decision, all other figures are per row.",
        tables=(Table(caption, shown, undefined="not known", is_searchable=len(shown) >= _SEARCHABLE_FROM),),
        notes=(
            BLIND,
            "Where two releases have answered rows of one window, the one with more of them counts in all sums and "
            "figures; of as many, the earlier one.",
        ),
    )


def _of_enough(counted: pd.DataFrame, figure: str) -> "pd.Series[float]":
    """Leave out what few outcomes tell."""
    return counted[figure].where(counted["n_outcomes"] >= FEW)


def _part(panel: str, series: str, window: "pd.Series[str]", value: "pd.Series[float]") -> pd.DataFrame:
    found = pd.DataFrame({"panel": panel, "series": series, "window": window.to_numpy(), "value": value.to_numpy()})
    return found if found["value"].notna().any() else found.head(0)


def _points(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=["panel", "series", "window", "value"])


def _drawing(title: str, course: pd.DataFrame, line: TimeLine) -> Drawing | None:
    if course.empty:
        return None
    figure = draw_course(course, line, styles=_STYLES)
    return Drawing(f"{title}, window by window", _in_words(course), figure, widen(course))


def widen(course: pd.DataFrame) -> pd.DataFrame:
    """Lay the points of a course side by side, for a reader.

    Args:
        course: as ``draw_course`` takes it.

    Returns:
        One row a window, one column a line.
    """
    lines = [
        part.set_index("window")["value"].rename(f"{panel}: {str(series).lower()}")
        for (panel, series), part in course.groupby(["panel", "series"], sort=False)
    ]
    return pd.concat(lines, axis="columns").sort_index().rename_axis("window").reset_index()


def _in_words(course: pd.DataFrame) -> str:
    told = []
    for (panel, series), part in course.dropna(subset="value").groupby(["panel", "series"], sort=False):
        ends = part.iloc[[0, -1]]
        values = [
            f"{in_digits(value)} in {window}" for value, window in zip(ends["value"], ends["window"], strict=True)
        ]
        told.append(f"{panel}, {str(series).lower()}: {', '.join(values)}")
    return f"Lines over windows. {'; '.join(told)}."


def _drawing_of_rows(counted: pd.DataFrame, line: TimeLine) -> Drawing:
    frame = pd.DataFrame(
        {
            "window": counted["window"],
            "n_known": counted["n_outcomes"],
            "n_waiting": counted["n_rows"] - counted["n_outcomes"],
            "n_quarantined": counted["n_quarantined"],
        }
    )
    alt = f"Bars of the rows of {len(frame)} windows, {in_digits(float(counted['n_rows'].median()))} in the middle one."
    return Drawing("Rows, window by window", alt, draw_rows(frame, line))
