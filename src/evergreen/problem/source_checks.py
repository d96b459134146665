"""Contradictions between the sources of a case, its columns and their names."""

from collections.abc import Mapping, Sequence

from evergreen.problem.base import require, require_known
from evergreen.problem.columns import Column
from evergreen.problem.sources import Source

# A prediction holds these beside the key; a multiclass one has a score for each class.
_IN_PREDICTIONS = ("action", "release_id", "score")


def check_sources(
    sources: Mapping[str, Source], columns: Mapping[str, Column], *, event_time: str | None, target: str
) -> None:
    """Refuse sources that contradict each other or the columns.

    Args:
        sources: the sources of the case by name.
        columns: the data contract.
        event_time: the column with the time of the decision, if there is one.
        target: the column that is predicted.

    Raises:
        ValueError: with the thing at fault, what is wrong with it, and the way out.
    """
    spines = [name for name, source in sources.items() if source.is_spine]
    require(len(spines) == 1, "sources", f"have {len(spines)} spines", "Mark exactly one is_spine: true.")
    for name, column in columns.items():
        if column.source is not None:
            require_known(f"column '{name}'", [column.source], list(sources))
    mine = [name for name, column in columns.items() if (column.source or spines[0]) == spines[0]]
    for name, source in sources.items():
        require_known(f"source '{name}' join_on", list(source.join_on), mine)
        _check_moments(name, source, columns)
    timed = [name for name, source in sources.items() if source.known_since and not source.is_spine]
    finding, cure = "is joined as of the decision, but the case has no event_time", "Name the event_time."
    require(not timed or event_time is not None, f"source {timed}", finding, cure)
    source_of_target = columns[target].source if target in columns else None
    finding = f"comes from source '{source_of_target}', of which each decision gets what was known then"
    cure = "Drop known_since there: an outcome is known only later."
    require(source_of_target not in timed, f"target '{target}'", finding, cure)


def check_names(columns: Sequence[str], key: Sequence[str]) -> None:
    """Refuse names of columns that mean something else in the tables that are made.

    Args:
        columns: all names of the contract.
        key: those that name a row.

    Raises:
        ValueError: with the thing at fault, what is wrong with it, and the way out.
    """
    require("reasons" not in columns, "column 'reasons'", "has the name of quarantine reasons", "Rename it.")
    inner = [name for name in columns if name.startswith("_")]
    cure = "Rename it, and keep the source's name as raw_name."
    require(not inner, f"column {inner}", "begins with an underscore, as the columns between steps do", cure)
    repeated = sorted({name for name in key if key.count(name) > 1})
    require(not repeated, "key", f"names {repeated} twice", "Name each column once.")
    taken = [name for name in key if name in _IN_PREDICTIONS or name.startswith("score_")]
    require(not taken, f"key {taken}", "has the name of a column of the predictions", cure)


def _check_moments(name: str, source: Source, columns: Mapping[str, Column]) -> None:
    """Moments are named as in the source: a column of the contract must not be called so and be read from another."""
    for moment in (source.known_since, source.effective_since):
        other = columns[moment].raw_name if moment is not None and moment in columns else None
        require(other in (None, moment), f"source '{name}'", f"knows '{moment}' by two names", "Rename the column.")
