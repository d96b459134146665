"""Sections that tell how the model does on parts of the rows."""

import pandas as pd

from evergreen.problem import Problem
from evergreen.reporting.cells import format_values, heading, shorten_cuts
from evergreen.reporting.sections import Point, Section, Table, Tone

_FIGURES = ["value", "low", "high", "difference"]
_TONES: dict[str, Tone] = {"worse than the rest": "bad", "better than the rest": "good"}
_SEARCHABLE_FROM = 30


def named_slices_section(slices: pd.DataFrame, problem: Problem) -> Section:
    """Tell how the model does on the slices of the case.

    Args:
        slices: the table of slices.
        problem: the case, for what each slice is.

    Returns:
        A section; without slices it says so.
    """
    named = slices[slices["source"] == "named"]
    if named.empty:
        return Section("Slices", lead="The case names no slices.")
    frame = named.drop(columns=["source", "is_judged"]).assign(metric=[heading(name) for name in named["metric"]])
    return Section(
        "Slices",
        lead=_named_lead(named),
        points=tuple(_point(name, named, problem) for name in dict.fromkeys(named["slice"])),
        tables=(
            Table(
                "Figures by slice",
                frame.reset_index(drop=True),
                formats=dict.fromkeys(_FIGURES, "each"),
                tones={"word": _TONES},
                is_searchable=len(frame) >= _SEARCHABLE_FROM,
            ),
        ),
        notes=(
            "Intervals hold for all slices of the case together (Bonferroni). The difference is that to all other "
            "rows; its p-value is adjusted for the number of slices (Holm).",
        ),
    )


def found_slices_section(slices: pd.DataFrame) -> Section:
    """Tell on which slices a search found the model to be worst.

    Args:
        slices: the table of slices.

    Returns:
        A section; where nothing was found it says so.
    """
    found = slices[slices["source"] == "found"]
    how = "Looked at: every word of a category and every quarter of a number, alone and by twos."
    if found.empty:
        least = "None can be found among fewer than 10 days, groups or rows, or where every part has few rows."
        return Section("Worst slices", lead=f"No slice has a higher loss than the rest beyond chance. {how} {least}")
    found = found.assign(
        slice=[shorten_cuts(name) for name in found["slice"]], metric=[heading(name) for name in found["metric"]]
    )
    first = found.iloc[0]
    own, rest = format_values([first["value"], first["value"] - first["difference"]])
    return Section(
        "Worst slices",
        lead=f"The model is worst where {first['slice']}: mean loss {own} on {first['n_rows']:,} rows, "
        f"{rest} on all others. {how}",
        tables=(
            Table(
                "Slices with a higher loss than the rest",
                found.drop(columns=["source", "is_judged"]).reset_index(drop=True),
                formats=dict.fromkeys(_FIGURES, "each"),
            ),
        ),
        notes=(
            "A p-value is corrected for all slices that were looked at: where the model does everywhere alike, any is "
            "named with a chance of what the confidence leaves of 1. A higher loss may also mean that outcomes are "
            "harder to foresee there. Cuts are rounded here; slices.parquet has them exactly.",
        ),
    )


def _named_lead(named: pd.DataFrame) -> str:
    worse = named.loc[named["word"] == "worse than the rest", "slice"].unique()
    if len(worse):
        return f"Worse than on the rest of the rows, beyond chance: {', '.join(worse)}."
    n_slices, n_told = named["slice"].nunique(), named.loc[named["p_value"].notna(), "slice"].nunique()
    if not n_told:
        return "No slice of the case can be judged: too few rows, days or groups."
    part = "" if n_told == n_slices else f" {n_slices - n_told} of {n_slices} cannot be judged."
    return f"On no slice of the case is the model worse than on the rest beyond chance.{part}"


def _point(name: str, named: pd.DataFrame, problem: Problem) -> Point:
    part = named[named["slice"] == name]
    conditions = " and ".join(when.phrase for when in problem.slices[name])
    n_rows = f"{int(part['n_rows'].iloc[0]):,} rows"
    if not part["is_judged"].iloc[0]:
        return Point(f"{name}: {conditions}; {n_rows}, too few to judge.", "watch", "not judged")
    return Point(f"{name}: {conditions}; {n_rows}.")
