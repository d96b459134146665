"""All trees of a model at once, level by level, in a few flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evergreen.answering.off_list import OffListError

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

# From so many levels times rows on, following whole trees costs less than all of them level by level.
MANY_LEVELS: Final = 1200
_LARGEST = np.finfo(np.float64).max
_MOST_CODES = 256
_WORD_BITS = 32


@dataclass(frozen=True, eq=False)
class Nodes:
    """The nodes of some trees in one row.

    Attributes:
        feature: the column that each node asks for, shape (m,).
        threshold: up to this number it goes left.
        left: the place of the next node; a leaf has itself.
        right: the place of the next node; a leaf has itself.
        is_missing_left: whether a gap goes left.
        is_leaf: whether it asks for nothing.
        value: what leaves say, shape (m,) or (m, k).
        roots: where trees begin, shape (t,).
    """

    feature: Places
    threshold: Floats
    left: Places
    right: Places
    is_missing_left: NDArray[np.bool_]
    is_leaf: NDArray[np.bool_]
    value: Floats
    roots: Places


def join_nodes(trees: Sequence[Nodes]) -> Nodes:
    """Write trees one after the other.

    Args:
        trees: each with a single root at place 0.

    Returns:
        All of them.
    """
    starts = np.cumsum([0, *(len(tree.feature) for tree in trees)])[:-1]
    told = {name: np.concatenate([getattr(tree, name) for tree in trees]) for name in _LIKE_ROWS}
    for name in ("left", "right", "roots"):
        told[name] = np.concatenate([getattr(tree, name) + at for tree, at in zip(trees, starts, strict=True)])
    return Nodes(**told)


_LIKE_ROWS = ("feature", "threshold", "is_missing_left", "is_leaf", "value")


class FlatTrees:
    """Follows all trees for all rows.

    A gap is written twice, as less and as more than any number, and each node reads the one that goes its way: so every
    node is one comparison. Nodes of categories read a column that says left (0) or right (1).

    Args:
        nodes: of all trees.
        n_columns: of the input.
        categories: for nodes that ask for a category: their places, and where each code sends them, shape (c, codes);
            the last code is a gap.

    Attributes:
        depth: the number of levels.
    """

    def __init__(
        self, nodes: Nodes, n_columns: int, categories: tuple[Places, NDArray[np.bool_]] | None = None
    ) -> None:
        self._value, self._roots = nodes.value, nodes.roots
        column = np.where(nodes.is_missing_left, nodes.feature, nodes.feature + n_columns)
        # "All that is no gap goes left" is written as infinity.
        threshold = np.where(nodes.is_leaf, np.inf, np.minimum(nodes.threshold, _LARGEST))
        self._codes: Places | None = None
        if categories is not None and len(categories[0]):
            places, goes_right = categories
            self._asked = nodes.feature[places]
            self._n_codes = goes_right.shape[1]
            self._codes = np.arange(len(places)) * self._n_codes
            self._goes_right = goes_right.ravel().astype(np.float64)
            column[places] = 2 * n_columns + np.arange(len(places))
            threshold[places] = 0.5
        self._column, self._threshold = np.where(nodes.is_leaf, 0, column), threshold
        self._next = np.stack([nodes.left, nodes.right], axis=1).ravel()
        self.depth = _depth(nodes)

    def leaves(self, X: Floats) -> Floats:
        """Find what each tree says of each row.

        Args:
            X: prepared features, shape (n, p).

        Returns:
            Shape (n, t), or (n, t, k).
        """
        asked = self._asked_of(X)
        flat, starts = asked.ravel(), np.arange(len(asked))[:, None] * asked.shape[1]
        node = np.broadcast_to(self._roots, (len(X), len(self._roots)))
        for _ in range(self.depth):
            is_right = flat.take(starts + self._column.take(node)) > self._threshold.take(node)
            node = self._next.take(2 * node + is_right)
        told: Floats = self._value.take(node, axis=0)
        return told

    def _asked_of(self, X: Floats) -> Floats:
        is_missing = np.isnan(X)
        parts = [np.where(is_missing, -np.inf, X), np.where(is_missing, np.inf, X)]
        if self._codes is not None:
            own, gaps = X[:, self._asked], is_missing[:, self._asked]
            codes = np.where(gaps, self._n_codes - 1, np.minimum(own, self._n_codes - 1)).astype(np.intp)
            parts.append(self._goes_right.take(self._codes + codes))
        return np.concatenate(parts, axis=1)


def _depth(nodes: Nodes) -> int:
    level, depth = nodes.roots, 0
    while not nodes.is_leaf[level].all():
        inner = level[~nodes.is_leaf[level]]
        level, depth = np.concatenate([nodes.left[inner], nodes.right[inner]]), depth + 1
    return depth


def forest_nodes(trees: Sequence[Any]) -> Nodes:
    """Read the trees of a forest of scikit-learn.

    Args:
        trees: fitted decision trees.

    Returns:
        Their nodes; leaves say shares of classes, shape (m, k), or a value, shape (m, 1).
    """
    return join_nodes([_tree_nodes(tree.tree_) for tree in trees])


def _tree_nodes(tree: Any) -> Nodes:
    own = np.arange(tree.node_count)
    is_leaf = tree.children_left < 0
    return Nodes(
        np.where(is_leaf, 0, tree.feature).astype(np.intp),
        np.asarray(tree.threshold, dtype=float),
        np.where(is_leaf, own, tree.children_left).astype(np.intp),
        np.where(is_leaf, own, tree.children_right).astype(np.intp),
        np.asarray(tree.missing_go_to_left, dtype=bool),
        is_leaf,
        np.asarray(tree.value[:, 0, :], dtype=float),
        np.zeros(1, dtype=np.intp),
    )


def boosted_trees(predictors: Sequence[Any], n_columns: int, codes: Sequence[NDArray[Any]], known: Any) -> FlatTrees:
    """Read the trees of histogram boosting.

    Args:
        predictors: the trees, in order.
        n_columns: of the input; categories come first.
        codes: of each category the values that are told apart, ascending; NaN may be the last.
        known: what ``make_known_categories_bitsets`` gives.

    Returns:
        The trees; each code of a category is looked up as it came, before it is encoded anew.
    """
    nodes = join_nodes([_boosted_nodes(one.nodes) for one in predictors])
    asked = np.flatnonzero(np.concatenate([one.nodes["is_categorical"] for one in predictors]) & ~nodes.is_leaf)
    if not len(asked):
        return FlatTrees(nodes, n_columns)
    bits, encoded = np.concatenate([_left_bits(one) for one in predictors]), _encoded(codes)
    known_bits, place_of = known
    ways = []
    for node in asked:
        column = nodes.feature[node]
        ways.append(_ways(bits[node], known_bits[place_of[column]], encoded[column], nodes.is_missing_left[node]))
    return FlatTrees(nodes, n_columns, (asked, np.stack(ways)))


class WholeTrees:
    """Follows one tree after the other for all rows, in the compiled code of scikit-learn.

    Args:
        trees: of histogram boosting, in order.
        codes: as for ``boosted_trees``.
        known: as for ``boosted_trees``.
    """

    def __init__(self, trees: Sequence[Any], codes: Sequence[NDArray[Any]], known: Any) -> None:
        self._trees, self._known = trees, known
        encoded = _encoded(codes).astype(float)
        self._encoded = np.where(encoded < 0, np.nan, encoded)

    def leaves(self, X: Floats) -> Floats:
        """Find what each tree says of each row.

        Args:
            X: prepared features, categories first, shape (n, p).

        Returns:
            Shape (n, t).
        """
        encoded = X.copy()
        for column, told in enumerate(self._encoded):
            places = np.nan_to_num(np.minimum(X[:, column], len(told) - 1), nan=len(told) - 1)
            encoded[:, column] = told[places.astype(np.intp)]
        leaves = np.empty((len(self._trees), len(X)))
        for row, tree in zip(leaves, self._trees, strict=True):
            row[:] = tree.predict(encoded, *self._known, 1)
        return leaves.T


def _boosted_nodes(nodes: Any) -> Nodes:
    own, is_leaf = np.arange(len(nodes)), nodes["is_leaf"].astype(bool)
    return Nodes(
        np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.intp),
        nodes["num_threshold"].astype(float),
        np.where(is_leaf, own, nodes["left"]).astype(np.intp),
        np.where(is_leaf, own, nodes["right"]).astype(np.intp),
        nodes["missing_go_to_left"].astype(bool),
        is_leaf,
        nodes["value"].astype(float),
        np.zeros(1, dtype=np.intp),
    )


def _left_bits(predictor: Any) -> NDArray[Any]:
    """The bits of the categories that go left, one row a node."""
    rows = predictor.raw_left_cat_bitsets
    if not len(rows):
        return np.zeros((len(predictor.nodes), _MOST_CODES // _WORD_BITS), dtype=np.uint32)
    bits: NDArray[Any] = np.asarray(rows)[np.minimum(predictor.nodes["bitset_idx"], len(rows) - 1)]
    return bits


def _encoded(codes: Sequence[NDArray[Any]]) -> NDArray[np.intp]:
    """What each code that comes is encoded as, shape (categories, codes + 1); -1 is a gap."""
    known = [values[~np.isnan(values)] for values in codes]
    if any(len(values) and (values.min() < 0 or (values != np.floor(values)).any()) for values in known):
        raise OffListError("categories that are no whole numbers from 0 on")
    width = 2 + int(max((values.max() for values in known if len(values)), default=0))
    table = np.full((len(known), width), -1, dtype=np.intp)
    for row, values in zip(table, known, strict=True):
        row[values.astype(np.intp)] = np.arange(len(values))
    return table


def _ways(
    left: NDArray[Any], known: NDArray[Any], encoded: NDArray[np.intp], is_missing_left: np.bool_
) -> NDArray[np.bool_]:
    """Whether each code goes right; one that no row held goes where gaps go."""
    is_left, is_known = _bit(left, encoded), _bit(known, encoded)
    is_gap = encoded < 0
    goes_left: NDArray[np.bool_] = np.where(is_gap | ~(is_left | is_known), is_missing_left, is_left)
    return ~goes_left


def _bit(words: NDArray[Any], places: NDArray[np.intp]) -> NDArray[np.bool_]:
    at = np.maximum(places, 0)
    found: NDArray[np.bool_] = (words[at // _WORD_BITS] >> (at % _WORD_BITS).astype(np.uint32)) & 1 == 1
    return found
