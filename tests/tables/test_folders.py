from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro_datasets.partitions import PartitionedDataset
from PIL import Image

from evergreen.errors import DataError
from evergreen.problem import Source
from evergreen.tables.folders import name_columns, read_folder
from evergreen.tables.images import image_cell

NOTES = Source(content="text", name_pattern=r"(?P<client_id>[0-9]+)_(?P<written_on>[0-9-]{10})", join_on=("client_id",))
PHOTOS = Source(content="image", name_pattern=r"(?P<claim_id>[0-9]+)", join_on=("claim_id",))
RED = Image.new("RGB", (20, 20), "red")


def _fail(error: Exception) -> Callable[[], Any]:
    def load() -> Any:
        raise error

    return load


def _texts(folder: Path, encoding: str | None = "utf-8") -> dict[str, Any]:
    """What the catalog gives for a folder of texts."""
    dataset = {"type": "text.TextDataset", "fs_args": {"open_args_load": {"encoding": encoding}}}
    return PartitionedDataset(path=str(folder), dataset=dataset, filename_suffix=".txt").load()


def _pictures(folder: Path) -> dict[str, Any]:
    return PartitionedDataset(path=str(folder), dataset="pillow.ImageDataset").load()


def test_a_document_is_a_row_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "7_2020-01-31.txt").write_text("Called back; grüßt freundlich.\nSecond line.", encoding="utf-8")
    (tmp_path / "12_2020-01-05.txt").write_text("", encoding="utf-8")
    found = read_folder(_texts(tmp_path), NOTES, "notes")
    expected = pd.DataFrame(
        {
            "client_id": ["12", "7"],
            "written_on": ["2020-01-05", "2020-01-31"],
            "text": ["", "Called back; grüßt freundlich.\nSecond line."],
        },
        dtype="str",
    )
    pd.testing.assert_frame_equal(found, expected)


def test_a_picture_is_a_row_named_by_its_file(tmp_path: Path) -> None:
    RED.save(tmp_path / "7.png")
    RED.save(tmp_path / "8.JPG", "JPEG")
    (tmp_path / "9.png").write_bytes(b"no picture")
    (tmp_path / "10.png").write_bytes((tmp_path / "7.png").read_bytes()[:50])
    found = read_folder(_pictures(tmp_path), PHOTOS, "photos")
    assert list(found) == ["claim_id", "image"]
    cells = dict(zip(found["claim_id"], found["image"], strict=True))
    assert cells["7"] == image_cell(RED)
    assert cells["8"].startswith("fe0000")
    assert cells["9"] == "not an image: no known format"
    assert cells["10"] == "not an image: damaged"


def test_files_come_in_the_order_of_their_names_whatever_order_the_folder_has() -> None:
    parts = {"3": "c", "1": "a", "2": "b"}
    source = Source(content="text", name_pattern="(?P<n>.)", join_on=("n",))
    assert read_folder(parts, source, "notes")["text"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("content", ["\ufeffHello.", b"\xef\xbb\xbfHello.", lambda: "Hello.", b"Hello."])
def test_a_mark_of_byte_order_is_no_part_of_the_text(content: Any) -> None:
    assert read_folder({"7_2020-01-31": content}, NOTES, "notes")["text"].tolist() == ["Hello."]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("7_2020-01-31", {"client_id": "7", "written_on": "2020-01-31"}),
        ("7_2020-01-31.txt", {"client_id": "7", "written_on": "2020-01-31"}),
        ("7_2020-01-31.TXT", {"client_id": "7", "written_on": "2020-01-31"}),
        ("7_2020-01-31.txt.gz", {"client_id": "7", "written_on": "2020-01-31"}),
    ],
)
def test_a_name_fits_with_and_without_its_ending(name: str, expected: dict[str, str]) -> None:
    assert name_columns(name, NOTES, "notes") == expected


def test_a_path_below_the_folder_is_part_of_the_name_and_a_group_may_be_absent() -> None:
    source = Source(name_pattern=r"(?P<region>\w+)/(?P<month>\d{4}-\d{2})(?:-v(?P<version>\d+))?", join_on=("region",))
    assert name_columns("north/2020-01.csv", source, "x") == {"region": "north", "month": "2020-01", "version": ""}


def test_without_a_pattern_a_name_tells_nothing() -> None:
    assert name_columns("2020-01", Source(is_spine=True), "calls") == {}


@pytest.mark.parametrize("name", ["7", "7_2020-01-31_draft", "x7_2020-01-31", "7_2020-01-31.draft"])
def test_a_name_that_does_not_fit_is_refused_by_name(name: str) -> None:
    match = rf"Source 'notes', file '{name}' does not fit name_pattern .*Rename or remove the file"
    with pytest.raises(DataError, match=match):
        read_folder({"7_2020-01-31": "fits", name: "does not"}, NOTES, "notes")


def test_a_long_name_is_told_in_bounded_length() -> None:
    with pytest.raises(DataError) as caught:
        name_columns("x" * 10_000, NOTES, "notes")
    assert len(str(caught.value)) < 400


def test_an_empty_folder_is_refused() -> None:
    with pytest.raises(DataError, match=r"Source 'notes' has no files\. Check the folder"):
        read_folder({}, NOTES, "notes")


def test_a_document_in_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "7_2020-01-31.txt").write_text("fine", encoding="utf-8")
    (tmp_path / "8_2020-01-31.txt").write_bytes("grüßt".encode("cp1252"))
    match = (
        r"Source 'notes', file '8_2020-01-31' is not written in UTF-8\. Save the file as UTF-8, or name its encoding"
    )
    with pytest.raises(DataError, match=match):
        read_folder(_texts(tmp_path), NOTES, "notes")
    assert "grüßt" in read_folder(_texts(tmp_path, "cp1252"), NOTES, "notes")["text"].tolist()


@pytest.mark.parametrize("content", [b"gr\xfc\xdft", "gr\udcfc\udcdft"], ids=["bytes", "escaped"])
def test_what_cannot_be_stored_as_text_is_refused(content: Any) -> None:
    with pytest.raises(DataError, match=r"file '8_2020-01-31' is not written in UTF-8"):
        read_folder({"8_2020-01-31": content}, NOTES, "notes")


def test_a_file_that_is_neither_is_refused_by_name() -> None:
    table = pd.DataFrame({"x": [1]})
    with pytest.raises(DataError, match=r"file '8_2020-01-31' is of type DataFrame, not a text\. Read it with text"):
        read_folder({"8_2020-01-31": table}, NOTES, "notes")
    with pytest.raises(DataError, match=r"file '8' is of type DataFrame\. Read it with pillow\.ImageDataset"):
        read_folder({"8": lambda: table}, PHOTOS, "photos")


def test_a_file_out_of_reach_is_no_broken_picture(tmp_path: Path) -> None:
    RED.save(tmp_path / "7.png")
    partitions = _pictures(tmp_path)
    (tmp_path / "7.png").unlink()
    with pytest.raises(DatasetError, match=r"7\.png"):
        read_folder(partitions, PHOTOS, "photos")
    with pytest.raises(DatasetError, match="out of reach"):
        read_folder({"7_2020-01-31": _fail(DatasetError("out of reach"))}, NOTES, "notes")
