"""A section that tells how the challenger does beside the champion."""

from collections.abc import Mapping
from typing import Any

from evergreen.reporting.cells import format_values, heading
from evergreen.reporting.sections import Fact, Point, Section, Tone

_TITLE = "Beside the champion"
_TONES: dict[str, Tone] = {"passed": "good", "failed": "bad", "undecided": "watch"}
_NOTE = (
    "Both models are compared row by row on holdout rows that neither has learnt from; rows of one day or group count "
    "together. The gain is how much better the challenger is, whichever way the metric runs. Each further challenger "
    "of one champion must be surer, so that no number of attempts wears the champion down."
)
_NOT_JUDGED = "The case has no rule of promotion, so the verdict does not heed this."


def promotion_section(promotion: Mapping[str, Any]) -> Section:
    """Tell whether the challenger is better than the live model.

    Args:
        promotion: the record of ``compare_champion``.

    Returns:
        A section; without another live model it says so.
    """
    if promotion["result"] == "no rival":
        return Section(_TITLE, lead=promotion["word"])
    tone = _TONES[promotion["result"]] if promotion["is_judged"] else "plain"
    return Section(
        _TITLE,
        lead="" if promotion["is_judged"] else _NOT_JUDGED,
        points=(Point(promotion["word"], tone, promotion["result"]),),
        facts=() if promotion["gain"] is None else _facts(promotion),
        notes=(_NOTE,),
    )


def _facts(promotion: Mapping[str, Any]) -> tuple[Fact, ...]:
    gain, bound, detectable = format_values([promotion[name] for name in ("gain", "bound", "detectable")])
    needed = promotion["rows_needed"]
    return (
        Fact(f"Gain in {heading(promotion['metric'])}", gain, f"lower bound {bound}"),
        Fact("Smallest gain these rows tell", detectable, "with a chance of 80 %"),
        Fact("Rows compared", f"{promotion['n_rows']:,}", "" if needed is None else f"{needed:,} would tell this gain"),
        Fact("Champion", promotion["champion_id"], f"comparison {promotion['number']}"),
    )
