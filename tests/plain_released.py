"""The released generator's steps done plainly, for its tests and for figures at full size.

Agrees with arrays of the released generator to 1e-7, and takes minutes for a full frame.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

from dmenet.synthesis.released.layers import MAX_COC_PX, Layers

Array = NDArray[Any]


def plain_blur(plane: Array, coc_px: float) -> Array:
    if coc_px <= 1:
        return plane.astype(np.float64)
    place = np.arange(MAX_COC_PX) - MAX_COC_PX // 2
    kernel = np.exp(-(place**2) / (2 * ((coc_px - 1) / 4) ** 2))
    kernel /= kernel.sum()
    along_columns = correlate1d(plane.astype(np.float64), kernel, axis=0, mode="reflect")
    return correlate1d(along_columns, kernel, axis=1, mode="reflect")


def plain_laplace(stack: Array, region: Array) -> Array:
    """Solve directly for the pixels of a region; H x W x C from H x W x C and H x W."""
    height, width = region.shape
    size = int(np.count_nonzero(region))
    number = np.full(region.shape, -1)
    number[region] = np.arange(size)
    rows, columns = np.nonzero(region)
    degree, right = np.zeros(size), np.zeros((size, stack.shape[2]))
    pairs: list[tuple[Array, Array]] = []
    for down, across in ((-1, 0), (0, -1), (0, 1), (1, 0)):
        there = rows + down, columns + across
        exists = (there[0] >= 0) & (there[0] < height) & (there[1] >= 0) & (there[1] < width)
        degree += exists
        own = np.flatnonzero(exists)
        other = number[there[0][own], there[1][own]]
        pairs.append((own[other >= 0], other[other >= 0]))
        own = own[other < 0]
        right[own] += stack[there[0][own], there[1][own]]
    place = tuple(np.concatenate(ends) for ends in zip(*pairs, strict=True))
    matrix = diags(degree) - coo_matrix((np.ones(place[0].size), place), shape=(size, size))
    filled = stack.copy()
    if size:
        filled[region] = splu(matrix.tocsc()).solve(right)
    return filled


def plain_render(image: Array, layers: Layers) -> Array:
    """Every step on whole images, in double precision."""
    shape = layers.index.shape
    canvas, coverage = np.zeros((*shape, 3)), np.zeros(shape)
    in_focus = np.flatnonzero(layers.cocs_px <= 1)
    first = in_focus[0] if in_focus.size else layers.cocs_px.size
    for layer, coc in enumerate(layers.cocs_px):
        own = layers.index == layer
        mask = plain_blur(own, coc)
        mask[mask < 1e-4] = 0
        front = np.dstack([plain_blur(image[..., c] * own, coc) for c in range(3)])
        if layer > first:
            behind = layers.index < layer
            band = ~behind & (plain_blur(behind, coc) >= 1e-3)
            covered = coverage != 0
            canvas[covered] /= coverage[covered][:, np.newaxis]
            coverage[covered] = 1
            picture = np.dstack([canvas * behind[..., np.newaxis], behind.astype(np.float64)])
            filled = plain_laplace(picture, band)
            canvas[band], coverage[band] = filled[band][:, :3], filled[band][:, 3]
        canvas = (1 - mask[..., np.newaxis]) * canvas + front
        coverage = (1 - mask) * coverage + mask
    return canvas / coverage[..., np.newaxis]
