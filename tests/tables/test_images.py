import base64
import io
import re
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from evergreen.errors import DataError
from evergreen.tables.images import IMAGE_CELL, IMAGE_SIDE, NO_IMAGE, image_cell, loaded_image_cell

RED, GREEN, BLUE, WHITE = "ff0000", "008000", "0000ff", "ffffff"
LOSSLESS = ("PNG", "GIF", "BMP", "WEBP")
ORIENTATION = 0x0112
DAMAGED, UNKNOWN, TOO_LARGE = (f"{NO_IMAGE}{what}" for what in ("damaged", "no known format", "too many pixels"))


def _file(image: Image.Image, kind: str = "PNG", **settings: Any) -> bytes:
    buffer = io.BytesIO()
    lossless = {"lossless": True} if kind == "WEBP" else {}
    image.save(buffer, kind, **lossless, **settings)
    return buffer.getvalue()


def _plain(colour: str, width: int = 40, height: int = 30) -> Image.Image:
    return Image.new("RGB", (width, height), f"#{colour}")


def _halves(left: str, right: str) -> Image.Image:
    image = _plain(left, 32, 16)
    image.paste(f"#{right}", (16, 0, 32, 16))
    return image


def _pixels(cell: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(cell), dtype="uint8").reshape(IMAGE_SIDE, IMAGE_SIDE, 3)


def _rows_of(cell: str) -> list[str]:
    return re.findall(".{96}", cell)


def test_a_plain_picture_of_any_size_is_its_colour_256_times() -> None:
    assert image_cell(_plain(RED)) == image_cell(_plain(RED, 1, 1)) == RED * 256


def test_pixels_stand_row_by_row_from_the_top_left() -> None:
    assert set(_rows_of(image_cell(_halves(RED, BLUE)))) == {RED * 8 + BLUE * 8}
    turned = _halves(RED, BLUE).rotate(270, expand=True)
    assert _rows_of(image_cell(turned)) == [RED * 16] * 8 + [BLUE * 16] * 8


def test_each_pixel_is_the_mean_of_those_it_stands_for() -> None:
    rng = np.random.default_rng(3)
    large = rng.integers(0, 256, (IMAGE_SIDE * 5, IMAGE_SIDE * 3, 3), dtype="uint8")
    means = large.reshape(IMAGE_SIDE, 5, IMAGE_SIDE, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(_pixels(image_cell(Image.fromarray(large))), means, atol=1)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_every_form_of_the_same_file_gives_the_same_cell(kind: str) -> None:
    content = _file(_halves(RED, BLUE), kind)
    based = base64.b64encode(content).decode()
    forms = [
        content,
        bytearray(content),
        content.hex(),
        content.hex().upper(),
        f"\\x{content.hex()}",
        based,
        f" {based[:20]}\n{based[20:]} ",
        f"data:image/{kind.lower()};base64,{based}",
        Image.open(io.BytesIO(content)),
    ]
    assert {image_cell(form) for form in forms} == {image_cell(_halves(RED, BLUE))}


def test_a_jpeg_is_nearly_the_same() -> None:
    cell = image_cell(_file(_halves(RED, BLUE), "JPEG", quality=95))
    np.testing.assert_allclose(_pixels(cell)[:, 1:7], [[[255, 0, 0]] * 6] * 16, atol=12)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [RED * 8 + BLUE * 8] * 16),
        (2, [BLUE * 8 + RED * 8] * 16),
        (3, [BLUE * 8 + RED * 8] * 16),
        (6, [RED * 16] * 8 + [BLUE * 16] * 8),
        (8, [BLUE * 16] * 8 + [RED * 16] * 8),
        (99, [RED * 8 + BLUE * 8] * 16),
    ],
    ids=["upright", "mirrored", "upside down", "turned right", "turned left", "unknown"],
)
def test_a_picture_is_turned_as_the_camera_says(orientation: int, expected: list[str]) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert _rows_of(image_cell(_file(_halves(RED, BLUE), exif=exif.tobytes()))) == expected


def test_a_broken_orientation_spoils_no_picture() -> None:
    content = _file(_halves(RED, BLUE), "WEBP", exif=b"MM\x00\x00\x00\x00\x00\x08")
    assert image_cell(content) == image_cell(_halves(RED, BLUE))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_is_white(mode: str) -> None:
    clear = Image.new(mode, (20, 20), (0,) * len(mode))
    assert image_cell(_file(clear)) == WHITE * 256


def test_half_transparent_black_is_grey() -> None:
    assert image_cell(Image.new("RGBA", (4, 4), (0, 0, 0, 128))) == "7f7f7f" * 256


