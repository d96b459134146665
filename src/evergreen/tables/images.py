"""A picture as one cell of text, which every dataframe engine, Parquet and JSON can hold."""

import base64
import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from evergreen.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE_SIDE: Final = 16
N_CHANNELS: Final = 3
# RE2, which DuckDB and Arrow search with, refuses to repeat anything more than a thousand times; two halves are fine.
_HALF = f"[0-9a-f]{{{IMAGE_SIDE * IMAGE_SIDE * N_CHANNELS}}}"
IMAGE_CELL: Final = f"^{_HALF}{_HALF}$"
"""What a cell that holds a picture looks like."""

NO_IMAGE: Final = "not an image: "
"""What a cell begins with whose picture could not be read."""

# Pillow hands PostScript to another program and TIFF to a library that writes to the terminal: a closed list.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"GIF8")
_ENCODED = (bytes, bytearray, memoryview, str)
# What Pillow raises for a picture that is broken; found by spoiling files of every format at random.
_FAULTS = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError, struct.error, zlib.error)
_STEPS_OF_16_BIT = 257


def image_cell(picture: Any) -> str:
    """Write a picture as a thumbnail of 16 x 16 pixels, in hexadecimal digits.

    The whole picture is squeezed into the square, each pixel the mean of those it stands for (a box filter). It is
    turned upright as its EXIF orientation says; what is transparent becomes white; of moving pictures the first
    counts. The digits are red, green and blue in 8 bits, row by row from the top left. A thumbnail stays as it is.

    Args:
        picture: a Pillow image, or an encoded file (PNG, JPEG, GIF, BMP, WebP) as bytes, or as text in base64 (a
            ``data:`` address too) or hexadecimal digits; None, NaN or the empty text where there is none.

    Returns:
        Text that matches ``IMAGE_CELL``; ``"not an image: <reason>"`` where the picture cannot be read; the empty text
        where there is none.

    Raises:
        DataError: where the value is of a type that holds no picture.
    """
    return loaded_image_cell(lambda: picture)


def loaded_image_cell(load: Callable[[], Any]) -> str:
    """Load a picture and write it as ``image_cell`` does.

    Args:
        load: gives the picture; what it raises for a broken one becomes the reason in the cell.

    Returns:
        The cell.

    Raises:
        Exception: what ``load`` raised, where it is not the picture's fault: the file is out of reach, or memory is.
        DataError: where it loads something of a type that holds no picture.
    """
    with warnings.catch_warnings():
        # Pillow warns of flaws that do no harm to a thumbnail; those that do are raised.
        warnings.simplefilter("ignore")
        try:
            picture = load()
            return "" if _is_missing(picture) else _cell(picture)
        except Exception as error:
            reason = _reason(error)
            if reason is None:
                raise
            return f"{NO_IMAGE}{reason}"


def _is_missing(picture: Any) -> bool:
    if isinstance(picture, float):
        return picture != picture  # noqa: PLR0124 - only NaN differs from itself
    return picture is None or (isinstance(picture, _ENCODED) and len(picture) == 0)


def _cell(picture: Any) -> str:
    if isinstance(picture, str) and _is_thumbnail(picture):
        return picture
    return _thumbnail(_opened(picture)).tobytes().hex()


def _reason(error: Exception) -> str | None:
    """Name the fault of a picture in a word that is the same for the same fault; None where it is no such fault."""
    from PIL import Image, UnidentifiedImageError

    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, Image.DecompressionBombError):
        return "too many pixels"
    if isinstance(cause, UnidentifiedImageError):
        return "no known format"
    # The operating system numbers its errors, Pillow does not.
    is_outside = isinstance(cause, ConnectionError | TimeoutError) or getattr(cause, "errno", None) is not None
    return "damaged" if isinstance(cause, _FAULTS) and not is_outside else None


def _is_thumbnail(text: str) -> bool:
    """Tell a thumbnail from a file that happens to be as long."""
    if re.fullmatch(IMAGE_CELL[1:-1], text) is None:
        return False
    return not bytes.fromhex(text[:16]).startswith(_SIGNATURES)


def _opened(picture: Any) -> "Image":
    from PIL import Image

    if isinstance(picture, Image.Image):
        return _bounded(picture)
    if not isinstance(picture, _ENCODED):
        cure = "Give a Pillow image, or an encoded file as bytes, base64 or hexadecimal digits."
        raise DataError("A picture", f"is of type {type(picture).__name__}", cure)
    content = _decoded(picture) if isinstance(picture, str) else bytes(picture)
    return _bounded(Image.open(io.BytesIO(content), formats=_FORMATS))


def _bounded(image: "Image") -> "Image":
    """Refuse what Pillow only warns of, before its pixels are unpacked."""
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise Image.DecompressionBombError
    return image


def _decoded(text: str) -> bytes:
    from PIL import UnidentifiedImageError

    plain = "".join(text.split())
    if plain.startswith("data:"):
        plain = plain.partition(",")[2]
    plain = plain.removeprefix("\\x")
    if re.fullmatch("(?:[0-9a-fA-F]{2})+", plain):
        return bytes.fromhex(plain)
    try:
        return base64.b64decode(plain, validate=True)
    except ValueError:
        raise UnidentifiedImageError from None


def _thumbnail(image: "Image") -> "Image":
    from PIL.Image import Resampling

    return _on_white(_upright(image)).resize((IMAGE_SIDE, IMAGE_SIDE), Resampling.BOX)


def _upright(image: "Image") -> "Image":
    from PIL import ImageOps

    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except _FAULTS:
        # A broken orientation spoils no picture.
        return image


def _on_white(image: "Image") -> "Image":
    from PIL import Image

    if image.mode.startswith("I"):
        # Pillow cuts 16 bits off at 255 where it should divide.
        image = Image.eval(image.convert("I"), lambda value: value / _STEPS_OF_16_BIT).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    colours = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
