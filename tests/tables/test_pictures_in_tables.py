"""Pictures that stand in the cells of a table, as bytes or in base64, and not in a folder."""

import base64
import io

import pandas as pd
import pytest
from PIL import Image

from evergreen.errors import DataError
from evergreen.tables.images import NO_IMAGE, image_cell
from evergreen.tables.repair import mark_rows, usable_rows
from evergreen.tables.sources import read_source
from tests.cases import LIBRARIES, column_case, frame_of, plain

EVERY_ENGINE = pytest.mark.parametrize("library", [*LIBRARIES, pytest.param("spark", marks=pytest.mark.spark)])
CASE = column_case({"photo": {"type": "image", "raw_name": "scan"}, "size": {"type": "number"}})


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(buffer, "PNG")
    return buffer.getvalue()


RED, BLUE = png("red"), png("blue")


def calls(scans: list[object]) -> dict[str, list[object]]:
    n_rows = len(scans)
    same = {"client_id": [1] * n_rows, "called_at": ["2020-01-05"] * n_rows, "bought": ["no"] * n_rows}
    return {"call_id": list(range(n_rows)), **same, "size": [1.5] * n_rows, "scan": scans}


def photos(raw: object) -> list[str | None]:
    return plain(read_source(raw, CASE, "calls").sort("call_id"))["photo"]


@EVERY_ENGINE
@pytest.mark.parametrize(
    ("scans", "expected"),
    [
        pytest.param([RED, None, BLUE, b"GIF8"], [RED, None, BLUE, b"GIF8"], id="bytes"),
        pytest.param([base64.b64encode(RED).decode(), "", None], [RED, None, None], id="base64"),
        pytest.param([image_cell(RED), None], [RED, None], id="thumbnails"),
        pytest.param([image_cell(BLUE), base64.b64encode(RED).decode()], [BLUE, RED], id="both"),
    ],
)
def test_pictures_in_cells_become_thumbnails(library, scans, expected):
    found = photos(frame_of(calls(scans), library).to_native())
    assert found == [None if picture is None else image_cell(picture) for picture in expected]


@pytest.mark.parametrize("library", LIBRARIES)
def test_they_are_usable_and_a_damaged_one_is_not(library):
    table = read_source(frame_of(calls([RED, b"GIF8 and no more", None]), library).to_native(), CASE, "calls")
    usable = plain(usable_rows(mark_rows(table, CASE), CASE).sort("call_id"))
    assert usable["call_id"] == [0, 2]
    assert usable["photo"] == [image_cell(RED), None]
    assert usable["size"] == [1.5, 1.5]


def test_a_cell_that_holds_no_picture_says_so():
    assert photos(pd.DataFrame(calls(["a word"]))) == [f"{NO_IMAGE}no known format"]


def test_a_column_of_numbers_is_refused_by_name():
    with pytest.raises(
        DataError, match=r"Source 'calls', column 'photo' holds a picture that is of type int.*Give a P"
    ):
        read_source(pd.DataFrame(calls([7])), CASE, "calls")
