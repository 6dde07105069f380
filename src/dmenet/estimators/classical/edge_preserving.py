"""Filters that smooth a dense image or map, but keep its large edges."""

import numpy as np
from numpy.typing import NDArray

from dmenet.sample import Image, Map

_ROWS_AT_ONCE = 32


def rolling_guidance(image: Image, *, spatial_px: float, colour: float, iterations: int) -> Image:
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
        for dy in range(2 * radius + 1):
            for dx in range(2 * radius + 1):
                there = (slice(dy, dy + height), slice(dx, dx + width))
                distance = ((dy - radius) ** 2 + (dx - radius) ** 2) / spatial_px**2
                difference = (padded_guide[there] - guide) ** 2 / colour**2
                weight = np.exp(-(distance + difference) / 2)
                total += weight * padded[there]
                weights += weight
        guide = total / weights
    return guide


def weighted_median(
    values: Map, guide: Image, *, radius: int, colour: float, iterations: int
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
