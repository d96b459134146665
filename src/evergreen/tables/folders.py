"""A folder of text documents or pictures as one table: one row a file, named by its name."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from evergreen.errors import DataError
from evergreen.problem import Source
from evergreen.tables.images import loaded_image_cell

Partition = Callable[[], Any] | Any
"""What a folder holds under a name: the content, or a function that loads it."""

# A name may come with its ending or, where the catalog names a filename_suffix, without; both shall match one pattern.
_ENDING = re.compile(
    r"\.(?:txt|text|md|html?|xml|csv|tsv|json|jsonl|parquet|png|jpe?g|gif|bmp|tiff?|webp)(?:\.(?:gz|bz2|xz|zst))?$",
    re.IGNORECASE,
)
_BYTE_ORDER_MARK = "\ufeff"
_MAX_NAME = 80


def read_folder(partitions: Mapping[str, Partition], source: Source, name: str) -> pd.DataFrame:
    """Read a folder of text documents or pictures, one file after the other.

    Args:
        partitions: name of each file -> its content, or a function that loads it: a text, or what ``image_cell`` takes.
        source: how the case describes the folder; its content is "text" or "image".
        name: the name of the source.

    Returns:
        One row a file in the order of names, as text: the named groups of ``name_pattern``, and the content in "text"
        or "image". An empty document is the empty text; a picture that cannot be read is a cell that says so.

    Raises:
        DataError: where the folder is empty, a name does not fit, a document is not written in UTF-8, or a file is
            neither text nor picture.
    """
    if not partitions:
        raise DataError(f"Source '{name}'", "has no files", "Check the folder behind it.")
    read = _text_of if source.content == "text" else _image_of
    rows = [
        {**name_columns(file, source, name), source.content: read(partitions[file], _thing(name, file))}
        for file in sorted(partitions)
    ]
    return pd.DataFrame(rows, dtype="str")


def name_columns(partition: str, source: Source, name: str) -> dict[str, str]:
    """Read what the name of a file tells.

    Args:
        partition: its path below the folder, with or without its ending.
        source: how the case describes the folder.
        name: the name of the source.

    Returns:
        Named group of ``name_pattern`` -> what it matched, the empty text where it took no part; nothing without a
        pattern.

    Raises:
        DataError: where the whole name, without its ending, does not match.
    """
    if source.name_pattern is None:
        return {}
    found = re.fullmatch(source.name_pattern, _ENDING.sub("", partition))
    if found is None:
        finding = f"does not fit name_pattern {source.name_pattern!r}"
        cure = "Rename or remove the file, or mend the pattern; it must match the whole name without its ending."
        raise DataError(_thing(name, partition), finding, cure)
    return found.groupdict(default="")


def _text_of(partition: Partition, thing: str) -> str:
    try:
        content = partition() if callable(partition) else partition
        text = content.decode() if isinstance(content, bytes) else content
        if isinstance(text, str):
            # A half of a pair alone is what a lenient reader makes of bytes that are no text.
            text.encode()
    except Exception as error:
        if not _is_about_letters(error):
            raise
        raise _not_utf8(thing) from error
    if not isinstance(text, str):
        finding = f"is of type {type(text).__name__}, not a text"
        raise DataError(thing, finding, "Read it with text.TextDataset, or say content: table.")
    return text.removeprefix(_BYTE_ORDER_MARK)


def _is_about_letters(error: BaseException | None) -> bool:
    """Whether bytes that are no text stand behind an error, however often it was wrapped."""
    while error is not None:
        if isinstance(error, UnicodeError):
            return True
        error = error.__cause__
    return False


def _not_utf8(thing: str) -> DataError:
    cure = (
        "Save the file as UTF-8, or name its encoding in the catalog (fs_args: {open_args_load: {encoding: cp1252}}), "
        "or leave it out."
    )
    return DataError(thing, "is not written in UTF-8", cure)


def _image_of(partition: Partition, thing: str) -> str:
    try:
        return loaded_image_cell(partition if callable(partition) else lambda: partition)
    except DataError as error:
        cure = "Read it with pillow.ImageDataset, or say content: table."
        raise DataError(thing, error.finding, cure) from error


def _thing(name: str, file: str) -> str:
    shown = file if len(file) <= _MAX_NAME else f"{file[:_MAX_NAME]}..."
    return f"Source '{name}', file '{shown}'"
