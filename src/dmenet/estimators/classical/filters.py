"""Filters that smooth under a guide: dense images and maps, and values known at edges only."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from dmenet.estimators.classical.edges import Grey
from dmenet.ranges import Count, Positive
from dmenet.sample import Image, Map

_ROWS_AT_ONCE = 32


def rolling_guidance(
    image: Image, *, spatial_px: Positive, colour: Positive, iterations: Count
) -> Image:
    """Remove what is small, keep the edges of what is large.

    Zhang, Shen, Xu & Jia, "Rolling guidance filter", ECCV 2014: a joint bilateral filter of the
    image under the result of the iteration before, for each channel; the first is a Gaussian.

    Args:
        image: H x W x C.
        spatial_px: sigma of the Gaussian; structures that are smaller vanish.
        colour: sigma of the weight of a difference of the guide.
        iterations: the first included.
    """
    radius = int(np.ceil(3 * spatial_px))
    height, width = image.shape[:2]
    border = ((radius, radius), (radius, radius), (0, 0))
    padded = np.pad(image, border, mode="edge")
    guide = np.zeros_like(image)
    for _ in range(iterations):
        padded_guide = np.pad(guide, border, mode="edge")
        total, weights = np.zeros_like(image), np.zeros_like(image)
        for dy, dx in product(range(2 * radius + 1), repeat=2):
            there = (slice(dy, dy + height), slice(dx, dx + width))
            distance = ((dy - radius) ** 2 + (dx - radius) ** 2) / spatial_px**2
            difference = (padded_guide[there] - guide) ** 2 / colour**2
            weight = np.exp(-(distance + difference) / 2)
            total += weight * padded[there]
            weights += weight
        guide = total / weights
    return guide


def weighted_median(
    values: Map, guide: Image, *, radius: Count, colour: Positive, iterations: Count
) -> Map:
    """Medians of windows, in which pixels count the more the more they are like the middle one.

    Zhang, Xu & Jia, "100+ times faster weighted median filter", CVPR 2014, without its
    quantisation.

    Args:
        values: H x W.
        guide: H x W x 3.
        radius: of the windows, in px; they end at the border.
        colour: sigma of the weight of a distance of colours.
        iterations: how often it is repeated.
    """
    result = values
    for _ in range(iterations):
        starts = range(0, len(values), _ROWS_AT_ONCE)
        result = np.concatenate([_medians(result, guide, radius, colour, row) for row in starts])
    return result


def _medians(values: Map, guide: Image, radius: int, colour: float, row: int) -> Map:
    """Of the rows from ``row`` on, as many as are done at once."""
    rows = slice(row, row + _ROWS_AT_ONCE)

    def windows(array: Map) -> NDArray[np.float32]:
        padded = np.pad(array, radius)[row : rows.stop + 2 * radius]
        side = 2 * radius + 1
        views = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
        return views.reshape(*views.shape[:2], -1)

    inside = windows(np.ones_like(values))
    neighbours = windows(values)
    distance = np.zeros(inside.shape, np.float32)
    for channel in range(guide.shape[2]):
        distance += (windows(guide[..., channel]) - guide[rows, :, channel, None]) ** 2
    weight = inside * np.exp(-distance / (2 * colour**2))
    order = np.argsort(neighbours, axis=-1)
    up_to = np.take_along_axis(weight, order, axis=-1).cumsum(axis=-1)
    middle = (up_to >= up_to[..., -1:] / 2).argmax(axis=-1)
    chosen = np.take_along_axis(order, middle[..., None], axis=-1)
    medians: Map = np.take_along_axis(neighbours, chosen, axis=-1)[..., 0]
    return medians


_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Half of the eight; the others are the same pairs seen from the other side."""


def joint_bilateral(
    values: Grey,
    guide: Image,
    *,
    spatial_px: Positive,
    colour: Positive,
    radius: Count,
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
    for dy, dx in product(range(-radius, radius + 1), repeat=2):
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
