"""From values at edges to values everywhere: least change under the matting Laplacian."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from dmenet.estimators.classical.grey import Grey
from dmenet.estimators.classical.matting_laplacian import REACH, matting_laplacian
from dmenet.sample import Image, Map

MAX_PIXELS = 400_000
"""Larger images are solved at so many pixels, which takes about 1.4 GB, and enlarged again."""

TOLERANCE = 1e-6
"""Of the residual, as a share of the right side."""

_LEAF = 6
"""Blocks of at most so many rows or columns are not dissected further."""


def propagate(
    values: Grey, guide: Image, *, weight: float, epsilon: float, max_pixels: int = MAX_PIXELS
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
