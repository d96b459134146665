"""Names of a file's columns in the form that a data contract uses."""

import re
import unicodedata
from collections.abc import Container, Iterable

# The contract, the tables of predictions and the quarantine use these names for something else.
_TAKEN = ("reasons", "action", "release_id", "score")
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGNS = {"%": " pct ", "#": " n ", "€": " eur ", "$": " usd ", "&": " and ", "ß": "ss"}


def canonical_name(raw: str) -> str:
    """Write a column's name in lower case with underscores: "emp.var.rate" and "EmpVarRate" become "emp_var_rate".

    Args:
        raw: the name in the file.

    Returns:
        A name of letters, digits and underscores that begins with a letter; writing it again changes nothing.
    """
    for sign, word in _SIGNS.items():
        raw = raw.replace(sign, word)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", raw) if not unicodedata.combining(sign))
    words = re.sub(r"\W+", "_", _WORD_STARTS.sub("_", plain)).lower()
    name = re.sub(r"_+", "_", words).strip("_")
    return name if name[:1].isalpha() else f"column_{name}".rstrip("_")


def canonical_names(raw_names: Iterable[str]) -> dict[str, str]:
    """Give every column of a file a canonical name of its own.

    Args:
        raw_names: the names in the file, each once.

    Returns:
        Canonical name -> raw name, in the order of the file; a name that two columns would share gets a number, one
        that means something else in the tables that are made gets "_value" behind it.
    """
    names: dict[str, str] = {}
    for raw in raw_names:
        plain = canonical_name(raw)
        base = f"{plain}_value" if plain in _TAKEN else plain
        names[free_name(base, names)] = raw
    return names


def free_name(base: str, taken: Container[str]) -> str:
    """Name something that a table has not.

    Args:
        base: the name it shall have if it is free.
        taken: the names of the table.

    Returns:
        The name, with a number behind it where it is taken.
    """
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name
