from typing import Any

import numpy as np
import pytest

from evergreen.errors import DataError
from evergreen.measures.arrays import ratio
from evergreen.measures.group_ratios import GroupRatio, estimate_ratios
from evergreen.measures.intervals import estimate

RATIOS = {"share": ("hit", "one"), "among": ("both", "hit"), "mean": ("size", "one")}


def world(n_rows: int = 300, seed: int = 1) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Rows of three groups, and a fourth that has none; two figures of counts and one of numbers."""
    rng = np.random.default_rng(seed)
    group, hit = rng.integers(0, 3, n_rows), rng.random(n_rows) < 0.4
    both, size = hit & (rng.random(n_rows) < 0.5), rng.normal(size=n_rows) + group
    return group, {"one": np.ones(n_rows), "hit": hit * 1.0, "both": both * 1.0, "size": size}


def ours(group: Any, told: Any, **options: Any) -> dict[str, GroupRatio]:
    return estimate_ratios(group, 4, told, RATIOS, **{"n_resamples": 400, "random_state": 3} | options)


def by_rows(group: np.ndarray, told: dict[str, np.ndarray], **options: Any) -> dict[str, Any]:
    """The same by the bootstrap of rows, one figure and group after the other."""

    def statistic(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {
            f"{name}/{place}": ratio(weights @ (told[up] * (group == place)), weights @ (told[down] * (group == place)))
            for name, (up, down) in RATIOS.items()
            for place in range(4)
        }

    return estimate(statistic, len(group), **{"n_resamples": 400, "random_state": 3} | options)


def test_an_example_by_hand() -> None:
    told = {"one": [1, 1, 1, 1, 1], "hit": [1, 0, 1, 1, 0], "both": [1, 0, 0, 1, 0], "size": [0.5, 1.5, 2, 3, 4]}
    found = ours([0, 0, 1, 1, 1], told)
    assert found["share"].value[:2].tolist() == [0.5, 2 / 3]
    assert found["among"].value[:2].tolist() == [1, 0.5]
    assert found["mean"].value[:2].tolist() == [1, 3]
    assert found["among"].n_rows.tolist() == [1, 2, 0, 0]
    assert found["mean"].n_units.tolist() == [2, 3, 0, 0]
    assert np.isnan(found["share"].value[2:]).all()
    assert np.isnan(found["share"].draws[:, 2:]).all()


@pytest.mark.parametrize("clusters", [None, 60], ids=["rows", "clusters"])
def test_draws_are_those_of_the_bootstrap_of_rows(clusters: int | None) -> None:
    group, told = world()
    labels = None if clusters is None else np.random.default_rng(2).integers(0, clusters, len(group))
    found, theirs = ours(group, told, clusters=labels), by_rows(group, told, clusters=labels)
    for name, one in found.items():
        for place in range(3):
            plain = theirs[f"{name}/{place}"]
            assert one.value[place] == pytest.approx(plain.value)
            if clusters is not None:
                np.testing.assert_allclose(one.draws[:, place], plain.draws)


def test_kinds_of_rows_spread_as_rows_do() -> None:
    # Two runs of 4,000 draws differ by some 1.6 % in their standard deviations; four times that is allowed.
    group, told = world()
    found, theirs = ours(group, told, n_resamples=4000), by_rows(group, told, n_resamples=4000)
    for name, one in found.items():
        for place in range(3):
            assert one.draws[:, place].std() == pytest.approx(theirs[f"{name}/{place}"].draws.std(), rel=0.065)
    # Groups of one figure come from the same resamples: their sizes vary against each other.
    sizes = estimate_ratios(
        np.zeros(300, dtype=int), 1, {"a": group == 0, "b": group == 1, "one": np.ones(300)},
        {"a": ("a", "one"), "b": ("b", "one")}, n_resamples=4000, random_state=0,
    )  # fmt: skip
    assert np.corrcoef(sizes["a"].draws[:, 0], sizes["b"].draws[:, 0])[0, 1] == pytest.approx(-0.5, abs=0.07)


def test_draws_of_counts_do_not_know_the_order_of_rows() -> None:
    group, told = world()
    order = np.random.default_rng(4).permutation(len(group))
    mixed = ours(group[order], {name: values[order] for name, values in told.items()})
    np.testing.assert_array_equal(ours(group, told)["among"].draws, mixed["among"].draws)


def test_numbers_by_row_are_drawn_as_the_bootstrap_draws_them() -> None:
    group, told = world()
    order = np.argsort(group, kind="stable")
    theirs = by_rows(group[order], {name: values[order] for name, values in told.items()})
    np.testing.assert_allclose(ours(group, told)["mean"].draws[:, 1], theirs["mean/1"].draws)


@pytest.mark.parametrize("clusters", [None, ["a", "a"]], ids=["one row", "one cluster"])
def test_one_unit_tells_nothing_of_the_spread(clusters: list[str] | None) -> None:
    n_rows = 1 if clusters is None else 2
    told = {name: np.linspace(0.1, 1, n_rows) for name in ("one", "hit", "both", "size")}
    found = ours(np.zeros(n_rows, dtype=int), told, clusters=clusters)
    assert not np.isnan(found["mean"].value[0])
    assert all(np.isnan(one.draws).all() for one in found.values())


def test_the_same_seed_gives_the_same_draws() -> None:
    group, told = world()
    first, second = ours(group, told), ours(group, told)
    np.testing.assert_array_equal(first["share"].draws, second["share"].draws)


def test_what_does_not_fit_is_refused() -> None:
    group, told = world(10)
    with pytest.raises(DataError, match="differ in number"):
        ours(group[:5], told)
    with pytest.raises(DataError, match="Quantity 'size' has 10 rows that are not finite"):
        ours(group, told | {"size": np.full(10, np.nan)})
    with pytest.raises(DataError, match="Clusters have shape"):
        ours(group, told, clusters=[1, 2])
    with pytest.raises(DataError, match="lack 1 labels"):
        ours(group, told, clusters=[None, *"abcdefghi"])
