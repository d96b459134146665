"""The files of a drafted case, as text."""

from collections.abc import Mapping
from typing import Any

from evergreen.drafting.draft import Draft
from evergreen.drafting.questions import Place, Question
from evergreen.drafting.yaml_text import comment, dump

_SPACED = ("target", "sources", "columns", "criteria", "limits", "split")
_VIZ = {"kedro-viz": {"layer": "raw"}}


def case_files(draft: Draft) -> dict[str, str]:
    """Write down a case.

    Args:
        draft: the draft.

    Returns:
        Name of the file -> its text; credentials hold the name of an environment variable, never a secret.
    """
    files = {
        "globals.yml": f"case: {draft.problem.name}\n",
        "parameters.yml": _parameters(draft),
        "catalog.yml": _catalog(draft),
        "parameters_problem.yml": _problem(draft),
    }
    if draft.origin.secret is not None:
        name, variable = draft.origin.secret
        head = "# The address of the database is read from the environment, so that no password stands in a file."
        files["credentials.yml"] = f"{head}\n{name}:\n  con: ${{oc.env:{variable}}}\n"
    return files


def _parameters(draft: Draft) -> str:
    why = (
        "The day of the newest row: what came later does not exist for a run."
        if draft.problem.event_time is not None
        else "The day of the draft. The table knows no time, so that every row counts whatever the date."
    )
    return f"# {why}\nas_of: {draft.as_of.isoformat()}\n"


def _catalog(draft: Draft) -> str:
    entry = {draft.origin.source: draft.origin.entry | {"metadata": _VIZ}}
    asked = _numbered(draft, in_catalog=True)
    comments: dict[Place, list[str]] = {
        (draft.origin.source, "load_args"): [_decide(number, one) for number, one in asked.items()]
    }
    head = f"# {draft.origin.file}, as it is delivered."
    if "load_args" in draft.origin.entry and draft.origin.has_file:
        head += " Cells come as text: what they mean is said in parameters_problem.yml."
    return "\n".join([head, *dump(entry, comments=comments, marks={})]) + "\n"


def _problem(draft: Draft) -> str:
    comments, marks = _placed(_numbered(draft, in_catalog=False), draft.told)
    head = (
        f"Drafted by kedro case new from {draft.origin.file} ({draft.n_rows:,} rows). Where it says DECIDE something "
        "was guessed: mend it or leave it, then take the comment away. Ranges leave as much room beyond the numbers "
        "found as these take themselves."
    )
    written = dump({"problem": draft.told}, comments=comments, marks=marks)
    lines: list[str] = []
    held: list[str] = []
    for line in written:
        # An empty line stands before a section and the comments above it.
        if line.startswith("  #"):
            held.append(line)
            continue
        starts = line.startswith("  ") and line.lstrip() == line[2:] and line[2:].split(":")[0] in _SPACED
        lines += ["", *held, line] if starts else [*held, line]
        held = []
    return "\n".join([*comment(head, ""), *lines]) + "\n"


def _numbered(draft: Draft, *, in_catalog: bool) -> dict[int, Question]:
    numbered = dict(enumerate(draft.questions, start=1))
    return {number: one for number, one in numbered.items() if (one.places[0][0] == "catalog") == in_catalog}


def _decide(number: int, question: Question) -> str:
    return f"DECIDE: ({number}) {question.text}"


def _placed(questions: dict[int, Question], told: Mapping[str, Any]) -> tuple[dict[Place, list[str]], dict[Place, str]]:
    """Say where each question stands in full, and where its number is enough."""
    comments: dict[Place, list[str]] = {}
    marks: dict[Place, str] = {}
    for number, question in questions.items():
        first, *others = question.places
        is_shared = first[0] == "columns" and others and others[0][0] == "columns"
        whole = ("columns", "") if is_shared else first[:2] if first[0] == "columns" else first[:1]
        comments.setdefault(("problem", *whole), []).append(_decide(number, question))
        for place in question.places if is_shared else others:
            here = ("problem", *_existing(place, told))
            marks[here] = f"{marks[here]}, ({number})" if here in marks else f"DECIDE: ({number})"
    return comments, marks


def _existing(place: Place, told: Mapping[str, Any]) -> Place:
    """The part of a place that the case has."""
    found: list[str] = []
    level: Any = told
    for key in place:
        if not isinstance(level, Mapping) or key not in level:
            break
        found.append(key)
        level = level[key]
    return tuple(found)
