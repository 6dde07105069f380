"""What methods measure at edges: brightness, Canny's edges, and blur from two re-blurs.

An edge that was blurred with sigma, and then with s, has the gradient magnitude
c / sqrt(sigma^2 + s^2) at its middle. The ratio R of two of them, for s = first and s = second,
does not depend on the contrast c, and tells sigma (Zhuo & Sim 2011; Karaali & Jung 2018):
sigma^2 = (R^2 first^2 - second^2) / (1 - R^2).
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import canny

from dmenet.ranges import FilterSigma, Share
from dmenet.sample import Image, Map

Grey = NDArray[np.float64]
"""H x W; brightness."""

_LUMA = (0.2989, 0.5870, 0.1140)
_STUDIO_LUMA = (65.481, 128.553, 24.966)

Mask = NDArray[np.bool_]
"""H x W."""

LOW_OF_HIGH = 0.4
"""MATLAB's ``edge`` takes this share of the upper threshold as the lower one."""

NOT_EDGES = 0.7
"""MATLAB's automatic threshold lies above the gradients of this share of the pixels."""

_BINS = 64

Border = Literal["nearest", "reflect"]
"""How an image is continued beyond its border, as SciPy names it."""

TRUNCATE = 5.0
"""Kernels end after so many of their sigmas."""


def luma(image: Image) -> Grey:
    """Luma after ITU-R BT.601, in [0, 1]: MATLAB's ``rgb2gray``."""
    return _weighted(image, _LUMA)


def studio_luma(image: Image) -> Grey:
    """Luma in the range of television, [16/255, 235/255]: the Y of MATLAB's ``rgb2ycbcr``."""
    return (16 + _weighted(image, _STUDIO_LUMA)) / 255


def value(image: Image) -> Map:
    """The largest of the three channels: the V of HSV."""
    largest: Map = image.max(axis=2)
    return largest


def _weighted(image: Image, weights: tuple[float, ...]) -> Grey:
    grey: Grey = image.astype(np.float64) @ np.array(weights)
    return grey


def canny_edges(
    grey: Grey, sigma: FilterSigma, threshold: Share | None = None, low_of_high: Share = LOW_OF_HIGH
) -> Mask:
    """Canny's edges with the thresholds that MATLAB's ``edge`` would take.

    Args:
        grey: the image.
        sigma: of the Gaussian that smooths it first, in px.
        threshold: the upper threshold as a share of the image's largest gradient magnitude; None
            chooses it such that 70 % of the pixels lie below.
        low_of_high: the lower threshold as a share of the upper one.
    """
    smooth = ndimage.gaussian_filter(grey, sigma, mode="nearest")
    magnitude = np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1))
    largest = magnitude.max()
    if largest <= np.finfo(np.float32).eps:  # what rounding leaves of a constant image
        return np.zeros(grey.shape, bool)
    share = _automatic(magnitude / largest) if threshold is None else threshold
    high = share * largest
    edges: Mask = canny(  # type: ignore[no-untyped-call]
        grey, sigma, low_of_high * high, high, mode="nearest"
    )
    return edges


def _automatic(magnitude: Grey) -> float:
    """The least of 64 levels of [0, 1] that more than 70 % of the magnitudes are under."""
    bins = np.floor(magnitude * (_BINS - 1) + 0.5).astype(int)
    below = np.bincount(bins.ravel(), minlength=_BINS).cumsum()
    return (int(np.argmax(below > NOT_EDGES * magnitude.size)) + 1) / _BINS


def last_scale_of(edges: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The index of the last scale before a pixel first stops being an edge.

    Args:
        edges: the edges at growing scales, S x H x W.

    Returns:
        H x W; -1 where a pixel is no edge at the first scale.
    """
    first_without = np.where(edges.all(axis=0), len(edges), edges.argmin(axis=0))
    return first_without - 1


def gradient_magnitude(grey: Grey, sigma: float, border: Border) -> Grey:
    """Of the image after a Gaussian blur with ``sigma`` px, by the derivatives of the Gaussian."""
    along = [
        ndimage.gaussian_filter(grey, sigma, order=order, mode=border, truncate=TRUNCATE)
        for order in ((0, 1), (1, 0))
    ]
    magnitude: Grey = np.hypot(*along)
    return magnitude


def gradient_ratio(first_magnitude: Grey, second_magnitude: Grey) -> Grey:
    """First over second; nan where the second vanishes, as in a constant image."""
    floor = np.finfo(np.float32).eps
    known = second_magnitude > floor
    return np.where(known, first_magnitude / np.where(known, second_magnitude, 1), np.nan)


def sigma_from_ratio(ratio: Grey, first: float, second: float) -> Grey:
    """Sigma in px of the edge's own blur; nan where no blurred edge has such a ratio.

    Args:
        ratio: of the gradient magnitudes after re-blurring with ``first`` and with ``second`` px.
        first, second: in px, ``first`` the smaller. Possible ratios are in (1, second / first], the
            largest for a perfectly sharp edge.
    """
    possible = (ratio > 1) & (ratio <= second / first)
    square = np.where(possible, ratio, second / first) ** 2
    # Rounding may put the largest possible ratio a little too high.
    variance = np.maximum(second**2 - square * first**2, 0) / (square - 1)
    return np.where(possible, np.sqrt(variance), np.nan)
