"""Tell the owner of a new case what was drafted, what is to be decided, and how to run it."""

import shlex
import textwrap
from pathlib import Path

from evergreen.drafting import Draft
from evergreen.new_case.make import NewCase


def tell_case(made: NewCase, *, root: Path, width: int) -> str:
    """Say what was drafted.

    Args:
        made: the case.
        root: the root of the project, from which paths are told.
        width: letters in a line.

    Returns:
        The text.
    """
    draft = made.draft
    head = (
        f"Case '{draft.problem.name}' is drafted in {_from(made.folder, root)}: {_kind(draft)}, {draft.n_rows:,} rows, "
    )
    n_features = len(draft.problem.feature_columns)
    head += f"{n_features} column{'' if n_features == 1 else 's'} to learn from."
    numbered = [f"{number:3}. {one.text}" for number, one in enumerate(draft.questions, start=1)]
    asked = [textwrap.fill(one, width, subsequent_indent="     ", break_on_hyphens=False) for one in numbered]
    above = "To decide (each stands in the files as a comment with DECIDE):"
    return "\n".join([textwrap.fill(head, width), "", above, *asked, "", *_next_steps(made, root)])


def _kind(draft: Draft) -> str:
    classes, kind = draft.problem.target.classes, draft.problem.kind
    return f"{kind} ({len(classes)} classes)" if kind == "multiclass" else kind


def _next_steps(made: NewCase, root: Path) -> list[str]:
    run = f"  kedro run --env {made.draft.problem.name}"
    if made.draft.origin.secret is not None:
        variable = made.draft.origin.secret[1]
        said = (
            f"No file holds the address of the database. Give it in the environment, which {_from(made.folder, root)}/"
        )
        return [f"{said}credentials.yml reads:", f"  export {variable}='...'", run]
    if made.is_in_place or made.file is None:
        return ["It runs as it is:", run]
    where = shlex.quote(_from(made.file.resolve().parent, root))
    expected = _from(made.expected, root)
    is_other = (made.expected / made.file.name).exists()
    there = (
        f"{expected}/, where another file of that name lies; replace it,"
        if is_other
        else f"{expected}/; copy it there,"
    )
    return [
        f"It runs as it is. A run looks for {made.file.name} in {there} or point to it:",
        f"{run} --params raw_dir={where}",
    ]


def _from(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
