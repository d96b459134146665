"""A section that tells how groups have been decided about, and what came of it, over a whole life."""

import numpy as np
import pandas as pd

from evergreen.measures.arrays import ratio
from evergreen.problem import Problem
from evergreen.reporting.figures import TimeLine, draw_course
from evergreen.reporting.life_course import FEW, widen
from evergreen.reporting.life_facts import LifeFacts
from evergreen.reporting.sections import Drawing, Section, Table

_WINDOW = ["release_id", "width", "window"]
_SUMS = ["n_rows", "decided", "expected", "n_outcomes", "expected_known", "happened", "money"]
_MOST_GROUPINGS, _MOST_GROUPS, _SEARCHABLE_FROM = 4, 6, 30


def groups_section(facts: LifeFacts, line: TimeLine) -> Section:
    """Tell decisions, what was expected and what came by group and intersection.

    Args:
        facts: all that the page tells.
        line: windows and releases.

    Returns:
        The section; where no group is told apart it says why.
    """
    problem = facts.problem
    if facts.groups.empty or facts.counted.empty:
        return Section("Groups", lead=_why_none(problem))
    own = facts.counted[_WINDOW].merge(facts.groups, on=_WINDOW)
    if own.empty:
        return Section("Groups", lead="No window that counts has been told apart by group yet.")
    groupings = list(dict.fromkeys(own["columns"]))[:_MOST_GROUPINGS]
    drawings = [_drawing(by, rate_course(own[own["columns"] == by], problem), line, problem) for by in groupings]
    return Section(
        "Groups",
        lead=f"Every window that counts, by sensitive columns of words. {_asked(problem)}",
        figures=tuple(one for one in drawings if one is not None),
        tables=(_table(sum_groups(own), facts),),
        notes=(
            f"Lines leave out what fewer than {FEW} rows tell, all but the {_MOST_GROUPS} largest groups, and all but "
            f"the first {_MOST_GROUPINGS} groupings; the table has all of them.",
            "What is expected is what the model says of itself; beyond it lies what came less what was expected of the "
            "same rows. Intervals and limits are judged in report.html, on the holdout.",
        ),
    )


def words_of(problem: Problem) -> tuple[str, str]:
    """Name what is told of groups.

    Args:
        problem: the case.

    Returns:
        What is decided, and what comes of it.
    """
    if problem.is_classification:
        return "Share of favourable decisions", f"Share of '{problem.favourable_class}'"
    return "Mean decided quantity", f"Mean {problem.target.column}"


def sum_groups(own: pd.DataFrame) -> pd.DataFrame:
    """Add up the windows of each group.

    Args:
        own: one row a window and group.

    Returns:
        ``columns, group`` and the sums, in the order in which groupings come.
    """
    order = {name: place for place, name in enumerate(dict.fromkeys(own["columns"]))}
    sums = own.groupby(["columns", "group"], sort=True)[_SUMS].sum(min_count=1).reset_index()
    return sums.sort_values("columns", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def rate_course(own: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Lay out the rates of the largest groups of one grouping over windows.

    Args:
        own: one row a window and group.
        problem: the case.

    Returns:
        As ``draw_course`` takes it: decisions, and what came beyond what was expected of the same rows; a line a group.
    """
    largest = own.groupby("group", sort=True)["n_rows"].sum().sort_values(ascending=False, kind="stable")
    kept = own[own["group"].isin(largest.index[:_MOST_GROUPS])].sort_values(["group", "window"], kind="stable")
    decided, came = words_of(problem)
    beyond = kept.assign(beyond=kept["happened"] - kept["expected_known"])
    parts = [
        _rate(decided, kept, "decided", "n_rows"),
        _rate(f"{came} beyond what was expected", beyond, "beyond", "n_outcomes"),
    ]
    return pd.concat([part for part in parts if part["value"].notna().any()] or [parts[0].head(0)], ignore_index=True)


def _rate(panel: str, rows: pd.DataFrame, total: str, n_of: str) -> pd.DataFrame:
    n = rows[n_of].to_numpy(dtype=float)
    value = np.where(n >= FEW, ratio(rows[total].to_numpy(dtype=float), n), np.nan)
    return pd.DataFrame({"panel": panel, "series": rows["group"], "window": rows["window"], "value": value})


def _drawing(by: str, course: pd.DataFrame, line: TimeLine, problem: Problem) -> Drawing | None:
    if course.empty:
        return None
    form = ".1%" if problem.is_classification else ",.4g"
    ends = course.dropna(subset="value").drop_duplicates(["panel", "series"], keep="last")
    told = "; ".join(
        f"{one['panel']}, {one['series']}: {one['value']:{form}} in {one['window']}" for one in ends.to_dict("records")
    )
    figure = draw_course(course, line, is_share=problem.is_classification)
    data = widen(course)
    formats = dict.fromkeys(data.columns[1:], ".1%") if problem.is_classification else {}
    return Drawing(f"By {by}", f"Lines over windows, one a group. They end at: {told}.", figure, data, formats)


def _table(sums: pd.DataFrame, facts: LifeFacts) -> Table:
    n_rows, n_known = (sums[name].to_numpy(dtype=float) for name in ("n_rows", "n_outcomes"))
    decided, came = words_of(facts.problem)
    frame = pd.DataFrame(
        {
            "group": sums["group"],
            "by": sums["columns"],
            "n_rows": sums["n_rows"],
            decided.lower(): ratio(sums["decided"].to_numpy(dtype=float), n_rows),
            "expected": ratio(sums["expected"].to_numpy(dtype=float), n_rows),
            "outcomes known": sums["n_outcomes"],
            "expected of these": ratio(sums["expected_known"].to_numpy(dtype=float), n_known),
            "came": ratio(sums["happened"].to_numpy(dtype=float), n_known),
        }
    )
    if facts.unit:
        frame[f"{facts.unit} per decision"] = ratio(sums["money"].fillna(0.0).to_numpy(dtype=float), n_known)
    shares = [decided.lower(), "expected", "expected of these", "came"]
    formats = dict.fromkeys(shares, ".1%") if facts.problem.is_classification else {}
    caption = f"Groups over the whole life; expected and came: {came[:1].lower()}{came[1:]}"
    is_long = len(frame) >= _SEARCHABLE_FROM
    return Table(caption, frame, formats=formats, undefined="not known", is_searchable=is_long)


def _asked(problem: Problem) -> str:
    if problem.fairness is None:
        return "The case asks nothing about groups, so they are told and not judged."
    return f"The case asks about {problem.fairness.name}."


def _why_none(problem: Problem) -> str:
    if not problem.group_columns:
        return "No column is marked sensitive, so no groups are told apart."
    if problem.is_classification and problem.favourable_class is None:
        return "Nobody has named a class to be better off with (bias_plan.favourable), so groups are not compared."
    return "No window has been told apart by group: sensitive columns of words are, from the next run on."
