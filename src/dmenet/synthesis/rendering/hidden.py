"""Guessing what an occluder hides, in the band where a lens would see past its edge."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dmenet.synthesis.rendering.apertures import Stack
from dmenet.tiles import Box

EDGE_STEP_PX = 0.35
EDGE_STEP_SHARE = 0.1
"""Neighbours whose sigmas differ by more than the step and this share of their own lie on two
surfaces: maps of few depth levels are not to be taken for stairs."""

BAND_LIMITS_PX = (-4.0, -2.0, -0.75, 0.75, 2.0, 4.0)
"""Signed sigmas that separate groups of surfaces. Each group is extended behind what is nearer.
They are the same for every image, so that a crop is completed as the whole is."""

REACH_SIGMAS = 3.0
"""How far past an edge a Gaussian lens sees: one point in 700 comes from beyond."""

RELAXATIONS = 20
"""Steps towards the Laplace equation between the rims. Of all guesses at a texture that cannot be
seen, the smoothest errs least."""


def edge_step_px(sigma_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how much the sigma of a neighbour has to differ for it to lie on another surface."""
    return np.float32(EDGE_STEP_PX) + np.float32(EDGE_STEP_SHARE) * np.abs(sigma_px)


def reach_px(sigma_px: NDArray[np.floating] | float) -> NDArray[np.floating]:
    """How far from its edge a hidden surface may be seen, where the larger sigma is this."""
    return REACH_SIGMAS * np.asarray(sigma_px) + 2


def farthest_source_px(greatest_sigma_px: float) -> int:
    """No guess depends on what is farther away than this along rows or columns.

    Args:
        greatest_sigma_px: no sigma is over it.
    """
    return int(np.ceil(reach_px(greatest_sigma_px))) + RELAXATIONS + 1


def complete_behind(
    colour: Stack, signed_sigma_px: NDArray[np.float32]
) -> tuple[Stack, NDArray[np.float32]]:
    """Continue what lies behind each depth edge under the occluder.

    A hidden pixel takes the sigma of the nearest far side of an edge, and its colour, drawn towards
    that of the hidden pixels around it.

    Args:
        colour: 3 x H x W.
        signed_sigma_px: H x W, rising with depth.

    Returns:
        Colour and alpha (1 where something was completed, else 0) as 4 x H x W, colour times alpha;
        and the signed sigma of the hidden surface, H x W, equal to the input where alpha is 0.
    """
    sigma = signed_sigma_px
    hidden = np.zeros((4, *sigma.shape), np.float32)
    behind = sigma.copy()
    far_side = sigma - cv2.erode(sigma, np.ones((3, 3), np.uint8)) > edge_step_px(sigma)
    if not far_side.any():
        return hidden, behind
    nearest = np.full(sigma.shape, np.inf, np.float32)
    farthest = int(np.ceil(reach_px(float(np.abs(sigma).max()))))
    bands = np.full(sigma.shape, -1, np.int8)
    bands[far_side] = np.digitize(sigma[far_side], BAND_LIMITS_PX)
    for band in range(len(BAND_LIMITS_PX) + 1):
        seeds = bands == band
        if not seeds.any():
            continue
        box = _box_around(seeds, farthest)
        distance, seed = _nearest_seed(seeds[box])
        beyond = sigma[box].ravel()[seed]
        reach = reach_px(np.maximum(np.abs(sigma[box]), np.abs(beyond)))
        reach = np.minimum(reach, nearest[box])
        better = (beyond - sigma[box] > edge_step_px(beyond)) & (distance < reach)
        nearest[box][better] = distance[better]
        behind[box][better] = beyond[better]
        for plane, seen in zip(hidden[:3], colour, strict=True):
            plane[box][better] = seen[box].ravel()[seed[better]]
        hidden[3][box][better] = 1
    _relax(hidden, colour, far_side)
    return hidden, behind


def _relax(hidden: Stack, colour: Stack, far_side: NDArray[np.bool_]) -> None:
    """Draw each hidden pixel to the mean of its neighbours, from the rims inwards, in place."""
    inside = hidden[3] > 0
    known = np.pad(inside | far_side, 1)
    number = np.cumsum(known).reshape(known.shape) - 1
    places = np.flatnonzero(np.pad(inside, 1))
    # Hidden pixels are few, so that a sparse matrix takes the means.
    stride = known.shape[1]
    around = np.add.outer((-stride, 0, stride), (-1, 0, 1)).ravel()
    neighbours = places[:, np.newaxis] + around
    counted = known.ravel()[neighbours]
    counts = counted.sum(axis=1)
    mean = csr_array(
        (
            np.repeat(1 / counts.astype(np.float32), counts),
            number.ravel()[neighbours[counted]],
            np.append(0, np.cumsum(counts)),
        ),
        shape=(places.size, np.count_nonzero(known)),
    )
    values = np.where(inside, hidden[:3], colour)[:, known[1:-1, 1:-1]].T.copy()
    own = number.ravel()[places]
    for _ in range(RELAXATIONS):
        values[own] = mean @ values
    hidden[:3, inside] = values[own].T


def _box_around(pixels: NDArray[np.bool_], margin: int) -> Box:
    used = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(max(0, u[0] - margin), u[-1] + 1 + margin) for u in used)
    return rows, columns


def _nearest_seed(seeds: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Distance in px to the nearest seed, and its index in the flattened image."""
    distance, label = cv2.distanceTransformWithLabels(
        (~seeds).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.flatnonzero(seeds)
    place_of = np.zeros(places.size + 1, np.intp)
    place_of[label.ravel()[places]] = places
    return np.asarray(distance, np.float32), place_of[label]
