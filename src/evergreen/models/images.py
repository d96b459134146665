"""A plain description of a picture in numbers, for models that learn from tables."""

from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from evergreen.errors import DataError
from evergreen.tables.images import IMAGE_SIDE, N_CHANNELS

Numbers = NDArray[np.float64]

# Luma of ITU-R BT.601: how bright red, green and blue look.
_LUMA = np.array([0.299, 0.587, 0.114])
_GREY_SIDE = 8
# Orientations, blocks and limit are those of Dalal and Triggs (2005). Of their cells of 8 x 8 pixels a thumbnail would
# have only four.
_CELL_SIDE = 4
_N_ORIENTATIONS = 9
_BLOCK_SIDE = 2
_MAX_SHARE = 0.2
_TINY = 1e-4
_N_CELLS = IMAGE_SIDE // _CELL_SIDE
_N_BLOCKS = _N_CELLS - _BLOCK_SIDE + 1
_N_HOG = _N_BLOCKS**2 * _BLOCK_SIDE**2 * _N_ORIENTATIONS
N_DESCRIPTORS: Final = _GREY_SIDE**2 + _N_HOG + 2 * N_CHANNELS + 1
"""How many numbers describe a picture: 64 greys, 324 of edges, 6 of colour, and whether it is missing."""


class ImageDescriptor(TransformerMixin, BaseEstimator):
    """Describes thumbnails by brightness, edges and colour; nothing is fitted.

    The numbers, all between 0 and 1, in this order: the grey of 8 x 8 fields; a histogram of oriented gradients; mean
    and standard deviation of red, green and blue; 1 where there is no picture. Without a picture all others are NaN.
    """

    def fit(self, X: Any, y: NDArray[Any] | None = None) -> Self:  # noqa: ARG002
        """Do nothing.

        Args:
            X: cells, shape (n,).
            y: not used.

        Returns:
            Itself.
        """
        return self

    def transform(self, X: Any) -> Numbers:
        """Describe pictures.

        Args:
            X: cells as ``image_cell`` writes them, shape (n,); the empty text, or anything missing, is no picture.

        Returns:
            Shape (n, N_DESCRIPTORS).

        Raises:
            DataError: where a cell holds no thumbnail.
        """
        cells = pd.Series(X, dtype=object).fillna("").tolist()
        is_missing = np.array([cell == "" for cell in cells])
        described = np.full((len(cells), N_DESCRIPTORS), np.nan)
        described[:, -1] = is_missing
        if not is_missing.all():
            described[~is_missing, :-1] = describe_pixels(_pixels([cell for cell in cells if cell != ""]))
        return described

    def __sklearn_is_fitted__(self) -> bool:
        """There is nothing to fit."""
        return True


def brightness(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Say how bright pictures are.

    Args:
        cells: repaired cells of an image column, n of them.

    Returns:
        The mean grey between 0 (black) and 1 (white), NaN where there is no picture; n numbers under the same index.
    """
    described = ImageDescriptor().transform(cells)[:, : _GREY_SIDE**2]
    return pd.Series(described.mean(axis=1), index=cells.index)


def describe_pixels(pixels: Numbers) -> Numbers:
    """Describe pictures by brightness, edges and colour.

    Args:
        pixels: red, green and blue between 0 and 1, shape (n, 16, 16, 3).

    Returns:
        Shape (n, N_DESCRIPTORS - 1).
    """
    grey = pixels @ _LUMA
    fields = _fields(grey, IMAGE_SIDE // _GREY_SIDE).mean(axis=(2, 4))
    parts = [fields, oriented_gradients(grey), pixels.mean(axis=(1, 2)), pixels.std(axis=(1, 2))]
    return np.hstack([part.reshape(len(pixels), -1) for part in parts])


def oriented_gradients(grey: Numbers) -> Numbers:
    """Describe edges by a histogram of oriented gradients.

    Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005: gradients by [-1, 0, 1]; each
    pixel votes with the strength of its gradient for the two nearest of 9 orientations between 0 and 180 degrees, in
    proportion to nearness; votes are summed over cells; overlapping blocks of 2 x 2 cells are scaled to length 1, cut
    off at 0.2 and scaled again ("L2-Hys"). Here a cell is 4 x 4 pixels, a pixel votes in its own cell only, and the
    rim, where a neighbour is missing, has no gradient across it.

    Args:
        grey: brightness between 0 and 1, shape (n, 16, 16).

    Returns:
        Shape (n, 324): block by block, in each cell by cell, in each orientation by orientation.
    """
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    votes = _fields(_votes(across, down), _CELL_SIDE).sum(axis=(2, 4))
    corners = [(i, j) for i in range(_BLOCK_SIDE) for j in range(_BLOCK_SIDE)]
    blocks = np.concatenate([votes[:, i : i + _N_BLOCKS, j : j + _N_BLOCKS] for i, j in corners], axis=-1)
    return _to_length_one(np.minimum(_to_length_one(blocks), _MAX_SHARE)).reshape(len(grey), _N_HOG)


def _votes(across: Numbers, down: Numbers) -> Numbers:
    """What each pixel adds to each orientation, shape (n, 16, 16, 9)."""
    strength = np.hypot(across, down)
    turns = np.arctan2(down, across) / np.pi % 1.0
    # Orientation k stands for the angle in the middle of its bin, so half a bin is taken off.
    place = turns * _N_ORIENTATIONS - 0.5
    nearness = place - np.floor(place)
    lower = np.floor(place).astype(int) % _N_ORIENTATIONS
    each = np.arange(_N_ORIENTATIONS)
    to_lower = (lower[..., None] == each) * (strength * (1 - nearness))[..., None]
    to_upper = ((lower + 1)[..., None] % _N_ORIENTATIONS == each) * (strength * nearness)[..., None]
    votes: Numbers = to_lower + to_upper
    return votes


def _fields(values: Numbers, side: int) -> Numbers:
    """Cut pictures into square fields: (n, 16, 16, ...) to (n, fields down, side, fields across, side, ...)."""
    n_fields = IMAGE_SIDE // side
    return values.reshape(len(values), n_fields, side, n_fields, side, *values.shape[3:])


def _to_length_one(blocks: Numbers) -> Numbers:
    scaled: Numbers = blocks / np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + _TINY)
    return scaled


def _pixels(cells: list[str]) -> Numbers:
    n_values = IMAGE_SIDE * IMAGE_SIDE * N_CHANNELS
    try:
        rows = [bytes.fromhex(cell) for cell in cells]
    except (TypeError, ValueError):
        rows = []
    if len(rows) != len(cells) or any(len(row) != n_values for row in rows):
        cure = "Repair the rows by their contract before they reach a model."
        raise DataError("A cell of an image column", "is no thumbnail", cure)
    values = np.frombuffer(b"".join(rows), dtype=np.uint8) / 255
    return values.reshape(len(rows), IMAGE_SIDE, IMAGE_SIDE, N_CHANNELS)
