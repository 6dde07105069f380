"""The Gaussian kernel whose second moment is exact at every sigma."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ive

Stack = NDArray[np.float32]
"""Planes first: C x H x W."""


def kernel_radius_px(sigma_px: float) -> int:
    """Half the support of ``gaussian_kernel``: over four sigma, 0 at sigma 0."""
    # The tails of a discrete Gaussian are Poisson-like at small sigma, hence the 2.
    return 0 if sigma_px == 0 else math.ceil(4.25 * sigma_px) + 2


def gaussian_kernel(sigma_px: float) -> NDArray[np.float64]:
    """The discrete Gaussian exp(-s^2) I_n(s^2), of sum 1.

    Unlike a sampled Gaussian, whose variance is off under 0.6 px, its variance is s^2 at any s, and
    blurring by a and then by b is blurring by sqrt(a^2 + b^2).

    Args:
        sigma_px: at least 0.

    Returns:
        2 r + 1 taps, r = ``kernel_radius_px(sigma_px)``.

    Source: Lindeberg, Scale-space for discrete signals, PAMI 1990.
    """
    radius = kernel_radius_px(sigma_px)
    half = ive(np.arange(radius + 1), sigma_px**2)
    kernel = np.concatenate([half[:0:-1], half])
    normalised: NDArray[np.float64] = kernel / kernel.sum()
    return normalised
