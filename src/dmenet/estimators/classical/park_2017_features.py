"""What Park et al. 2017 see in the patch around an edge: DCT, gradients, singular values, pixels.

Every kind of feature has a part for each of the two sizes of patches, which is zero for patches of
the other size, and which a constant follows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from dmenet.estimators.classical.edges import value
from dmenet.sample import Image, Map

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PatchSize:
    """Of patches, with the number of their features (the authors' code).

    Attributes:
        radius: of the patch, in px.
        dct: it is filled with zeros up to so many rows and columns before its cosine transform.
        bins: of each kind of feature.
    """

    radius: int
    dct: int
    bins: int


SIZES = (PatchSize(radius=13, dct=32, bins=25), PatchSize(radius=7, dct=16, bins=13))
"""Of weak and of strong edges."""

LENGTH = sum(size.bins + 1 for size in SIZES)
"""Of each of the three vectors of features."""

SIDE = 2 * SIZES[0].radius + 1
"""Of the patch of pixels that the network sees, in px."""

KINDS = ("dct", "gradient", "singular_values")

_RING_OVERLAP = 0.1


def extract(
    image: Image, rows: NDArray[np.intp], columns: NDArray[np.intp], kind: int
) -> list[Array]:
    """Features of the patches around pixels: in bytes, as the network was trained.

    Args:
        image: H x W x 3.
        rows, columns: of N pixels.
        kind: of all these patches, a position in ``SIZES``.

    Returns:
        For each of ``KINDS`` N x ``LENGTH``, and N x 3 x ``SIDE`` x ``SIDE``: whole numbers from 0
        to 255.
    """
    size = SIZES[kind]
    start = sum(earlier.bins + 1 for earlier in SIZES[:kind])
    grey = np.pad(value(image), size.radius, mode="edge")
    patches = _windows(grey, 2 * size.radius + 1)[rows, columns]
    gradients = _windows(_gradient(grey), 2 * size.radius + 1)[rows, columns]
    vectors = []
    for measured in (
        _dct(patches, size),
        _gradient_histogram(gradients, size),
        np.linalg.svd(patches, compute_uv=False)[:, : size.bins],
    ):
        vector = np.zeros((len(rows), LENGTH), np.float32)
        vector[:, start : start + size.bins] = _shares(measured)
        vector[:, start + size.bins] = 1
        vectors.append(_bytes(vector))
    return [*vectors, _bytes(_pixels(image, rows, columns, size))]


def _windows(padded: Map, side: int) -> Array:
    return np.lib.stride_tricks.sliding_window_view(padded, (side, side))


def _gradient(grey: Map) -> Map:
    """Magnitude of differences to the next pixel (at the end: from the one before), in [0, 1]."""
    across = np.diff(grey, axis=1)
    down = np.diff(grey, axis=0)
    across = np.concatenate([across, across[:, -1:]], axis=1)
    down = np.concatenate([down, down[-1:]], axis=0)
    return np.asarray(np.hypot(across, down) / np.sqrt(2), np.float32)


def _dct(patches: Array, size: PatchSize) -> Array:
    """Mean magnitudes of the cosine transform in rings around its constant."""
    whole: Array = fft.dct(np.eye(size.dct, dtype=np.float32), axis=0, norm="ortho")
    # Zeros that fill a patch up add nothing.
    transform = whole[:, : patches.shape[1]]
    magnitude = np.abs(transform @ patches @ transform.T).reshape(len(patches), -1)
    frequency = np.hypot(*np.indices((size.dct, size.dct))).ravel()
    width = (size.dct - 1) / size.bins
    inner = width * np.arange(size.bins)
    overlap = _RING_OVERLAP * width
    rings = (frequency[:, None] >= inner - overlap) & (
        frequency[:, None] <= inner + width + overlap
    )
    return np.asarray(magnitude @ (rings / rings.sum(axis=0)), np.float32)


def _gradient_histogram(gradients: Array, size: PatchSize) -> Array:
    """How many pixels have each magnitude."""
    count = len(gradients)
    bins = (gradients.reshape(count, -1) * size.bins).astype(int).clip(0, size.bins - 1)
    numbers = bins + size.bins * np.arange(count)[:, None]
    counted = np.bincount(numbers.ravel(), minlength=count * size.bins)
    return counted.reshape(count, size.bins).astype(np.float32)


def _shares(features: Array) -> Array:
    """Their logarithms, scaled to add up to 1; black patches have none."""
    logarithms = np.log1p(features)
    total = logarithms.sum(axis=1, keepdims=True)
    return np.asarray(logarithms / np.where(total > 0, total, 1), np.float32)


def _pixels(
    image: Image, rows: NDArray[np.intp], columns: NDArray[np.intp], size: PatchSize
) -> Array:
    """Patches of pixels, the smaller ones filled up with their border.

    MATLAB hands images to Caffe column by column: what Caffe takes for rows are columns.
    """
    radius = size.radius
    padded = np.pad(image, ((radius, radius), (radius, radius), (0, 0)), mode="edge")
    side = 2 * radius + 1
    views = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))
    fill = SIZES[0].radius - radius
    patches = np.pad(
        views[rows, columns], ((0, 0), (0, 0), (fill, fill), (fill, fill)), mode="edge"
    )
    return patches.swapaxes(2, 3)


def _bytes(features: Array) -> Array:
    rounded: Array = np.floor(255 * features + 0.5).clip(0, 255).astype(np.float32)
    return rounded
