"""Where datasets lie, and which of them can be written aside."""

import copy
import inspect
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

Dataset = AbstractDataset[Any, Any]

_FOLDER = "path"
_PATH_ARGUMENTS = ("filepath", _FOLDER)
_LOCAL = "file://"
_SPARK = "kedro_datasets.spark"
_OVERWRITE = "overwrite"
# Folders with a log of their own, in which old files are part of the table.
_OWN_FORMATS = ("delta", "hudi", "iceberg")


@dataclass(frozen=True)
class Target:
    """What the saving of a dataset replaces.

    Attributes:
        path: the file or folder, links followed.
        owns_folder: whether a folder there is the dataset's alone, so that saving leaves nothing of its old content.
    """

    path: Path
    owns_folder: bool


def dataset_location(dataset: Any) -> str | None:
    """Say where a dataset lies.

    Args:
        dataset: a Kedro dataset, or None.

    Returns:
        The path it was declared with, local paths without ``file://``; None where it has none (memory, databases).
    """
    if inner := _inner(dataset):
        return dataset_location(inner)
    arguments = _arguments(dataset)
    path = next((arguments[name] for name in _PATH_ARGUMENTS if arguments.get(name)), None)
    return None if path is None else str(path).removeprefix(_LOCAL)


def local_path(dataset: Dataset) -> Path | None:
    """Say which file or folder a dataset reads.

    Args:
        dataset: a Kedro dataset.

    Returns:
        The path, links followed; None where it is not on this machine, or where the dataset reads one version only.
    """
    location = dataset_location(dataset)
    is_pinned = getattr(_arguments(_inner(dataset) or dataset).get("version"), "load", None)
    return None if location is None or "://" in location or is_pinned else Path(os.path.realpath(location))


def save_target(dataset: Dataset) -> Target | None:
    """Say what a save of a dataset would replace.

    Args:
        dataset: a Kedro dataset; one that only caches another is judged by that one.

    Returns:
        The target; None where the dataset cannot be written aside: it has no path on this machine, keeps a store of
        its own, or adds to what is there.
    """
    if inner := _inner(dataset):
        return save_target(inner)
    path = local_path(dataset)
    if path is None or not _replaces(dataset):
        return None
    owns_folder = _is_of_spark(dataset) or bool(_arguments(dataset).get(_OVERWRITE))
    return Target(path, owns_folder and not is_versioned(dataset))


def is_out_of_hand(dataset: Dataset) -> bool:
    """Tell whether a save of a dataset takes effect at once and for good: it is neither in memory nor written aside.

    Args:
        dataset: a Kedro dataset.

    Returns:
        True for tables of databases, remote stores, releases, and files that are added to.
    """
    inner = _inner(dataset) or dataset
    return not inner._EPHEMERAL and save_target(inner) is None


def is_versioned(dataset: Dataset) -> bool:
    """Tell whether each save of a dataset makes a new version."""
    return bool(getattr(_inner(dataset) or dataset, "_version", None))


def refuse_version(dataset: Dataset) -> None:
    """Refuse to save a version that exists.

    Args:
        dataset: a dataset that makes versions.

    Raises:
        DatasetError: as Kedro words it.
    """
    (_inner(dataset) or dataset)._get_save_path()  # type: ignore[attr-defined]


def forget_newest_version(dataset: Dataset) -> None:
    """Have a dataset look anew which of its versions is the newest."""
    if is_versioned(dataset):
        (_inner(dataset) or dataset).release()


def stand_in(dataset: Dataset, place: Path, former: Target) -> Dataset:
    """Make a dataset that is the same in all but its place.

    Args:
        dataset: the dataset.
        place: where the other one lies; its last part must be that of the dataset's own place.
        former: what it will replace.

    Returns:
        The other dataset. Where partitions are added to a folder, it reads those that are there already too.
    """
    if inner := _inner(dataset):
        cached = copy.copy(dataset)
        cached._dataset = stand_in(inner, place, former)  # type: ignore[attr-defined]
        return cached
    made = _built_anew(dataset, place)
    if _arguments(dataset).get(_FOLDER) and not former.owns_folder and former.path.is_dir():
        made.load = partial(_load_both, dataset, made.load)  # type: ignore[method-assign]
    return made


def _inner(dataset: Any) -> Dataset | None:
    inner = getattr(dataset, "_dataset", None)
    return inner if isinstance(inner, AbstractDataset) else None


def _arguments(dataset: Dataset) -> dict[str, Any]:
    return getattr(dataset, "_init_args", None) or {}


def _is_of_spark(dataset: Dataset) -> bool:
    return type(dataset).__module__.startswith(_SPARK)


def _replaces(dataset: Dataset) -> bool:
    """Tell whether a save leaves nothing of what was there, whoever else has to do with the place."""
    arguments = _arguments(dataset)
    is_table_store = "Delta" in type(dataset).__name__ or arguments.get("file_format") in _OWN_FORMATS
    if is_table_store or getattr(dataset, "keeps_own_store", False):
        return False
    modes = set(_modes(arguments.get("save_args"))) | set(_modes(_open_arguments(arguments)))
    # Spark's own default is to refuse what is there.
    is_refusing = _is_of_spark(dataset) and _OVERWRITE not in modes
    return not is_refusing and all(mode == _OVERWRITE or mode.startswith("w") for mode in modes)


def _open_arguments(arguments: Mapping[str, Any]) -> Any:
    return (arguments.get("fs_args") or {}).get("open_args_save")


def _modes(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "mode" and isinstance(item, str):
                yield item
            else:
                yield from _modes(item)


def _built_anew(dataset: Dataset, place: Path) -> Dataset:
    arguments = dict(_arguments(dataset))
    name = next(name for name in _PATH_ARGUMENTS if arguments.get(name))
    arguments[name] = place.as_posix()
    parameters = inspect.signature(type(dataset).__init__).parameters.values()
    collected = [parameter.name for parameter in parameters if parameter.kind is parameter.VAR_KEYWORD]
    more = arguments.pop(collected[0], {}) if collected else {}
    return type(dataset)(**arguments, **more)


def _load_both(former: Dataset, load: Any) -> Any:
    loaded = load()
    if not isinstance(loaded, Mapping) or not former.exists():
        return loaded
    return {**former.load(), **loaded}