def test_a_palette_with_a_transparent_colour_is_read() -> None:
    image = _halves(RED, BLUE).quantize(2)
    clear = image.getpixel((0, 0))
    assert set(_rows_of(image_cell(_file(image, "PNG", transparency=clear)))) == {WHITE * 8 + BLUE * 8}


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "F"])
def test_every_way_to_keep_colours_is_read(mode: str) -> None:
    assert image_cell(_plain(WHITE).convert(mode)) == WHITE * 256


def test_sixteen_bits_are_scaled_to_eight() -> None:
    grey = np.arange(256, dtype="uint16").reshape(16, 16)
    deep = Image.fromarray(grey * 257)
    assert image_cell(_file(deep)) == image_cell(Image.fromarray(grey.astype("uint8")))


def test_of_moving_pictures_the_first_counts() -> None:
    content = _file(_plain(RED), "GIF", save_all=True, append_images=[_plain(BLUE)])
    assert image_cell(content) == RED * 256


def test_no_picture_is_the_empty_text() -> None:
    assert [image_cell(nothing) for nothing in (None, "", b"", float("nan"))] == [""] * 4


def test_a_file_as_long_as_a_thumbnail_is_taken_for_a_file() -> None:
    content = _file(_plain(RED))
    padded = content + bytes(768 - len(content))
    assert image_cell(padded.hex()) == RED * 256


@pytest.mark.parametrize(
    ("broken", "cell"),
    [
        (b"no picture at all", UNKNOWN),
        ("no picture at all", UNKNOWN),
        ("abc", UNKNOWN),
        (_file(_plain(RED))[:60], DAMAGED),
        (_file(_plain(RED), "JPEG")[:-200], DAMAGED),
        (_file(_plain(RED), "BMP")[:100], DAMAGED),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", UNKNOWN),
        (_file(_plain(RED), "TIFF"), UNKNOWN),
    ],
    ids=["bytes", "words", "no base64", "short png", "short jpeg", "short bmp", "postscript", "tiff"],
)
def test_what_cannot_be_read_says_why(broken: Any, cell: str) -> None:
    assert image_cell(broken) == cell


def test_a_picture_that_would_fill_the_memory_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = _file(_plain(RED, 100, 100))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 9_999)
    assert image_cell(content) == TOO_LARGE
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4_000)
    assert image_cell(content) == TOO_LARGE


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(DataError, match=r"A picture is of type list\. Give a Pillow image, or an encoded file"):
        image_cell([1, 2])


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), ConnectionResetError(), MemoryError(), ImportError()])
def test_what_is_no_fault_of_the_picture_is_raised(error: Exception) -> None:
    def load() -> None:
        try:
            raise error
        except Exception as cause:
            raise RuntimeError("Failed while loading") from cause

    with pytest.raises(RuntimeError, match="Failed while loading"):
        loaded_image_cell(load)


@given(st.binary(max_size=60))
def test_whatever_arrives_gives_a_picture_or_a_reason(content: bytes) -> None:
    spoilt = _file(_halves(RED, BLUE))
    cells = [image_cell(content), image_cell(content.hex()), image_cell(spoilt[:40] + content + spoilt[40:])]
    for cell in cells:
        assert cell == "" or re.search(IMAGE_CELL, cell) or cell in (DAMAGED, UNKNOWN, TOO_LARGE)


@given(st.binary(min_size=768, max_size=768))
def test_a_thumbnail_stays_as_it_is(pixels: bytes) -> None:
    assert image_cell(pixels.hex()) == pixels.hex()
    assert image_cell(Image.frombytes("RGB", (16, 16), pixels)) == pixels.hex()


CELLS = [RED * 256, "ab" * 768, "AB" * 768, "ab" * 767, "ab" * 769, "gg" * 768, DAMAGED, ""]


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_every_engine_knows_a_picture_by_the_same_pattern(engine: str) -> None:
    found = _table(engine).select(nw.col("cell"), nw.col("cell").str.contains(IMAGE_CELL).alias("is_image"))
    told = found.collect("pandas").to_native().set_index("cell")["is_image"]
    assert [bool(told[cell]) for cell in CELLS] == [True, True, False, False, False, False, False, False]


def _table(engine: str) -> nw.LazyFrame[Any]:
    frame = pd.DataFrame({"cell": CELLS}, dtype="str")
    if engine == "pandas":
        return nw.from_native(frame).lazy()
    if engine == "polars":
        return nw.from_native(pytest.importorskip("polars").DataFrame({"cell": CELLS})).lazy()
    relation = pytest.importorskip("duckdb").connect().from_df(frame.astype(object))
    return nw.from_native(relation)
