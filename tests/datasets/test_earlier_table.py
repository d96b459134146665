from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from evergreen.datasets.earlier_table import EarlierTable
from evergreen.staging import StagedCatalog

TABLE = pd.DataFrame({"row_id": [1, 2]})


def test_it_gives_what_lies_there(tmp_path: Path) -> None:
    TABLE.to_parquet(tmp_path / "t.parquet")
    dataset = EarlierTable(filepath=str(tmp_path / "t.parquet"))
    assert dataset.exists()
    pd.testing.assert_frame_equal(dataset.load()(), TABLE)


def test_it_gives_nothing_before_there_is_a_table(tmp_path: Path) -> None:
    dataset = EarlierTable(filepath=str(tmp_path / "t.parquet"))
    assert not dataset.exists()
    assert dataset.load()() is None


def test_a_damaged_table_harms_only_who_reads_it(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"no table")
    read = EarlierTable(filepath=str(tmp_path / "t.parquet")).load()
    with pytest.raises(Exception, match="Parquet"):
        read()


def test_it_is_not_written_to(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"is only read by this entry of the catalog\. Save under the name of"):
        EarlierTable(filepath=str(tmp_path / "t.parquet")).save(TABLE)


def test_beside_the_table_it_is_read_before_it_is_replaced(tmp_path: Path) -> None:
    place = {"filepath": str(tmp_path / "t.parquet")}
    told = {
        "earlier": {"type": "evergreen.datasets.earlier_table.EarlierTable", **place},
        "table": {"type": "pandas.ParquetDataset", **place},
    }
    catalog = StagedCatalog.from_config(told)
    assert catalog.load("earlier")() is None
    catalog.save("table", TABLE)
    pd.testing.assert_frame_equal(catalog.load("earlier")(), TABLE)
