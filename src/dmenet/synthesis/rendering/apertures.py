"""The shapes of apertures, and the blur of each.

Whatever the shape, sigma is the standard deviation of the blur along each axis:

- a disc, whose CoC is its diameter, has sigma = CoC / 4;
- a regular polygon of n corners, in a circle of diameter CoC, has
  sigma = CoC / 2 * sqrt((2 + cos(2 pi / n)) / 12): 0.228 CoC for six blades;
- a Gaussian has any sigma; its CoC is defined as that of the disc of equal sigma.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.ndimage import convolve, convolve1d
from scipy.optimize import brentq
from scipy.special import ive

Shape = Literal["gaussian", "disc", "polygon"]
Blades = Annotated[int, Ge(3)]

Stack = NDArray[np.float32]
"""Planes first: C x H x W."""

ANTIALIASED_PX = 2
"""How far the pixels of an antialiased edge reach beyond the radius."""

FINE_UNDER_SIGMA_PX = 2.0
FINE_SAMPLES = 5
"""A small aperture is drawn on so fine a grid, or polygons of odd corners would be off centre."""

KEPT_KERNELS = 256

MOST_DIRECT_PX = 5
"""Kernels of a larger radius are applied by Fourier transforms, which then are faster."""


@dataclass(frozen=True)
class Aperture:
    """The opening of a lens, whose scaled image is the blur of a point.

    Attributes:
        shape: ``gaussian`` is a lens that lets less through towards its rim.
        blades: corners of a polygon, at least 3.
        rotation_degrees: of a polygon.
    """

    shape: Shape = "gaussian"
    blades: Blades = 6
    rotation_degrees: float = 0.0


GAUSSIAN = Aperture()


def sigma_of_unit_radius(aperture: Aperture) -> float:
    """Sigma of the blur whose circumscribed circle has radius 1; of a Gaussian, a disc's."""
    if aperture.shape == "polygon":
        return math.sqrt((2 + math.cos(2 * math.pi / aperture.blades)) / 12)
    return 0.5


def radius_px(aperture: Aperture, sigma_px: float) -> int:
    """Half the support of ``kernel``: 0 at sigma 0."""
    if aperture.shape == "gaussian" or sigma_px == 0:
        return kernel_radius_px(sigma_px)
    return math.ceil(sigma_px / sigma_of_unit_radius(aperture)) + ANTIALIASED_PX


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


@lru_cache(maxsize=KEPT_KERNELS)
def kernel(aperture: Aperture, sigma_px: float) -> NDArray[np.float64]:
    """The blur of a point, antialiased.

    Its mean is 0 and its variance sigma_px^2 along every direction on the pixel grid, whatever the
    pixels of the edge add: the radius is chosen for it, and what the grid makes of a polygon is
    centred and evened out.

    Args:
        aperture: its shape.
        sigma_px: at least 0.

    Returns:
        (2 r + 1) x (2 r + 1) of sum 1, r = ``radius_px(aperture, sigma_px)``; not to be written to.
    """
    if aperture.shape == "gaussian":
        taps = gaussian_kernel(sigma_px)
        weights = np.outer(taps, taps)
    elif sigma_px == 0:
        weights = np.ones((1, 1))
    else:
        reach = radius_px(aperture, sigma_px)
        ideal_px = sigma_px / sigma_of_unit_radius(aperture)
        fine = FINE_SAMPLES if sigma_px < FINE_UNDER_SIGMA_PX else 1
        outwards_px = _outwards_px(aperture, reach, fine)

        def excess(rim_px: float) -> float:
            down, right, between = _covariance(_drawn(outwards_px, rim_px, fine))
            # The root makes it almost linear, for which the search is fast.
            return math.sqrt(max(down, right) + abs(between)) - sigma_px

        rim_px = brentq(excess, 0.0, ideal_px + 1.5, xtol=1e-10)
        weights = _drawn(outwards_px, rim_px, fine)
        if aperture.shape == "polygon":
            weights = _evened(_centred(weights), sigma_px**2)
    weights.setflags(write=False)
    return weights


def _outwards_px(aperture: Aperture, reach: int, fine: int) -> NDArray[np.float64]:
    """Distance from the centre of each point of a grid that is finer than px: to a disc's point, or
    across the side of a polygon that is next to the point.
    """
    size = 2 * reach + 1
    place = (np.arange(size * fine) + 0.5) / fine - size / 2
    rows, columns = place[:, np.newaxis], place
    if aperture.shape == "disc":
        return np.asarray(np.hypot(rows, columns))
    turns = 2 * math.pi * np.arange(aperture.blades) / aperture.blades
    angles = turns + math.radians(aperture.rotation_degrees)
    across = np.cos(angles)[:, None, None] * columns + np.sin(angles)[:, None, None] * rows
    return np.asarray(across.max(axis=0))


