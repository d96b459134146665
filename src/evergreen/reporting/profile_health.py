"""The first section of the profile page: whether the table is sound, in a few sentences."""

import pandas as pd

from evergreen.errors import named
from evergreen.reporting.cells import counted
from evergreen.reporting.profile_facts import ProfileFacts
from evergreen.reporting.sections import Banner, Fact, Point, Section, Tone

_WORDS: dict[Tone, str] = {"good": "Good", "watch": "Watch", "bad": "Act"}
_BANNERS: dict[Tone, Banner] = {
    "good": Banner("good", "Sound", "Nothing in this table asks for action."),
    "watch": Banner("watch", "Watch", "Something should be looked at before the table is relied on."),
    "bad": Banner("bad", "Act", "Something must be settled before the table is relied on."),
}
_PLAN_WORDS: dict[str, tuple[Tone, str]] = {
    "exceeded": ("bad", "The data exceed the bias plan in"),
    "unplanned": ("watch", "The bias plan passes over"),
    "too_few": ("watch", "There are too few rows to judge"),
}


def health_section(facts: ProfileFacts) -> Section:
    """Tell the health of a table at a glance.

    Args:
        facts: all that the page tells.

    Returns:
        A section with a banner, the worst of its sentences.
    """
    points = [_rows_point(facts), _suspects_point(facts), _plan_point(facts.bias_plan_check), *_source_points(facts)]
    tones: set[Tone] = {point.tone for point in points}
    worst: Tone = "bad" if "bad" in tones else "watch" if "watch" in tones else "good"
    cells = facts.table_profile.pivot_table(index="what", values="value", aggfunc="sum")["value"]
    n_learnt = len(facts.problem.feature_columns)
    missing_share = cells.get("n_missing", 0) / max(cells.get("n_rows", 0), 1)
    return Section(
        "Health",
        banner=_BANNERS[worst],
        points=tuple(points),
        facts=(
            Fact("Rows that came in", f"{facts.n_rows('in'):,}"),
            Fact(
                "Usable",
                f"{facts.n_rows('repaired'):,}",
                f"{counted(facts.n_rows('duplicates'), 'duplicate')} left out",
            ),
            Fact("In quarantine", f"{facts.n_rows('quarantined'):,}", f"{counted(len(facts.reasons), 'reason')}"),
            Fact(
                "Columns",
                f"{len(facts.problem.columns):,}",
                f"{n_learnt:,} {'is' if n_learnt == 1 else 'are'} learnt from",
            ),
            Fact("Missing cells", f"{missing_share:.1%}"),
            Fact("Repaired cells", f"{int(facts.repairs['n_cells'].sum()):,}"),
        ),
    )


def _rows_point(facts: ProfileFacts) -> Point:
    n_in, n_bad, n_later = facts.n_rows("in", "repaired"), facts.n_rows("quarantined"), facts.n_rows("after as_of")
    share, most = n_bad / max(n_in, 1), facts.problem.limits.max_quarantined_share
    tone: Tone = "bad" if share > most else "good"
    text = (
        f"{facts.n_rows('repaired'):,} of {n_in:,} rows are usable; {n_bad:,} ({share:.1%}) are in quarantine, where "
    )
    text += f"the case accepts {most:.1%}; {facts.n_rows('duplicates'):,} came twice."
    return Point(f"{text} {n_later:,} more lie after the date of the run." if n_later else text, tone, _WORDS[tone])


def _suspects_point(facts: ProfileFacts) -> Point:
    left = facts.open_suspects
    if left:
        n_left = "1 suspect of leakage waits" if len(left) == 1 else f"{len(left)} suspects of leakage wait"
        return Point(f"{n_left} for an answer: {named(left)}.", "bad", _WORDS["bad"])
    if len(facts.suspects):
        settled = named(facts.suspects["subject"].unique())
        return Point(f"All suspects of leakage are blocked or answered: {settled}.", "good", _WORDS["good"])
    return Point("Nothing is suspected of giving the outcome away.", "good", _WORDS["good"])


def _plan_point(check: pd.DataFrame) -> Point:
    for status, (tone, words) in _PLAN_WORDS.items():
        clauses = check.loc[check["status"] == status, "clause"].unique()
        if len(clauses):
            return Point(f"{words} {named(clauses)}.", tone, _WORDS[tone])
    if check.empty:
        return Point("The bias plan has no clause, and no groups are compared.")
    return Point("The data keep the bias plan.", "good", _WORDS["good"])


def _source_points(facts: ProfileFacts) -> list[Point]:
    losing = facts.usefulness.loc[facts.usefulness["finding"].str.contains("does not pay"), "subject"]
    return [Point(f"Source '{name}' costs more than it earns.", "watch", _WORDS["watch"]) for name in losing]
