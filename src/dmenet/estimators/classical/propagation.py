"""From values at edges to values everywhere: least change under the matting Laplacian.

It says how much pixels want to have values alike (Levin, Lischinski & Weiss, "A closed-form
solution to natural image matting", PAMI 30(2), 2008): within every window of 3 x 3 pixels the
values should be an affine function of the colours.
"""

from itertools import combinations, product

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from dmenet.estimators.classical.edges import Grey
from dmenet.ranges import Count, Positive
from dmenet.sample import Image, Map

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


MAX_PIXELS = 400_000
"""Larger images are solved at so many pixels, which takes about 1.4 GB, and enlarged again."""

TOLERANCE = 1e-6
"""Of the residual, as a share of the right side."""

_LEAF = 6
"""Blocks of at most so many rows or columns are not dissected further."""


def propagate(
    values: Grey,
    guide: Image,
    *,
    weight: Positive,
    epsilon: Positive,
    max_pixels: Count = MAX_PIXELS,
) -> Map:
    """Spread values over the image (Zhuo & Sim 2011).

    Minimises x' L x + weight (sum of (x - value)^2 where a value is known), L the guide's matting
    Laplacian.

    Args:
        values: H x W, nan where unknown. Without any known value the answer is 0 everywhere.
        guide: H x W x 3.
        weight: of the known values.
        epsilon: of the matting Laplacian.
        max_pixels: larger images are solved at a reduced size, where a pixel's value is the mean of
            the known values that fall into it.

    Returns:
        H x W; it may leave the range of the values a little.
    """
    if not np.isfinite(values).any():
        return np.zeros(values.shape, np.float32)
    height, width = values.shape
    scale = min(1.0, (max_pixels / (height * width)) ** 0.5)
    if scale < 1:
        size = max(3, int(height * scale)), max(3, int(width * scale))
        reduced = _resized(guide, size, cv2.INTER_AREA)
        solved = _solve(reduce_mean(values, size), reduced, weight, epsilon)
        return _resized(solved, values.shape, cv2.INTER_LINEAR)
    return _solve(values, guide, weight, epsilon)


def reduce_mean(values: Grey, size: tuple[int, int]) -> Grey:
    """Means of the known values that fall into each pixel of a smaller grid; nan without any."""
    rows, columns = np.nonzero(np.isfinite(values))
    target = (rows * size[0] // values.shape[0]) * size[1] + columns * size[1] // values.shape[1]
    count = np.bincount(target, minlength=size[0] * size[1])
    total = np.bincount(target, values[rows, columns], minlength=size[0] * size[1])
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(size)


def _resized(array: Map, size: tuple[int, ...], interpolation: int) -> Map:
    return np.asarray(cv2.resize(array, size[::-1], interpolation=interpolation), np.float32)


def _solve(values: Grey, guide: Image, weight: float, epsilon: float) -> Map:
    height, width = values.shape
    # The Laplacian needs a whole window.
    missing = ((0, max(0, 3 - height)), (0, max(0, 3 - width)))
    values = np.pad(values, missing, constant_values=np.nan)
    colours = np.pad(guide.astype(np.float64), (*missing, (0, 0)), mode="edge")
    known = np.isfinite(values).ravel()
    laplacian = matting_laplacian(colours, epsilon)
    matrix = (laplacian + sparse.diags_array(weight * known.astype(np.float64))).tocsc()
    right = weight * np.nan_to_num(values.ravel())
    order = nested_dissection(*values.shape)
    solution = np.empty(values.size)
    solution[order] = _solve_ordered(matrix[order][:, order].tocsc(), right[order])
    return solution.reshape(values.shape)[:height, :width].astype(np.float32)


def _solve_ordered(matrix: sparse.csc_array, right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve by conjugate gradients after a factorisation in single precision.

    Half the memory of a factorisation in double precision; two or three steps make up for it.
    """
    factors = linalg.splu(
        matrix.astype(np.float32),
        permc_spec="NATURAL",
        diag_pivot_thresh=0,
        options={"SymmetricMode": True},
    )
    approximate = linalg.LinearOperator(
        matrix.shape, lambda residual: factors.solve(residual.astype(np.float32)), dtype=np.float64
    )
    solution: NDArray[np.float64]
    solution, _ = linalg.cg(matrix, right, rtol=TOLERANCE, maxiter=100, M=approximate)
    return solution


def nested_dissection(height: int, width: int) -> NDArray[np.intp]:
    """An order of elimination of a grid's pixels that leaves the factors sparse.

    The halves of a grid come first, one after the other, and what separates them last; the halves
    are treated alike. A pixel is linked to others up to ``REACH`` rows and columns away.
    """
    parts: list[NDArray[np.intp]] = []

    def dissect(block: NDArray[np.intp]) -> None:
        if block.shape[0] < block.shape[1]:
            block = block.T
        if block.shape[1] <= _LEAF:
            parts.append(block.ravel())
            return
        middle = (block.shape[0] - REACH) // 2
        dissect(block[:middle])
        dissect(block[middle + REACH :])
        parts.append(block[middle : middle + REACH].T.ravel())

    dissect(np.arange(height * width).reshape(height, width))
    return np.concatenate(parts)
