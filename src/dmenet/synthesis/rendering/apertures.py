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
from typing import Annotated, Literal, get_args

import cv2
import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray
from scipy.ndimage import convolve, convolve1d
from scipy.optimize import brentq

from dmenet.errors import InputError
from dmenet.synthesis.rendering.blur import Stack, gaussian_kernel, kernel_radius_px

Shape = Literal["gaussian", "disc", "polygon"]
Blades = Annotated[int, Ge(3)]

ANTIALIASED_PX = 2
"""By so much the pixels of an edge reach over the radius."""

FINE_UNDER_SIGMA_PX = 2.0
FINE_SAMPLES = 5
"""A small aperture is drawn on so fine a grid, or polygons of odd corners would be off centre."""

KEPT_KERNELS = 256


@dataclass(frozen=True)
class Aperture:
    """The opening of a lens, whose scaled image is the blur of a point.

    Attributes:
        shape: ``gaussian`` is a lens that lets less through towards its rim.
        blades: corners of a polygon, at least 3.
        rotation_degrees: of a polygon.

    Raises:
        InputError: if the shape is unknown or there are fewer than three blades.
    """

    shape: Shape = "gaussian"
    blades: Blades = 6
    rotation_degrees: float = 0.0

    def __post_init__(self) -> None:
        if self.shape not in get_args(Shape):
            raise InputError(f"aperture: shape is {self.shape!r}, expected {get_args(Shape)}")
        if self.blades < 3:
            raise InputError(f"aperture: blades is {self.blades}, expected at least 3")


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

        def excess(radius: float) -> float:
            down, right, between = _covariance(_drawn(aperture, radius, reach, fine))
            return max(down, right) + abs(between) - sigma_px**2

        radius = brentq(excess, 0.0, ideal_px + 1.5, xtol=1e-10)
        weights = _evened(_drawn(aperture, radius, reach, fine), sigma_px**2)
    weights.setflags(write=False)
    return weights


def _drawn(aperture: Aperture, radius: float, reach: int, fine: int) -> NDArray[np.float64]:
    """The aperture's image, of sum 1; edges go over one pixel of a grid that is finer than px."""
    size = 2 * reach + 1
    place = (np.arange(size * fine) + 0.5) / fine - size / 2
    rows, columns = place[:, np.newaxis], place
    if aperture.shape == "disc":
        outside_px = np.hypot(rows, columns) - radius
    else:
        turns = 2 * math.pi * np.arange(aperture.blades) / aperture.blades
        angles = turns + math.radians(aperture.rotation_degrees)
        across = np.cos(angles)[:, None, None] * columns + np.sin(angles)[:, None, None] * rows
        outside_px = across.max(axis=0) - radius * math.cos(math.pi / aperture.blades)
    coverage = np.clip(0.5 - outside_px * fine, 0, 1)
    coverage = coverage.reshape(size, fine, size, fine).sum(axis=(1, 3))
    weights: NDArray[np.float64] = coverage / coverage.sum()
    return weights if aperture.shape == "disc" else _centred(weights)


def _centred(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move a kernel's mean to 0: a share of its weights goes to the next row and column."""
    place = np.arange(weights.shape[0]) - weights.shape[0] // 2
    for axis in (0, 1):
        mean = float(weights.sum(axis=1 - axis) @ place)
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


def _covariance(weights: NDArray[np.float64]) -> tuple[float, float, float]:
    """Variances along rows and along columns, and the covariance of both, of a centred kernel."""
    place = np.arange(weights.shape[0]) - weights.shape[0] // 2
    along_rows, along_columns = weights.sum(axis=1), weights.sum(axis=0)
    return (
        float(along_rows @ place**2),
        float(along_columns @ place**2),
        float(place @ weights @ place),
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
    if sigma_px == 0:
        return planes
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
    around = ((0, 0), (radius, radius), (radius, radius))
    return spread_planes(np.pad(planes, around), sigma_px, aperture)
