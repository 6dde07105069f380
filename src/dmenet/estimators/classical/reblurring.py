"""The blur of an edge from the gradients that are left after blurring it twice again.

An edge that was blurred with sigma, and then with s, has the gradient magnitude
c / sqrt(sigma^2 + s^2) at its middle. The ratio R of two of them, for s = first and s = second,
does not depend on the contrast c, and tells sigma (Zhuo & Sim 2011; Karaali & Jung 2018):
sigma^2 = (R^2 first^2 - second^2) / (1 - R^2).
"""

from typing import Literal

import numpy as np
from scipy import ndimage

from dmenet.estimators.classical.grey import Grey

Border = Literal["nearest", "reflect"]
"""How an image is continued beyond its border, as SciPy names it."""

TRUNCATE = 5.0
"""Kernels end after so many of their sigmas."""


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
