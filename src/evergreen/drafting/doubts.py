"""Questions about what single columns hold, the same doubt of several columns in one question."""

from evergreen.drafting.columns import Columns, Doubt
from evergreen.drafting.questions import Question

# Doubt -> what was found, what is assumed, what else it could be, and the key of the column that says so.
_TOLD: dict[Doubt, tuple[str, str, str, str]] = {
    "missing_words": (
        "Words that often mean 'missing': {told}",
        "missing (sentinels)",
        "words of their own: take them out of sentinels, and put them into values where there are any",
        "sentinels",
    ),
    "missing_numbers": (
        "Numbers far from the rest that often mean 'missing': {told}",
        "missing (sentinels)",
        "real values: take them out of sentinels and widen the range",
        "sentinels",
    ),
    "missing_times": (
        "Days far from the rest that often mean 'missing' or 'never': {told}",
        "missing (sentinels)",
        "real values: take them out of sentinels",
        "sentinels",
    ),
    "unreadable": (
        "Cells that cannot be read: {told}",
        "they are blanked one by one and counted (when_invalid: blank)",
        "mend the source; or type: category, if the words mean something",
        "when_invalid",
    ),
    "number_form": (
        "Numbers that can be read in two ways: {told}",
        "as written here",
        "the other one of ',' and '.' is the decimal",
        "type",
    ),
    "day_or_month": (
        "Dates whose day and month could stand either way round: {told}",
        "the way in which more rows of the file are in order of time, or else day first",
        "the other one of day_first and month_first in time_format",
        "time_format",
    ),
    "short_year": (
        "Years of two digits: {told}",
        "00 to 68 are 2000 to 2068, 69 to 99 are 1969 to 1999",
        "write four digits in the file",
        "type",
    ),
    "codes": (
        "Few whole numbers, which may be codes: {told}",
        "quantities, of which more is more",
        "type: category without range, if they are names",
        "type",
    ),
    "digits": (
        "Digits with zeros in front, or more of them than a number keeps: {told}",
        "names, of which none is more than another (type: category)",
        "type: integer without values, if they are quantities",
        "type",
    ),
    "many_words": (
        "Many different words: {told}",
        "any word is allowed, and rare ones are learnt together",
        "list the allowed ones in values, or is_feature: false",
        "type",
    ),
}


def ask_doubts(columns: Columns) -> list[Question]:
    """Ask about every doubt that columns raise.

    Args:
        columns: the columns of the file.

    Returns:
        One question a doubt.
    """
    return [
        _ask(doubt, {name: one.doubts[doubt] for name, one in columns.items() if doubt in one.doubts})
        for doubt in _TOLD
        if any(doubt in one.doubts for one in columns.values())
    ]


def _ask(doubt: Doubt, found: dict[str, str]) -> Question:
    finding, assumed, otherwise, key = _TOLD[doubt]
    told = "; ".join(f"{name} ({what})" for name, what in found.items())
    places = tuple(("columns", name, key) for name in found)
    return Question(finding.format(told=told), assumed, otherwise, places)
