"""Small LightGBM models, and faults planted in their text; nobody may change them."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np

from evergreen.models.candidates.lightgbm_trees import LightGBMClassifier, LightGBMRegressor

Honest = Literal["two classes", "many classes", "a rare class", "values", "a quantile", "no category", "one leaf"]
HONEST: tuple[Honest, ...] = (
    "two classes",
    "many classes",
    "a rare class",
    "values",
    "a quantile",
    "no category",
    "one leaf",
)
_N = 400
_ROUNDS = 3


def asked() -> np.ndarray:
    """Prepared features: ordinals of words, a number with gaps, a huge one, and a flag."""
    rng = np.random.default_rng(5)
    X = np.column_stack(
        [rng.integers(0, 70, _N), rng.normal(size=_N), rng.normal(size=_N) * 1e12, rng.random(_N) > 0.5]
    )
    X[::9, 1] = np.nan
    X[::11, 0] = np.nan
    return X


def _outcomes(honest: Honest) -> np.ndarray:
    X, is_missing = np.nan_to_num(asked()), np.isnan(asked()[:, 1])
    signal = X[:, 0] % 3 + X[:, 1] + X[:, 2] / 1e12 + 4 * is_missing
    if honest == "a rare class":
        return np.where(np.arange(_N) < 2, 2, signal > 1)
    if honest == "many classes":
        return np.searchsorted([0.5, 1.5, 2.5], signal)
    if honest == "one leaf":
        return np.zeros(_N)
    return signal if honest in ("values", "a quantile") else (signal > 1).astype(int)


@cache
def honest_model(honest: Honest) -> Any:
    """A fitted estimator."""
    params: dict[str, Any] = {"num_leaves": 8, "min_data_per_group": 5, "cat_smooth": 1.0, "min_data_in_leaf": 5}
    if honest == "a rare class":
        params |= {"min_sum_hessian_in_leaf": 5.0}
    if honest == "a quantile":
        params |= {"objective": "quantile", "alpha": 0.7}
    kind = LightGBMRegressor if honest in ("values", "a quantile", "one leaf") else LightGBMClassifier
    n_categories = 0 if honest == "no category" else 1
    return kind(params, n_categories, _ROUNDS, 3).fit(asked(), _outcomes(honest))


def planted_model(honest: Honest, text: bytes) -> Any:
    """The same with another text, and a checksum that fits it."""
    model = honest_model(honest)
    planted = type(model)(model.params, model.n_categories, model.rounds, model.random_state)
    planted.__dict__ |= model.__getstate__()
    planted._keep(text, model.constant_)
    return planted


def with_sizes(text: bytes) -> bytes:
    """Tell how long each tree is, as who knows the form would."""
    trees = re.findall(rb"Tree=[0-9]+\n.*?\n\n\n(?=Tree=|end of trees\n)", text, re.DOTALL)
    sizes = b" ".join(b"%d" % len(tree) for tree in trees)
    return re.sub(rb"\ntree_sizes=[^\n]*\n", lambda _: b"\ntree_sizes=%b\n" % sizes, text, count=1)


def edited(name: str, change: Callable[[list[bytes]], list[bytes]], *, tree: int = 1) -> Callable[[bytes], bytes]:
    """Change the values of one line of one tree."""

    def edit(text: bytes) -> bytes:
        start = text.index(b"Tree=%d\n" % tree)
        found = re.compile(rb"\n%b=([^\n]*)(?=\n)" % name.encode()).search(text, start)
        assert found is not None
        values = b" ".join(change(found[1].split(b" ")))
        return with_sizes(text[: found.start(1)] + values + text[found.end(1) :])

    return edit


def put(value: bytes, place: int = 0) -> Callable[[list[bytes]], list[bytes]]:
    """Put a value in a place of a line."""
    return lambda values: [*values[:place], value, *values[place:][1:]]


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Replace what stands in the text once or more, the first time."""

    def edit(text: bytes) -> bytes:
        assert old in text
        return with_sizes(text.replace(old, new, 1))

    return edit


