"""Sections that tell what became live and why, what drills and retraining found, and what the runs took."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from evergreen.problem import in_digits
from evergreen.reporting.drills_page import drills_section
from evergreen.reporting.figures import draw_drills
from evergreen.reporting.life_facts import LifeFacts
from evergreen.reporting.sections import Fact, Point, Section, Table, Tone

RUNS = "Runs"
_KINDS = {"promote": "promoted", "rollback": "went back to", "retire": "retired"}
_DONE: dict[str, tuple[Tone, str]] = {
    "promoted": ("good", "A new model was promoted."),
    "rolled back": ("watch", "The model before was made live again."),
    "kept": ("plain", "A new model was tried, and the live one stayed."),
    "nothing": ("plain", "Nothing was due."),
}
_MOST_ERRORS, _MOST_REASONS = 10, 4


def releases_section(facts: LifeFacts) -> Section:
    """Tell the succession of releases.

    Args:
        facts: all that the page tells.

    Returns:
        The section.
    """
    if not facts.history:
        return Section("Releases", lead="Nothing has been released yet.")
    numbers = facts.numbers
    rows = [
        {
            "release": numbers.get(one.release_id, "-"),
            "what happened": _KINDS[one.kind],
            "as of": one.as_of or "by hand",
            "at (UTC)": one.at.partition("+")[0].replace("T", " "),
            "by": one.by,
            "why": one.why,
            "in the place of": "-" if one.previous_id is None else numbers.get(one.previous_id, one.previous_id),
            "name": one.release_id,
        }
        for one in reversed(facts.history)
    ]
    n_live = len({one.release_id for one in facts.history if one.makes_champion})
    n_back = sum(one.kind == "rollback" for one in facts.history)
    lead = f"{n_live} {'release has' if n_live == 1 else 'releases have'} been live" + (
        f"; {n_back} changes went back." if n_back else "."
    )
    table = Table("What became live, the newest first", pd.DataFrame(rows))
    return Section("Releases", lead=lead, tables=(table, *_by_release(facts)))


def _by_release(facts: LifeFacts) -> tuple[Table, ...]:
    counted = facts.counted
    if counted.empty:
        return ()
    money = counted["payoff"] * counted["n_outcomes"]
    told = counted.assign(money=money, loss=counted["loss"] * counted["n_outcomes"])
    sums = told.groupby("release_id", sort=False).agg(
        first=("window", "min"),
        last=("window", "max"),
        n_windows=("window", "size"),
        n_rows=("n_rows", "sum"),
        n_outcomes=("n_outcomes", "sum"),
        loss=("loss", lambda part: part.sum(min_count=1)),
        money=("money", lambda part: part.sum(min_count=1)),
    )
    n_known = sums["n_outcomes"].where(sums["n_outcomes"] > 0)
    frame = pd.DataFrame(
        {
            "release": [facts.numbers[str(name)] for name in sums.index],
            "first window": sums["first"].to_numpy(),
            "last window": sums["last"].to_numpy(),
            "n_windows": sums["n_windows"].to_numpy(),
            "n_rows": sums["n_rows"].to_numpy(),
            "outcomes known": sums["n_outcomes"].to_numpy(),
            "squared error": (sums["loss"] / n_known).to_numpy(),
        }
    )
    if facts.unit:
        frame[f"{facts.unit} per decision"] = (sums["money"] / n_known).to_numpy()
        frame[f"{facts.unit} in all"] = sums["money"].to_numpy()
    return (Table("What each release has done, in the windows that count for it", frame, undefined="not known"),)


def life_drills_section(facts: LifeFacts) -> Section:
    """Tell what the last drills have shown.

    Args:
        facts: all that the page tells.

    Returns:
        The section; where none was held it says how to hold one.
    """
    told = facts.drills
    if told is None:
        how = "kedro run --pipelines drills puts faults into real windows and tells which of them the watch would see."
        return Section("Drills", lead=f"No drill has been held yet: {how}")
    found = drills_section(dict(told), draw_drills(dict(told)))
    notes = ["Every column by itself is on the page drills.html beside this one."]
    held_on = told["release_id"]
    if held_on is None:
        notes.insert(0, "These drills were held on the challenger of that day, not on a live release.")
    elif held_on != facts.release_id:
        name = facts.numbers.get(held_on, held_on)
        notes.insert(0, f"These drills were held on {name}, which is not live: hold them again.")
    lead = f"Held as of {told['as_of']}. {found.lead}"
    return replace(found, title="Drills", lead=lead, notes=(*notes, *found.notes))


def retraining_section(facts: LifeFacts) -> Section:
    """Tell what the last run of retraining did; what it promoted before stands among the releases.

    Args:
        facts: all that the page tells.

    Returns:
        The section; where there was none it says how to run it.
    """
    told = facts.retraining
    if told is None:
        how = "kedro run --pipelines retraining decides with reasons whether to train again."
        return Section("Retraining", lead=f"Retraining has not been run yet: {how}")
    tone, word = _DONE[told["done"]]
    reasons = [str(reason) for reason in told["reasons"]]
    more = [f"And {len(reasons) - _MOST_REASONS} more, in retraining.json."] if len(reasons) > _MOST_REASONS else []
    points = [Point(word, tone), *map(Point, (*reasons[:_MOST_REASONS], *more))]
    attempt, review = told.get("attempt"), told.get("review")
    tables = [
        Table(caption, pd.DataFrame({"what": list(rows), "told": list(rows.values())}))
        for caption, rows in (("The last challenger", _attempt(attempt)), ("The last look back", _review(review)))
        if rows
    ]
    n_made = sum(one.kind == "promote" and one.why.startswith("Retraining") for one in facts.history)
    return Section(
        "Retraining",
        lead=f"The last run was as of {told['as_of']}. Retraining has promoted {n_made} of all releases.",
        points=tuple(points),
        tables=tuple(tables),
    )


def _attempt(attempt: Mapping[str, Any] | None) -> dict[str, str]:
    if attempt is None:
        return {}
    rows = {"as of": str(attempt["as_of"]), "due because of": ", ".join(attempt["causes"])}
    if attempt.get("verdict") is not None:
        rows["verdict"] = str(attempt["verdict"])
    if attempt.get("promotion") is not None:
        rows["beside the champion"] = str(attempt["promotion"]["word"])
    if attempt.get("cpu_seconds") is not None:
        rows["processor seconds"] = in_digits(float(attempt["cpu_seconds"]))
    return rows


def _review(review: Mapping[str, Any] | None) -> dict[str, str]:
    return {} if review is None else {"as of": str(review["as_of"]), "found": str(review["word"])}


def runs_section(facts: LifeFacts) -> Section:
    """Tell what the runs before this one took, by pipeline.

    Args:
        facts: all that the page tells.

    Returns:
        The section.
    """
    runs = facts.runs
    if runs.empty:
        return Section(RUNS, lead="The ledger knows no run of this case before the one that wrote this page.")
    is_bad = runs["status"] != "done"
    by_pipeline = tally_runs(runs)
    return Section(
        RUNS,
        lead=f"The ledger knows {len(runs):,} runs of this case before the one that wrote this page; {is_bad.sum():,} "
        "did not come to their end.",
        facts=(
            Fact("Runs", f"{len(runs):,}"),
            Fact("Processor seconds", in_digits(float(runs["cpu_seconds"].sum()))),
            Fact("Wall seconds", in_digits(float(runs["wall_seconds"].sum()))),
        ),
        tables=(Table("What the runs of each pipeline took", by_pipeline), *_errors(runs[is_bad])),
        notes=(
            "This part alone changes when the same run is made again. The command kedro ledger steps tells every step, "
            "costs.html the way to the verdict.",
        ),
    )


def tally_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Add up what the runs of each pipeline took.

    Args:
        runs: one row a run.

    Returns:
        ``pipeline``, ``n_runs``, ``n_failed`` (also interrupted ones), ``cpu_seconds``, ``wall_seconds``,
        ``peak_memory_mb`` and ``last_as_of``; the dearest first.
    """
    told = runs.assign(is_bad=runs["status"] != "done", pipeline=runs["pipeline"].replace("__default__", "whole line"))
    sums = told.groupby("pipeline", sort=True).agg(
        n_runs=("run_id", "size"),
        n_failed=("is_bad", "sum"),
        cpu_seconds=("cpu_seconds", "sum"),
        wall_seconds=("wall_seconds", "sum"),
        peak_memory_mb=("peak_memory_mb", "max"),
        last_as_of=("as_of", "last"),
    )
    return sums.reset_index().sort_values("cpu_seconds", ascending=False, kind="stable", ignore_index=True)


def _errors(failed: pd.DataFrame) -> tuple[Table, ...]:
    newest = failed.iloc[::-1].head(_MOST_ERRORS)
    if newest.empty:
        return ()
    frame = pd.DataFrame(
        {
            "began (UTC)": newest["started_at"].str[:19].str.replace("T", " "),
            "pipeline": newest["pipeline"].replace("__default__", "whole line"),
            "as of": newest["as_of"].fillna("-"),
            "ended as": newest["status"],
            "error": newest["error"].fillna("-"),
        }
    ).reset_index(drop=True)
    return (Table("The last runs that did not come to their end", frame, tones={"ended as": {"failed": "bad"}}),)
