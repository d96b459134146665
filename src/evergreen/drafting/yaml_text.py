"""YAML as one would write it by hand: in order, with comments, words in quotes only where they need them."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 120
_PLAIN = re.compile(r"[^\W\d_](?:[\w .()%/+*<>=;'-]*[\w.()%/+*<>=;'-])?")
_LONG_PLAIN = re.compile(r"[^\W\d_][\w .,()%/+*<>=;'-]*[\w.()%/]")
_PATH = re.compile(r"\$\{(?:runtime_params|globals):[^\"'#\n]*[\w.]")
# What YAML does not take as it is: control signs, and what it takes for the end of a line.
_UNWRITABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WORDS_OF_YAML = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"}

Place = tuple[str, ...]


def scalar(value: Any, *, in_list: bool = False) -> str:
    """Write one value.

    Args:
        value: text, a number, true, false or nothing.
        in_list: whether it stands between brackets, where a comma must be quoted.

    Returns:
        YAML that is read as the same value.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    plain = _PLAIN if in_list else _LONG_PLAIN
    is_plain = bool(_PATH.fullmatch(text)) or (
        text.lower() not in _WORDS_OF_YAML and bool(_PLAIN.fullmatch(text) or plain.fullmatch(text))
    )
    return text if is_plain else f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return _UNWRITABLE.sub(lambda found: f"\\U{ord(found.group()):08x}", plain)


def _number(value: float) -> str:
    text = repr(value)
    # YAML 1.1 reads 1e-05 as a word.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def dump(
    told: Mapping[str, Any], *, comments: Mapping[Place, list[str]], marks: Mapping[Place, str], place: Place = ()
) -> Iterator[str]:
    """Write a mapping, line by line.

    Args:
        told: mappings, lists and values.
        comments: paragraphs that stand above a key; those of ``(key, "")`` stand above its first entry.
        marks: a comment that stands behind a key.
        place: where the mapping stands.

    Yields:
        Lines without their ends.
    """
    indent = "  " * len(place)
    for paragraph in comments.get((*place, ""), []):
        yield from comment(paragraph, indent)
    for key, value in told.items():
        here = (*place, key)
        for paragraph in comments.get(here, []):
            yield from comment(paragraph, indent)
        mark = f"  # {marks[here]}" if here in marks else ""
        name = f"{indent}{scalar(key)}:"
        if isinstance(value, Mapping) and value:
            yield name + mark
            yield from dump(value, comments=comments, marks=marks, place=here)
        elif isinstance(value, list) and not _fits(name, value):
            yield name + mark
            yield from (f"{indent}  - {flow(one)}" for one in value)
        else:
            yield f"{name} {flow(value) if isinstance(value, list) else scalar(value)}{mark}"


def _fits(name: str, value: list[Any]) -> bool:
    has_entries = any(isinstance(one, Mapping) for one in value)
    return not has_entries and len(name) + len(flow(value)) < WIDTH - len(" # DECIDE: (10)")


def flow(value: Any) -> str:
    """Write a value on one line.

    Args:
        value: a mapping, a list or a single value.

    Returns:
        YAML between brackets or braces, or the value alone.
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{scalar(key, in_list=True)}: {flow(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    return scalar(value, in_list=True)


def comment(paragraph: str, indent: str) -> list[str]:
    """Break a paragraph into lines of comment.

    Args:
        paragraph: text.
        indent: what stands before the sign.

    Returns:
        Lines, each at most 120 letters long where its words allow.
    """
    # A line feed out of the data would end the comment.
    plain = _UNWRITABLE.sub("?", " ".join(paragraph.split()))
    wrapped = textwrap.wrap(plain, WIDTH - len(indent) - 2, break_long_words=False, break_on_hyphens=False)
    return [f"{indent}# {line}" for line in wrapped]
