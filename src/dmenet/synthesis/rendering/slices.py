"""Cutting a surface of varying blur into slices of one blur each, without seams."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dmenet.synthesis.rendering.boxes import occupied_cells, occupied_part
from dmenet.tiles import Box, whole

FINEST_STEP_PX = 0.3
WIDEST_RATIO = 1.2
"""Levels are 0.3 px apart up to sigma 1.5 and 20 % apart above. A mix of two neighbours has exactly
the right variance; above 1.5 px its excess kurtosis is under 0.1 (0 in a Gaussian), and below, the
pixel grid hides the shape of the kernel."""

MOST_EXACT_LEVELS = 16

EVERY_SOME = 61
"""Some of the values are mostly enough to see that a map has more; sorting all of them is slow."""


class Slice(NamedTuple):
    """The part of a map that is blurred with one sigma."""

    sigma_px: float
    """At least 0."""
    box: Box
    """Holds the non-zero weights."""
    weight: NDArray[np.float32]
    """The share of each pixel of the box that belongs to the slice, in [0, 1]."""


def levels_px(signed_sigma_px: NDArray[np.float32]) -> NDArray[np.float64]:
    """The sigmas at which a map is cut, ascending, from its minimum to its maximum.

    A map of few distinct values keeps them, so that planes parallel to the sensor are blurred by
    exactly their sigma. Else 0 is among the levels of a map with both signs.

    Args:
        signed_sigma_px: any shape, not empty; positive behind the focal plane.
    """
    low, high = float(signed_sigma_px.min()), float(signed_sigma_px.max())
    if low == high:
        return np.array([low])
    if np.unique(signed_sigma_px.ravel()[::EVERY_SOME]).size <= MOST_EXACT_LEVELS:
        distinct = np.unique(signed_sigma_px)
        if distinct.size <= MOST_EXACT_LEVELS:
            return distinct.astype(np.float64)
    knee = FINEST_STEP_PX / (WIDEST_RATIO - 1)
    linear = np.arange(0.0, knee, FINEST_STEP_PX)
    steps = max(0, math.ceil(math.log(max(-low, high) / knee, WIDEST_RATIO)))
    grid = np.concatenate([linear, knee * WIDEST_RATIO ** np.arange(steps + 1)])
    levels: NDArray[np.float64] = np.unique(np.clip(np.concatenate([-grid, grid]), low, high))
    return levels


def cut(signed_sigma_px: NDArray[np.float32], levels: NDArray[np.float64]) -> Iterator[Slice]:
    """Cut a map into slices whose weights add up to 1 at each pixel, nearest first.

    A pixel between two levels belongs to both, in the shares that give its variance exactly.

    Args:
        signed_sigma_px: H x W; positive behind the focal plane (an unsigned map works as well).
        levels: of ``levels_px`` of these values, at least two.

    Yields:
        A slice per level that has pixels, by ascending signed sigma.
    """
    # Variance with the sign of its sigma: monotone in the level, linear in the shares.
    variance = signed_sigma_px * np.abs(signed_sigma_px)
    ends = (levels * np.abs(levels)).astype(np.float32)
    lower = np.clip(np.searchsorted(ends, variance, side="right") - 1, 0, ends.size - 2)
    share = np.clip((variance - ends[lower]) / np.diff(ends)[lower], 0, 1).astype(np.float32)
    cells = occupied_cells(lower, levels.size)
    cells[1:] |= cells[:-1]
    for index, level in enumerate(levels):
        box = occupied_part(cells[index], whole(lower.shape))
        upper_share, from_level = share[box], lower[box]
        # Of the pixels from the level up, and of those up to it.
        weight = (1 - upper_share) * (from_level == index) + upper_share * (from_level == index - 1)
        if weight.any():
            yield Slice(abs(float(level)), box, weight)