def by_category(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change the threshold of the first split by category of the first tree that has one."""

    def edit(text: bytes) -> bytes:
        tree, place = next(
            (tree, place)
            for tree, kinds in enumerate(re.findall(rb"\ndecision_type=([^\n]*)\n", text))
            for place, kind in enumerate(kinds.split(b" "))
            if int(kind) & 1
        )
        return edited("threshold", lambda values: put(change(values[place]), place)(values), tree=tree)(text)

    return edit


def _cut(values: list[bytes]) -> list[bytes]:
    return values[:-1]


def _without_sets(found: re.Match[bytes]) -> bytes:
    return b"num_cat=0" if found[0].startswith(b"num_cat") else b""


_WRITTEN = "Tree 1 of .* is not written as LightGBM writes one"
_BEGIN = "does not begin as LightGBM writes one"
# What is done to the text of a model of two classes, and the words that refuse it.
FAULTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a leaf beyond": (edited("left_child", put(b"-9")), "Tree 1 of .* has a 'left_child' that is none of its splits"),
    "a leaf far beyond": (edited("right_child", put(b"-2000000000")), "has a 'right_child' that is none of its splits"),
    "a split beyond": (edited("right_child", put(b"7", 2)), "has a 'right_child' that is none of its splits"),
    "a split far beyond": (edited("left_child", put(b"2000000000")), "has a 'left_child' that is none of its splits"),
    "a child that wraps": (edited("left_child", put(b"4294967295")), "has a 'left_child' that is none of its splits"),
    "the root as child": (edited("left_child", put(b"0", 3)), "goes in a circle by a 'left_child'"),
    "itself as child": (edited("right_child", put(b"4", 4)), "goes in a circle by a 'right_child'"),
    "one leaf twice": (edited("left_child", lambda values: [b"-1"] * len(values)), "in two ways"),
    "a feature beyond": (edited("split_feature", put(b"4", 3)), "asks for a feature beyond 3"),
    "a feature below": (edited("split_feature", put(b"-1")), _WRITTEN),
    "an unknown kind": (edited("decision_type", put(b"12")), "has a split of an unknown kind"),
    "a set beyond": (by_category(lambda _: b"9"), "asks for a set of categories beyond its"),
    "the set after the last": (
        lambda text: by_category(lambda _: re.findall(rb"num_cat=([1-9]+)", text)[0])(text),
        "asks for a set of categories beyond its",
    ),
    "a set below": (by_category(lambda _: b"-1"), "asks for a set of categories beyond its"),
    "half a set": (by_category(lambda _: b"0.5"), "asks for a set of categories beyond its"),
    "a set that is no number": (by_category(lambda _: b"nan"), "asks for a set of categories beyond its"),
    "a set without end": (by_category(lambda _: b"inf"), "asks for a set of categories beyond its"),
    "a category where no set is": (
        lambda text: with_sizes(re.sub(rb"num_cat=[1-9]|cat_[a-z]+=[^\n]*\n", _without_sets, text)),
        "asks for a set of categories beyond its 0",
    ),
    "sets beyond": (edited("cat_boundaries", put(b"9", -1), tree=0), "do not divide 'cat_threshold'"),
    "sets from the middle": (edited("cat_boundaries", put(b"1"), tree=0), "do not divide 'cat_threshold'"),
    "sets that go back": (
        lambda text: edited("num_cat", put(b"2"), tree=0)(
            edited("cat_boundaries", lambda bounds: [bounds[0], b"50", bounds[1]], tree=0)(text)
        ),
        "do not divide 'cat_threshold'",
    ),
    "sets below": (edited("cat_boundaries", put(b"-1"), tree=0), "is not written as LightGBM writes one"),
    "cut sets": (edited("cat_boundaries", _cut, tree=0), "of 'cat_boundaries'"),
    "cut words": (edited("cat_threshold", _cut, tree=0), "do not divide 'cat_threshold'"),
    "a word of 33 bits": (edited("cat_threshold", put(b"4294967296"), tree=0), "has no row of bits"),
    "more sets than are there": (edited("num_cat", put(b"7"), tree=0), "7 sets of categories"),
    "sets below none": (edited("num_cat", put(b"-1"), tree=0), "is not written as LightGBM writes one"),
    **{
        f"cut {name}": (edited(name, _cut), f"of '{name}'")
        for name in ("split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value")
    },
    "more leaves than are there": (edited("num_leaves", put(b"9")), "9 leaves"),
    "leaves beyond counting": (edited("num_leaves", put(b"4294967304")), "4294967304 leaves"),
    "leaves below none": (edited("num_leaves", put(b"-8")), _WRITTEN),
    "no leaf": (edited("num_leaves", put(b"0")), "has 0 leaves"),
    "a linear tree": (edited("is_linear", put(b"1")), _WRITTEN),
    "an empty place": (edited("left_child", put(b"")), _WRITTEN),
    "two numbers as one": (edited("threshold", put(b"1-2")), _WRITTEN),
    "no number": (edited("leaf_value", put(b"--1")), _WRITTEN),
    "a number of Python": (edited("left_child", put(b"1_0")), _WRITTEN),
    "a number of another script": (edited("left_child", put("१".encode())), _WRITTEN),
    "a line twice": (replaced(b"is_linear=0", b"num_leaves=3\nis_linear=0"), "Tree 0 of .* is not written"),
    "a line that ends otherwise": (replaced(b"is_linear=0\n", b"is_linear=0\r\n"), "Tree 0 of .* is not written"),
    "a zero byte": (replaced(b"is_linear=0", b"is_linear=0\0"), "Tree 0 of .* is not written"),
    "no tree": (
        lambda text: re.sub(rb"(tree_sizes=)[^\n]*\n.*(?=end of trees)", rb"\1\n\n", text, flags=re.DOTALL),
        "has 0 trees",
    ),
    "trees without an end": (lambda text: text[: text.index(b"end of trees")], "does not end after tree 2"),
    "a size below": (lambda text: text.replace(b"tree_sizes=", b"tree_sizes=1", 1), "Tree 0 of .* is not written"),
    "fewer sizes": (
        lambda text: re.sub(rb"(tree_sizes=[^\n]*) [0-9]+\n", rb"\1\n", text, count=1),
        "does not end after tree 1",
    ),
    "two classes too many": (replaced(b"num_class=1", b"num_class=3"), "tells two numbers of classes"),
    "trees for more classes": (
        replaced(b"num_tree_per_iteration=1", b"num_tree_per_iteration=3"),
        "tells two numbers of classes",
    ),
    "trees for no class": (
        lambda text: text.replace(b"num_class=1", b"num_class=0").replace(b"iteration=1", b"iteration=0"),
        "tells two numbers of classes",
    ),
    "an objective for more classes": (
        replaced(b"objective=binary sigmoid:1", b"objective=multiclass num_class:9"),
        "tells two numbers of classes",
    ),
    "trees that do not come out even": (
        lambda text: (
            text.replace(b"num_class=1", b"num_class=2")
            .replace(b"iteration=1", b"iteration=2")
            .replace(b"binary sigmoid:1", b"multiclass num_class:2")
        ),
        "has 3 trees for 2 classes",
    ),
    "another objective": (replaced(b"objective=binary sigmoid:1", b"objective=lambdarank"), _BEGIN),
    "features below": (replaced(b"max_feature_idx=3", b"max_feature_idx=-1"), _BEGIN),
    "features beyond": (replaced(b"max_feature_idx=3", b"max_feature_idx=4"), "5 features and 4 of 'feature_names'"),
    "cut features": (replaced(b" [0:1]", b""), "4 features and 3 of 'feature_infos'"),
    "another version": (replaced(b"version=v4", b"version=v5"), _BEGIN),
    "one more line": (replaced(b"label_index=0", b"label_index=0\naverage_output"), _BEGIN),
    "nothing": (lambda _: b"tree\n", _BEGIN),
}
