"""Undoing the steps of maps of few levels."""

import numpy as np
from numpy.typing import NDArray

CONNECTED_STEPS = 1.5
"""Neighbours that differ by more than their surroundings, and by so many steps, are on two
surfaces."""

OVER_RELAXATION = 1.6
ROUNDS = 12
COARSEST_PX = 8

_Plane = NDArray[np.float32]


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
