"""The text of a LightGBM model, held to the form LightGBM writes, since it follows whatever index it reads there."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evergreen.errors import ReleaseError

Tree = re.Match[bytes]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_THING = "The model of LightGBM"
_CURE = "Do not use it: restore the release from a copy, or train and release again."
_COUNT = b"[0-9]{1,10}+"
_INTEGER = b"-?[0-9]{1,10}+"
# As C prints a double. A split that parts missing cells from all others has an infinite threshold.
_REAL = rb"-?(?:[0-9]++(?:\.[0-9]++)?+(?:e[-+][0-9]{1,3}+)?+|inf|nan)"
_WORD = rb"[-+.:_a-zA-Z0-9\[\]]++"
_OF_SPLITS: Final = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
# A split by category, and the last kind of all: by category or not, two sides and three meanings of a missing cell.
_BY_CATEGORY, _MAX_KIND = 1, 11
_MAX_BITS = 2**32 - 1
_END = b"end of trees\n"


def _one(name: str, form: bytes) -> bytes:
    return b"%b=(?P<%b>%b)\n" % (name.encode(), name.encode(), form)


def _many(name: str, form: bytes) -> bytes:
    return _one(name, b"(?:%b(?: %b)*+)?+" % (form, form))


def _left_out(*names: str) -> bytes:
    return b"".join(b"%b=[^\n]*+\n" % name.encode() for name in names)


_HEAD = re.compile(
    b"(?P<kept>tree\nversion=v4\n"
    + _one("num_class", _COUNT)
    + _one("num_tree_per_iteration", _COUNT)
    + b"label_index=0\n"
    + _one("max_feature_idx", _COUNT)
    + b"objective=(?:regression|quantile|binary sigmoid:1|multiclass num_class:(?P<of_objective>%b))\n" % _COUNT
    + _many("feature_names", _WORD)
    + _many("feature_infos", _WORD)
    + b")"
    + _many("tree_sizes", _COUNT)
    + b"\n"
)
_TREE = re.compile(
    b"Tree=%b\n(?P<splits>" % _COUNT
    + _one("num_leaves", _COUNT)
    + _one("num_cat", _COUNT)
    + _many("split_feature", _COUNT)
    + b")"
    + _left_out("split_gain")
    + b"(?P<ways>"
    + _many("threshold", _REAL)
    + _many("decision_type", _COUNT)
    + _many("left_child", _INTEGER)
    + _many("right_child", _INTEGER)
    + _many("leaf_value", _REAL)
    + b")"
    + _left_out("leaf_weight", "leaf_count", "internal_value", "internal_weight", "internal_count")
    + b"(?P<rest>(?:%b%b)?+" % (_many("cat_boundaries", _COUNT), _many("cat_threshold", _COUNT))
    + b"is_linear=0\nshrinkage=%b\n\n\n)" % _REAL
)


def checked_text(content: bytes) -> str:
    """Hold a model to the form in which LightGBM writes those of this package.

    LightGBM checks no index that it reads (CVE-2026-92786), and ends the process over a number that is none. So what it
    could not have written is refused. Weights and counts of leaves and splits, importances and parameters are of no use
    to a prediction: they are left out, and what is not checked is not read.

    Args:
        content: the whole text.

    Returns:
        Its head and its trees, with what a prediction needs.

    Raises:
        ReleaseError: where a line, a number, a count or an index is none that LightGBM could have written.
    """
    head = _HEAD.match(content)
    if head is None:
        raise ReleaseError(_THING, "does not begin as LightGBM writes one", _CURE)
    trees = _parted(content, head)
    _check_head(head, len(trees))
    _check_counts(trees)
    _check_splits(trees, int(head["max_feature_idx"]))
    kept = [b"Tree=%d\n%b%b%b" % (i, tree["splits"], tree["ways"], tree["rest"]) for i, tree in enumerate(trees)]
    sizes = b" ".join(b"%d" % len(tree) for tree in kept)
    return b"".join([head["kept"], b"tree_sizes=%b\n\n" % sizes, *kept, _END]).decode("ascii")


def _refusal(number: int, finding: str) -> ReleaseError:
    return ReleaseError(f"Tree {number} of the model of LightGBM", finding, _CURE)


def _parted(content: bytes, head: re.Match[bytes]) -> list[Tree]:
    trees, end = [], head.end()
    for number, size in enumerate(head["tree_sizes"].split()):
        tree = _TREE.fullmatch(content, end, end + int(size))
        if tree is None:
            raise _refusal(number, "is not written as LightGBM writes one")
        trees.append(tree)
        end += int(size)
    if not content.startswith(_END, end):
        raise ReleaseError(_THING, f"does not end after tree {len(trees) - 1}", _CURE)
    return trees


def _check_head(head: re.Match[bytes], n_trees: int) -> None:
    n_classes, n_features = int(head["num_class"]), int(head["max_feature_idx"]) + 1
    if {int(head["num_tree_per_iteration"]), int(head["of_objective"] or 1)} != {n_classes}:
        raise ReleaseError(_THING, "tells two numbers of classes", _CURE)
    if n_classes == 0 or n_trees == 0 or n_trees % n_classes:
        raise ReleaseError(_THING, f"has {n_trees} trees for {n_classes} classes", _CURE)
    for name in ("feature_names", "feature_infos"):
        if _length(head[name]) != n_features:
            raise ReleaseError(_THING, f"has {n_features} features and {_length(head[name])} of '{name}'", _CURE)


def _check_counts(trees: list[Tree]) -> None:
    for number, tree in enumerate(trees):
        n_leaves, n_sets = int(tree["num_leaves"]), int(tree["num_cat"])
        counts = {**dict.fromkeys(_OF_SPLITS, n_leaves - 1), "leaf_value": n_leaves}
        counts["cat_boundaries"] = n_sets + 1 if n_sets else 0
        for name, count in counts.items():
            if _length(tree[name]) != count:
                told = f"{n_leaves} leaves, {n_sets} sets of categories and {_length(tree[name])} of '{name}'"
                raise _refusal(number, f"has {told}")


def _check_splits(trees: list[Tree], max_feature: int) -> None:
    """Check every split of all trees at once, and that a way leads from each root to each of its leaves."""
    n_leaves = np.array([int(tree["num_leaves"]) for tree in trees])
    n_splits = n_leaves - 1
    tree_of = np.repeat(np.arange(len(trees)), n_splits)
    first_split, first_leaf = np.cumsum(n_splits) - n_splits, n_splits.sum() + np.cumsum(n_leaves) - n_leaves
    own = np.arange(len(tree_of)) - first_split[tree_of]
    kinds = _joined(trees, "decision_type")
    _refuse_if(_joined(trees, "split_feature") > max_feature, tree_of, f"asks for a feature beyond {max_feature}")
    _refuse_if(kinds > _MAX_KIND, tree_of, "has a split of an unknown kind")
    slots = []
    for name in ("left_child", "right_child"):
        child = _joined(trees, name)
        is_beyond = (child < -n_leaves[tree_of]) | (child >= n_splits[tree_of])
        _refuse_if(is_beyond, tree_of, f"has a '{name}' that is none of its splits and leaves")
        # LightGBM numbers splits as it makes them, so that a child has a higher number than its parent.
        _refuse_if((child >= 0) & (child <= own), tree_of, f"goes in a circle by a '{name}'")
        slots.append(np.where(child < 0, first_leaf[tree_of] + ~child, first_split[tree_of] + child))
    # There are as many children as splits and leaves without the root: where none comes twice, none is missing.
    uses = np.bincount(np.concatenate(slots))
    for slot in slots:
        _refuse_if(uses[slot] > 1, tree_of, "comes to a split or leaf in two ways")
    _check_sets(trees, np.flatnonzero(kinds & _BY_CATEGORY), tree_of)


def _check_sets(trees: list[Tree], by_category: Integers, tree_of: Integers) -> None:
    """Check the sets of categories, which lie end to end in words of 32 bits, and that splits ask for one of them.

    Args:
        trees: all.
        by_category: places of the splits by category among those of all trees; the threshold is the number of a set.
        tree_of: the tree of each split.
    """
    n_sets = np.array([int(tree["num_cat"]) for tree in trees])
    thresholds = b" ".join(tree["threshold"] for tree in trees if tree["threshold"]).split(b" ")
    for place, of_tree in zip(by_category.tolist(), tree_of[by_category].tolist(), strict=True):
        if not thresholds[place].isdigit() or int(thresholds[place]) >= n_sets[of_tree]:
            raise _refusal(of_tree, f"asks for a set of categories beyond its {n_sets[of_tree]}")
    has_sets = np.flatnonzero(n_sets)
    bounds, tree_of_bound = _joined(trees, "cat_boundaries"), np.repeat(has_sets, n_sets[has_sets] + 1)
    n_words = np.array([_length(tree["cat_threshold"]) for tree in trees])
    is_first = np.diff(tree_of_bound, prepend=-1) != 0
    steps = np.diff(bounds, append=0)
    is_wrong = (is_first & (bounds != 0)) | (~np.roll(is_first, -1) & (steps < 0))
    is_wrong |= np.roll(is_first, -1) & (bounds != n_words[tree_of_bound])
    _refuse_if(is_wrong, tree_of_bound, "has sets of categories that do not divide 'cat_threshold'")
    _refuse_if(
        _joined(trees, "cat_threshold") > _MAX_BITS, np.repeat(np.arange(len(trees)), n_words), "has no row of bits"
    )


def _refuse_if(is_wrong: Mask, tree_of: Integers, finding: str) -> None:
    if is_wrong.any():
        raise _refusal(int(tree_of[is_wrong.argmax()]), finding)


def _joined(trees: list[Tree], name: str) -> Integers:
    """Read the integers of all trees end to end; their form is known."""
    text = b" ".join(tree[name] for tree in trees if tree[name])
    return np.fromstring(text, dtype=np.int64, sep=" ") if text else np.empty(0, dtype=np.int64)


def _length(text: bytes | None) -> int:
    return text.count(b" ") + 1 if text else 0
