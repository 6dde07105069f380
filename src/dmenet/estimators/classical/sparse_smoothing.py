"""Smoothing of values that are known at edges only; what is not known stays so."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from dmenet.estimators.classical.grey import Grey
from dmenet.sample import Image

_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Half of the eight; the others are the same pairs seen from the other side."""


def joint_bilateral(
    values: Grey,
    guide: Image,
    *,
    spatial_px: float,
    colour: float,
    radius: int,
    trust: Grey | None = None,
) -> Grey:
    """Average each known value with those near it in the image and in colour.

    Args:
        values: H x W, nan where unknown.
        guide: the image, H x W x 3.
        spatial_px: sigma of the weight of a distance.
        colour: sigma of the weight of a distance of colours (Euclidean, in RGB of [0, 1]).
        radius: farther rows and columns have no weight.
        trust: a factor of the weight of each value; None is 1.
    """
    known = np.isfinite(values)
    factor = np.pad(known * (1.0 if trust is None else trust), radius)
    padded_values = np.pad(np.where(known, values, 0), radius)
    padded_guide = np.pad(guide, ((radius, radius), (radius, radius), (0, 0)))
    rows, columns = np.nonzero(known)
    centre = guide[rows, columns]
    total, weights = np.zeros(len(rows)), np.zeros(len(rows))
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            there = (rows + radius + dy, columns + radius + dx)
            difference = ((padded_guide[there] - centre) ** 2).sum(axis=1)
            exponent = (dy**2 + dx**2) / spatial_px**2 + difference / colour**2
            weight = factor[there] * np.exp(-exponent / 2)
            total += weight * padded_values[there]
            weights += weight
    smooth = np.full_like(values, np.nan)
    smooth[rows, columns] = total / weights
    return smooth


def along_edges(values: Grey, confidence: NDArray[np.int_], stiffness: float) -> Grey:
    """Smooth values along connected edges (Karaali & Jung 2018).

    Minimises the sum of confidence (smooth - value)^2 over pixels and 2 stiffness (difference)^2
    over pairs of neighbouring (8-connected) pixels.

    Args:
        values: H x W, nan where there is no edge.
        confidence: H x W, positive.
        stiffness: the larger, the smoother.
    """
    known = np.isfinite(values)
    count = int(known.sum())
    number = np.full(values.shape, -1)
    number[known] = np.arange(count)
    first, second = _pairs(number)
    weight = np.full(len(first), 2 * stiffness)
    upper = sparse.coo_matrix((weight, (first, second)), shape=(count, count)).tocsc()
    links = upper + upper.T
    trust = confidence[known].astype(np.float64)
    diagonal = np.asarray(links.sum(axis=1)).ravel() + trust
    smooth = np.full_like(values, np.nan)
    if count:
        matrix = (sparse.diags_array(diagonal) - links).tocsc()
        smooth[known] = linalg.spsolve(matrix, trust * values[known])
    return smooth


def _pairs(number: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """The numbers of neighbouring pixels, each pair once; -1 numbers no pixel."""
    height, width = number.shape
    padded = np.pad(number, 1, constant_values=-1)
    pairs = []
    for dy, dx in _NEIGHBOURS:
        there = padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        both = (number >= 0) & (there >= 0)
        pairs.append((number[both], there[both]))
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return first, second
