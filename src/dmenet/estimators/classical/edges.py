"""Where a method measures: Canny's edges, and which of them are seen at several scales."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import canny

from dmenet.estimators.classical.grey import Grey
from dmenet.ranges import FilterSigma, Share

Mask = NDArray[np.bool_]
"""H x W."""

LOW_OF_HIGH = 0.4
"""MATLAB's ``edge`` takes this share of the upper threshold as the lower one."""

NOT_EDGES = 0.7
"""MATLAB's automatic threshold lies above the gradients of this share of the pixels."""

_BINS = 64


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
