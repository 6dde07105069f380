"""Mending maps: unknown values are filled, and the steps of maps of few levels become slopes."""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from dmenet.errors import InputError

Holes = Literal["error", "fill"]
"""Of unknown values: whether they are refused, or filled from the farther surface beside them."""

CONNECTED_STEPS = 1.5
"""Neighbours that differ by more than their surroundings, and by so many steps, are on two
surfaces."""

OVER_RELAXATION = 1.6
ROUNDS = 12
COARSEST_PX = 8

_Plane = NDArray[np.float32]


def check_known(known: NDArray[np.bool_], holes: Holes, path: Path) -> None:
    """Refuse a map with unknown values, unless they are to be filled and some are known.

    Args:
        known: H x W.
        holes: what is wanted.
        path: of the map.

    Raises:
        InputError: naming the file and how much of it is unknown.
    """
    if not known.any():
        raise InputError(
            f"{path}: no value is known (all are 0, negative or not finite). Expected a depth or "
            "disparity map; is it the right file?"
        )
    if holes == "error" and not known.all():
        share = 1 - known.mean()
        raise InputError(
            f"{path}: {share:.1%} of the values are unknown (0, negative or not finite). Fill them "
            "first, or give holes=fill to have them filled from the farther surface beside them"
        )


def fill_from_behind(
    disparity: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Fill unknown disparities with the smaller of the nearest known ones in the row.

    Args:
        disparity: H x W, in any unit that falls with depth.
        known: H x W, with at least one pixel known. A row that has none takes what the nearest row
            with some got.

    Returns:
        H x W, equal to the input where known.
    """
    height, width = disparity.shape
    columns = np.broadcast_to(np.arange(width), (height, width))
    before = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    reverse = np.where(known, columns, width)[:, ::-1]
    after = np.minimum.accumulate(reverse, axis=1)[:, ::-1]
    rows = np.arange(height)[:, np.newaxis]
    # Where a row starts or ends with unknown pixels, only one side is there to ask.
    from_left = np.where(before >= 0, disparity[rows, np.maximum(before, 0)], np.inf)
    from_right = np.where(after < width, disparity[rows, np.minimum(after, width - 1)], np.inf)
    filled = np.minimum(from_left, from_right).astype(np.float32)
    some = np.flatnonzero(known.any(axis=1))
    filled = filled[some[np.abs(rows - some).argmin(axis=1)]]
    # Rows were filled separately; the median removes the streaks.
    return np.where(known, disparity, median_filter(filled, size=5)).astype(np.float32)


def fill_depth_from_behind(
    depth_mm: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """As ``fill_from_behind``, for depths: the larger of the nearest known ones in the row.

    Args:
        depth_mm: H x W.
        known: H x W, with at least one pixel known.

    Returns:
        H x W, equal to the input where known.
    """
    if known.all():
        return depth_mm
    falling = np.where(known, -depth_mm, 0).astype(np.float32)
    return np.where(known, depth_mm, -fill_from_behind(falling, known))


def dequantised(values: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Turn the terraces of rounded values into slopes.

    Of all maps that round to the given one, about the smoothest: the sum of squared differences of
    connected neighbours is least, and no value moves by more than half a step. A plane comes back,
    as a string pulled tight in a tube is straight. Neighbours on two surfaces do not pull at each
    other, so depth edges stay.

    Args:
        values: H x W, rounded to multiples of ``step``.
        step: of the rounding, over 0, in the unit of ``values``.

    Returns:
        H x W. Solved by projected over-relaxation, a few rounds on each scale from coarse to fine.
    """
    rounded = (values / step).astype(np.float32)
    coarse_to_fine = [rounded]
    while min(coarse_to_fine[0].shape) >= 2 * COARSEST_PX:
        # Wide terraces are crossed where they are few pixels.
        coarse_to_fine.insert(0, coarse_to_fine[0][::2, ::2])
    smooth = coarse_to_fine[0]
    for plane in coarse_to_fine:
        if plane.shape != smooth.shape:
            smooth = _twice_as_fine(smooth, plane.shape)
        smooth = _relaxed(np.clip(smooth, plane - 0.5, plane + 0.5), plane)
    return values + np.clip((smooth - rounded).astype(np.float64), -0.5, 0.5) * step


def _twice_as_fine(plane: _Plane, shape: tuple[int, ...]) -> _Plane:
    """Invert ``[::2, ::2]``: what was left out is the mean of its neighbours."""
    for axis in (0, 1):
        plane = np.moveaxis(plane, axis, 0)
        after = np.concatenate([plane[1:], plane[-1:]])
        between = np.stack([plane, (plane + after) / 2], axis=1)
        plane = np.moveaxis(between.reshape(-1, plane.shape[1])[: shape[axis]], 0, axis)
    return plane


def _relaxed(smooth: _Plane, rounded: _Plane) -> _Plane:
    """Move each value towards the mean of its connected neighbours, within half a step."""
    right, below = _connected(rounded, 1), _connected(rounded, 0)
    links = np.zeros_like(rounded)
    links[:, :-1] += right
    links[:, 1:] += right
    links[:-1] += below
    links[1:] += below
    reciprocal = OVER_RELAXATION / np.maximum(links, 1)
    checkered = np.indices(rounded.shape).sum(axis=0) % 2 == 0
    # 0 on the squares of the other colour, which stay as they are.
    weights = [reciprocal * colour for colour in (checkered, ~checkered)]
    least, most = rounded - 0.5, rounded + 0.5
    smooth, pull = smooth.copy(), np.empty_like(smooth)
    across, down = np.empty_like(right), np.empty_like(below)
    for _ in range(ROUNDS):
        for weight in weights:
            np.multiply(right, np.subtract(smooth[:, 1:], smooth[:, :-1], out=across), out=across)
            np.multiply(below, np.subtract(smooth[1:], smooth[:-1], out=down), out=down)
            pull[:, :-1], pull[:, -1] = across, 0
            pull[:, 1:] -= across
            pull[:-1] += down
            pull[1:] -= down
            pull *= weight
            smooth += pull
            np.minimum(np.maximum(smooth, least, out=smooth), most, out=smooth)
    return smooth


def _connected(rounded: _Plane, axis: int) -> _Plane:
    """1 for each pair of neighbours along an axis that lies on one surface, else 0."""
    steps = np.moveaxis(np.diff(rounded, axis=axis), axis, 0)
    padded = np.pad(steps, ((1, 1), (0, 0)))
    # On a steep surface the pairs on both sides rise alike; at a depth edge they do not.
    upwards = np.sign(steps)
    slope = np.minimum(padded[:-2] * upwards, padded[2:] * upwards).clip(min=0)
    connected = np.abs(steps) <= slope + CONNECTED_STEPS
    return np.moveaxis(connected.astype(np.float32), 0, axis)
