"""A fitted model as bytes: without code, and the same bytes for the same model."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from evergreen.errors import ReleaseError, named

_SCHEMA = "schema.json"
# Attributes that hold a memory address; scikit-learn only compares them to skip a check it has done before.
_ADDRESSES = ("_stop_words_id",)
# How a file of an array begins, and what in its header tells of bytes between fields.
_ARRAY, _PADDED = b"\x93NUMPY", b"|V"
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Types a release may hold beyond those skops itself trusts. All but the last two are data holders; those two are how
# histogram boosting keeps the input check in front of its categories, and a partial of any other function is refused.
TRUSTED_TYPES = (
    "evergreen.models.averaged.AveragedModel",
    "evergreen.models.calibrated.CalibratedClassifier",
    "evergreen.models.calibrated.OffsetRegressor",
    "evergreen.models.calendar_parts.CalendarParts",
    "evergreen.models.candidates.catboost_trees.CatBoostClassifier",
    "evergreen.models.candidates.catboost_trees.CatBoostRegressor",
    "evergreen.models.candidates.lightgbm_trees.LightGBMClassifier",
    "evergreen.models.candidates.lightgbm_trees.LightGBMRegressor",
    "evergreen.models.candidates.network_layers.NetworkClassifier",
    "evergreen.models.candidates.network_layers.NetworkRegressor",
    "evergreen.models.empty_columns.EmptyColumnsFiller",
    "evergreen.models.empty_columns.NewGapsFiller",
    "evergreen.models.fair_classifier.FairClassifier",
    "evergreen.models.frequent_words.FrequentWords",
    "evergreen.models.images.ImageDescriptor",
    "evergreen.models.outcome_means.OutcomeMeans",
    "evergreen.models.prose_shape.ProseShape",
    "evergreen.models.quantile_decider.QuantileDecider",
    "evergreen.models.reduced_classifier.ReducedClassifier",
    "evergreen.models.scaled_numbers.BoundedNumbers",
    "evergreen.models.scaled_numbers.CutOff",
    "evergreen.models.scaled_numbers.PiecedNumbers",
    "evergreen.models.scaled_numbers.SquashedNumbers",
    "evergreen.models.wide_features.Components",
    "numpy.dtype",
    "sklearn.compose._column_transformer._RemainderColsList",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.tree._tree.Tree",
    "functools.partial",
    "sklearn.utils.validation.check_array",
)


def model_to_bytes(model: Any) -> bytes:
    """Write a fitted model in the skops format.

    skops names its parts by memory address and stamps them with the time; here they are numbered in order of
    appearance, so that equal models give equal bytes.

    Args:
        model: a fitted estimator.

    Returns:
        A zip archive.
    """
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        names = _number_parts(schema)
        parts = {new: _without_padding(archive.read(old)) for old, new in names.items()}
    parts[_SCHEMA] = json.dumps(schema).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), parts[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def model_from_bytes(content: bytes) -> Any:
    """Load a model without running any code from the file.

    Numbers inside a model may still lead its library astray: trees of LightGBM are checked, those of CatBoost and
    scikit-learn are not.

    Args:
        content: what ``model_to_bytes`` gave.

    Returns:
        The fitted model.

    Raises:
        ReleaseError: where the bytes are damaged, or hold a type that is not trusted or a text that LightGBM could not
            have written.
    """
    import skops.io

    try:
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED_TYPES))
        if not unknown:
            return skops.io.loads(content, trusted=list(TRUSTED_TYPES))
    except ReleaseError:
        raise
    except Exception as error:
        raise ReleaseError("The model file", f"cannot be read ({type(error).__name__}: {error})", _CURE) from error
    raise ReleaseError("The model file", f"holds types that are not trusted: {named(unknown)}", _CURE)


_CURE = "Do not use it: restore the file from a copy, or train and release again."


def _number_parts(schema: dict[str, Any]) -> dict[str, str]:
    """Number ids and files in place, in order of appearance, and drop addresses; give old file -> new file."""
    ids: dict[int, int] = {}
    files: dict[str, str] = {}
    for node in _nodes(schema):
        _drop_addresses(node)
        if isinstance(node.get("__id__"), int):
            node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
        if isinstance(node.get("file"), str):
            ending = node["file"].rpartition(".")[2]
            node["file"] = files.setdefault(node["file"], f"{len(files) + 1:05d}.{ending}")
    return files


def _without_padding(part: bytes) -> bytes:
    """Write zeros between the fields of records: nodes of a forest keep there what memory happened to hold."""
    if not (part.startswith(_ARRAY) and _PADDED in part[: 2**10]):
        return part
    records = np.load(io.BytesIO(part), allow_pickle=False)
    if records.dtype.names is None:
        return part
    clean = np.zeros(records.shape, records.dtype)
    for name in records.dtype.names:
        clean[name] = records[name]
    # Not by numpy's own way to a file, which copies records through a buffer that holds anything between fields.
    return part[: len(part) - records.nbytes] + clean.tobytes()


def _drop_addresses(node: dict[str, Any]) -> None:
    """Drop what differs between equal models: attributes with an address, and which words and numbers share one."""
    if node.get("__loader__") == "JsonNode":
        node.pop("__id__", None)
    attributes = node.get("content")
    if node.get("__loader__") == "DictNode" and isinstance(attributes, dict):
        for name in _ADDRESSES:
            if attributes.pop(name, None) is not None:
                node["key_types"]["content"].pop()


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    """Walk every object of the schema, parents first, in order of appearance."""
    if isinstance(part, list):
        for item in part:
            yield from _nodes(item)
    elif isinstance(part, dict):
        yield part
        for child in part.values():
            yield from _nodes(child)
