"""Every kind of dataset is staged, read from there, put into place and given up."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from evergreen.staging import StagedCatalog, Staging
from tests.staging.kinds import EXPECTED, KINDS, LAZY, Kind, contents, names


def marked(*kinds: str) -> Any:
    """Make a parameter of one or more kinds; Spark is only started for those tests that need it."""
    return pytest.param(*kinds, marks=pytest.mark.spark) if "spark" in kinds else pytest.param(*kinds)


@pytest.fixture(params=[marked(name) for name in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    """One kind after the other."""
    return KINDS[request.param]


def expected(kind: Kind) -> tuple[Any, Any]:
    return EXPECTED[next(name for name, one in KINDS.items() if one is kind)]


def catalog_of(kind: Kind, folder: Path) -> StagedCatalog:
    catalog = StagedCatalog({"thing": kind.make(str(folder / kind.name))})
    catalog.save("thing", kind.first())
    assert kind.look(catalog.load("thing")) == expected(kind)[0]
    return catalog


def test_a_single_save_leaves_nothing_beside_what_it_saved(kind: Kind, tmp_path: Path) -> None:
    catalog = catalog_of(kind, tmp_path)
    catalog.save("thing", kind.second())
    assert kind.look(catalog.load("thing")) == expected(kind)[1]
    assert {name.split("/")[0] for name in names(tmp_path)} == {kind.name}


def test_what_is_staged_is_read_by_the_run_and_seen_by_nobody_else(kind: Kind, tmp_path: Path) -> None:
    catalog = catalog_of(kind, tmp_path)
    before = contents(tmp_path)
    staging = catalog.staging = Staging()
    catalog.save("thing", kind.second())
    assert kind.look(catalog.load("thing")) == expected(kind)[1]
    assert catalog.exists("thing")
    assert {name: content for name, content in contents(tmp_path).items() if ".staged-" not in name} == before
    staging.commit()
    staging.close()
    catalog.staging = None
    assert kind.look(catalog.load("thing")) == expected(kind)[1]
    assert {name.split("/")[0] for name in names(tmp_path)} == {kind.name}


def test_what_is_given_up_leaves_everything_as_it_was(kind: Kind, tmp_path: Path) -> None:
    catalog = catalog_of(kind, tmp_path)
    before = contents(tmp_path)
    staging = catalog.staging = Staging()
    catalog.save("thing", kind.second())
    staging.close()
    catalog.staging = None
    assert contents(tmp_path) == before
    fresh = StagedCatalog({"thing": kind.make(str(tmp_path / kind.name))})
    assert kind.look(fresh.load("thing")) == expected(kind)[0]


def test_the_first_save_of_all_needs_nothing_to_be_there(kind: Kind, tmp_path: Path) -> None:
    catalog = StagedCatalog({"thing": kind.make(str(tmp_path / "deep" / "down" / kind.name))})
    staging = catalog.staging = Staging()
    catalog.save("thing", kind.first())
    assert kind.look(catalog.load("thing")) == expected(kind)[0]
    assert not (tmp_path / "deep").exists()
    staging.commit()
    staging.close()
    assert {name.split("/")[0] for name in names(tmp_path)} == {"deep"}
    assert kind.look(catalog.load("thing")) == expected(kind)[0]


@pytest.mark.parametrize("name", [marked(name) for name in LAZY])
def test_a_table_that_waits_to_be_computed_outlives_the_move(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    catalog = catalog_of(kind, tmp_path)
    staging = catalog.staging = Staging()
    catalog.save("thing", kind.second())
    waiting = catalog.load("thing")
    staging.commit()
    assert kind.look(waiting) == EXPECTED[name][1]
    staging.close()


_LIBRARIES = ["pandas", "polars", "duckdb", "spark"]
# Polars does not read the folders of Spark.
_PAIRS = [marked(*pair) for pair in product(_LIBRARIES, _LIBRARIES)]
_READABLE = [marked(*pair) for pair in product(_LIBRARIES, _LIBRARIES) if pair != ("spark", "polars")]


@pytest.mark.parametrize(("writer", "reader"), _READABLE)
def test_what_one_library_staged_another_reads(writer: str, reader: str, tmp_path: Path) -> None:
    path = str(tmp_path / "thing.parquet")
    catalog = StagedCatalog({"thing@table": KINDS[writer].make(path), "thing@other": KINDS[reader].make(path)})
    catalog.save("thing@table", KINDS[writer].first())
    staging = catalog.staging = Staging()
    catalog.save("thing@table", KINDS[writer].second())
    assert KINDS[reader].look(catalog.load("thing@other")) == [2, 3]
    staging.commit()
    staging.close()
    assert KINDS[reader].look(catalog.load("thing@other")) == [2, 3]


@pytest.mark.parametrize(("earlier", "later"), _PAIRS)
def test_a_table_changes_its_library_without_a_trace(earlier: str, later: str, tmp_path: Path) -> None:
    path = str(tmp_path / "thing.parquet")
    StagedCatalog({"thing": KINDS[earlier].make(path)}).save("thing", KINDS[earlier].first())
    catalog = StagedCatalog({"thing": KINDS[later].make(path)})
    catalog.save("thing", KINDS[later].second())
    assert KINDS[later].look(catalog.load("thing")) == [2, 3]
    fresh = {name.split("/")[0] for name in names(tmp_path)}
    assert fresh == {"thing.parquet"}