def _drawn(outwards_px: NDArray[np.float64], rim_px: float, fine: int) -> NDArray[np.float64]:
    """The aperture's image, of sum 1; edges go over one pixel of the finer grid.

    Args:
        outwards_px: of ``_outwards_px``.
        rim_px: the radius of a disc, or of the circle that the sides of a polygon touch.
        fine: as of ``_outwards_px``.
    """
    coverage = np.clip((rim_px - outwards_px) * fine + 0.5, 0, 1)
    size = outwards_px.shape[0] // fine
    coverage = coverage.reshape(size, fine, size, fine).sum(axis=(1, 3))
    weights: NDArray[np.float64] = coverage / coverage.sum()
    return weights


def _centred(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move a kernel's mean to 0: a share of its weights goes to the next row and column."""
    moments = _moments(weights)
    for axis, mean in enumerate((moments[1, 0], moments[0, 1])):
        taps = np.array([max(mean, 0), 1 - abs(mean), max(-mean, 0)])
        weights = convolve1d(weights, taps, axis, mode="constant")
    return weights


def _evened(weights: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Blur a kernel by 3 x 3 taps, which add what its variances along both axes lack.

    Convolved kernels add their variances and covariances. Two taps of c on a diagonal add 2 c
    to both variances, and 2 c or -2 c to the covariance.
    """
    down, right, between = _covariance(weights)
    corner = abs(between) / 2
    # Not less than 0: the search for the radius ends within 1e-10.
    above, beside = (max((variance - along) / 2 - corner, 0) for along in (down, right))
    falling, rising = (corner, 0.0) if between < 0 else (0.0, corner)
    taps = [
        [falling, above, rising],
        [beside, 1 - 2 * (above + beside + corner), beside],
        [rising, above, falling],
    ]
    return np.asarray(convolve(weights, np.array(taps), mode="constant"))


def _moments(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of row^i times column^j, 3 x 3 for i and j from 0 to 2, counted from the middle."""
    powers = (np.arange(weights.shape[0]) - weights.shape[0] // 2.0)[:, np.newaxis] ** range(3)
    return np.asarray(powers.T @ weights @ powers)


def _covariance(weights: NDArray[np.float64]) -> tuple[float, float, float]:
    """Variances along rows and along columns, and the covariance of both, of ``_centred`` weights.

    The weights themselves need not be centred: moving a share m of them by a pixel adds m (1 - m).
    """
    (_, column, right), (row, between, _), (down, _, _) = _moments(weights).tolist()
    return (
        down - row**2 + abs(row) * (1 - abs(row)),
        right - column**2 + abs(column) * (1 - abs(column)),
        between - row * column,
    )


def spread_planes(planes: Stack, sigma_px: float, aperture: Aperture) -> Stack:
    """Blur planes with zeros around them by the image of an aperture.

    Args:
        planes: C x H x W.
        sigma_px: at least 0.
        aperture: whose shape the blur has.

    Returns:
        C x H x W; what spreads over the borders is lost.
    """
    radius = radius_px(aperture, sigma_px)
    if sigma_px == 0:
        return planes
    if aperture.shape != "gaussian" and radius > MOST_DIRECT_PX:
        height, width = planes.shape[1:]
        return _convolved(planes, sigma_px, aperture)[:, radius:][:, :height, radius:][..., :width]
    spread, border = np.empty_like(planes), cv2.BORDER_CONSTANT
    if aperture.shape == "gaussian":
        taps = gaussian_kernel(sigma_px).astype(np.float32)
        for plane, out in zip(planes, spread, strict=True):
            cv2.sepFilter2D(plane, -1, taps, taps, dst=out, borderType=border)
    else:
        weights = kernel(aperture, sigma_px)[::-1, ::-1].astype(np.float32)
        for plane, out in zip(planes, spread, strict=True):
            cv2.filter2D(plane, -1, weights, dst=out, borderType=border)
    return spread


def spread_grown(planes: Stack, sigma_px: float, aperture: Aperture) -> Stack:
    """Blur planes with zeros around them, keeping all that spreads over their borders.

    Args:
        planes: C x H x W.
        sigma_px: at least 0.
        aperture: whose shape the blur has.

    Returns:
        C x (H + 2 r) x (W + 2 r), r = ``radius_px(aperture, sigma_px)``.
    """
    radius = radius_px(aperture, sigma_px)
    if aperture.shape != "gaussian" and radius > MOST_DIRECT_PX:
        return _convolved(planes, sigma_px, aperture)
    around = ((0, 0), (radius, radius), (radius, radius))
    return spread_planes(np.pad(planes, around), sigma_px, aperture)


def _convolved(planes: Stack, sigma_px: float, aperture: Aperture) -> Stack:
    """As ``spread_grown``, by products of Fourier transforms."""
    weights = kernel(aperture, sigma_px).astype(np.float32)
    grown = [n + k - 1 for n, k in zip(planes.shape[1:], weights.shape, strict=True)]
    size = [next_fast_len(n, real=True) for n in grown]
    product = rfft2(planes, size)
    product *= rfft2(weights, size)
    spread: Stack = irfft2(product, size)[:, : grown[0], : grown[1]]
    return spread
