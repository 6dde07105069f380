"""The matting Laplacian: how much the pixels of an image want to have values alike.

Levin, Lischinski & Weiss, "A closed-form solution to natural image matting", PAMI 30(2), 2008:
within every window of 3 x 3 pixels the values should be an affine function of the colours.
"""

from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

REACH = 2
"""Pixels that lie so many rows and columns apart still share a window."""

_WINDOW = tuple(product(range(3), range(3)))
_PIXELS = len(_WINDOW)

Array = NDArray[np.float64]


def matting_laplacian(colours: Array, epsilon: float) -> sparse.csc_array:
    """The Laplacian of an image, n x n for its n pixels in the order of rows.

    It is symmetric, positive semi-definite, and its rows add up to zero.

    Args:
        colours: H x W x 3, of at least 3 rows and columns.
        epsilon: the larger, the less the values follow the colours.
    """
    height, width = colours.shape[:2]
    number = np.arange(height * width, dtype=np.int32).reshape(height, width)
    rows, columns, values = [], [], []
    for (dy, dx), affinity in _affinities(colours, epsilon).items():
        here = (slice(0, height - dy), slice(max(0, -dx), min(width, width - dx)))
        rows.append(number[here].ravel())
        columns.append(rows[-1] + dy * width + dx)
        values.append(affinity[here].ravel())
    coordinates = (np.concatenate(rows), np.concatenate(columns))
    shape = (height * width, height * width)
    half = sparse.csc_array((np.concatenate(values), coordinates), shape=shape)
    affinities = half + half.T
    return (sparse.diags_array(affinities.sum(axis=0)) - affinities).tocsc()


def _affinities(colours: Array, epsilon: float) -> dict[tuple[int, int], Array]:
    """Equation 12 without its delta: the affinity of every pixel to the one at each offset.

    Offsets lead to later pixels only. Those of a pixel to itself drop out of the Laplacian.
    """
    height, width = colours.shape[:2]
    whitened = _whitened_windows(colours, epsilon)
    affinities: dict[tuple[int, int], Array] = {}
    for (i, (yi, xi)), (j, (yj, xj)) in combinations(enumerate(_WINDOW), 2):
        alike = np.einsum("cyx,cyx->yx", whitened[i], whitened[j])
        there = affinities.setdefault((yj - yi, xj - xi), np.zeros((height, width)))
        there[yi : height - 2 + yi, xi : width - 2 + xi] += (1 + alike) / _PIXELS
    return affinities


def _whitened_windows(colours: Array, epsilon: float) -> Array:
    """Colours of the nine pixels of every window, less their mean, with unit covariance.

    Where ``c`` are colours less the mean and ``S`` is the covariance with epsilon / 9 on its
    diagonal, the products of these are c' inverse(S) c. ``S`` is nearly singular wherever colours
    lie on a line: Cholesky's factors are exact enough, cofactors are not.

    Returns:
        9 x 3 x (H - 2) x (W - 2).
    """
    height, width = colours.shape[:2]
    channels = np.moveaxis(colours, -1, 0)
    windows = np.stack([channels[:, y : height - 2 + y, x : width - 2 + x] for y, x in _WINDOW])
    r, g, b = np.moveaxis(windows - windows.mean(axis=0), 1, 0)
    ridge = epsilon / _PIXELS

    def covariance(one: Array, other: Array) -> Array:
        mean: Array = np.einsum("iyx,iyx->yx", one, other) / _PIXELS
        return mean

    rr = covariance(r, r) + ridge
    gr, br = covariance(g, r) / rr, covariance(b, r) / rr
    gg = covariance(g, g) + ridge - gr**2 * rr
    bg = (covariance(b, g) - br * gr * rr) / gg
    bb = covariance(b, b) + ridge - br**2 * rr - bg**2 * gg
    g_alone = g - gr * r
    b_alone = b - br * r - bg * g_alone
    return np.stack([r / np.sqrt(rr), g_alone / np.sqrt(gg), b_alone / np.sqrt(bb)], axis=1)
