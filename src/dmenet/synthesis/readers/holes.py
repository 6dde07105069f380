"""What to do where the depth is unknown."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from dmenet.errors import InputError

Holes = Literal["error", "fill"]


def check_holes(holes: str) -> None:
    """Raise ``InputError`` unless ``holes`` is one of ``Holes``."""
    if holes not in get_args(Holes):
        raise InputError(f"holes={holes!r}: expected one of {list(get_args(Holes))}")


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
