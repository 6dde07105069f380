"""How noisy a photograph is."""

import numpy as np
from scipy.ndimage import convolve

from dmenet.sample import Image, Map

LEAST_NOISE = 1 / 255
"""Compression smooths the finest detail away, by which noise is told, and leaves coarser errors."""


def estimate_noise(image: Image, sigma_px: Map) -> float:
    """The standard deviation of the noise in a photograph.

    Looked for where the photograph is most blurred, since any detail there is noise: the median of
    differences between the diagonals of 2 x 2 pixels, as of the finest wavelet of Haar.

    Args:
        image: H x W x 3, values in [0, 1].
        sigma_px: H x W, its blur.

    Returns:
        In the image's values, at least ``LEAST_NOISE``.

    Source: Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, 1994.
    """
    diagonal = np.array([[1, -1], [-1, 1]], np.float32)[..., np.newaxis] / 2
    detail = np.abs(convolve(image, diagonal))
    smooth = sigma_px >= np.quantile(sigma_px, 0.75)
    return max(float(np.median(detail[smooth])) / 0.6745, LEAST_NOISE)
