"""Refusing depth maps that do not fit their image, or of a wrong unit or direction."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from dmenet.errors import InputError

UPSIDE_DOWN = 0.35
"""None of 424 right maps (NYUv2, Middlebury, one each of Sintel and SYNTHIA) has more than 0.17;
turned upside down, 91 % have more than this."""

LEAST_SIDE_PX = 64
MOST_TREND = 0.97
"""Rows that predict the depth better are a made ramp, which no rule of real scenes binds."""

MOST_PLANE_EVIDENCE = 0.3
"""Under ``UPSIDE_DOWN``: shapes alone, without the trend of the rows, do not accuse a map."""

ROWS_PX = 160
PLANES_PX = 320
WINDOWS_PX = (21, 41, 61)
LEAST_RANGE = 0.15
MOST_RESIDUAL = 0.05
FEW_WINDOWS = 10

_Values = NDArray[np.float64]


def evidence_of_disparity(depth_mm: NDArray[np.floating]) -> float:
    """How much a map looks as if it were a disparity map.

    Two independent signs are added:

    - scenes stand on floors and tables, so depth falls from the top of a picture to its bottom: the
      rank correlation of depth and row, in [-1, 1];
    - the reciprocal of depth is affine in image coordinates on every plane, depth itself is not:
      the mean over windows of log(residual of the best affine map for the depth / for its
      reciprocal), limited to ``MOST_PLANE_EVIDENCE``. Only windows in which depth changes, and one
      of the two is nearly affine, count; few of them count less.

    Args:
        depth_mm: H x W, over 0.

    Returns:
        Positive for a disparity map, negative for a depth map; 0 where there is nothing to tell, as
        in small or made ones.
    """
    if min(depth_mm.shape) < LEAST_SIDE_PX:
        return 0.0
    values = depth_mm.astype(np.float64, copy=False)
    trend = _row_trend(_reduced(values, ROWS_PX))
    if abs(trend) > MOST_TREND:
        return 0.0
    plane = _plane_evidence(gaussian_filter(_reduced(values, PLANES_PX), 1))
    return trend - float(np.clip(plane, -MOST_PLANE_EVIDENCE, MOST_PLANE_EVIDENCE))


def _reduced(values: _Values, side_px: int) -> _Values:
    """Means of squares of pixels, as many as leave the longer side over ``side_px``."""
    size = max(1, max(values.shape) // side_px)
    height, width = (length // size for length in values.shape)
    blocks = values[: height * size, : width * size].reshape(height, size, width, size)
    return np.asarray(blocks.mean(axis=(1, 3)))


def _row_trend(values: _Values) -> float:
    """Spearman's rank correlation of value and row."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if counts.size == 1:
        return 0.0
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place].reshape(values.shape)
    rows = np.broadcast_to(np.arange(values.shape[0])[:, np.newaxis], values.shape)
    return float(np.corrcoef(ranks.ravel(), rows.ravel())[0, 1])


def _plane_evidence(values: _Values) -> float:
    """Mean log ratio of residuals; positive where the reciprocal is the more affine."""
    ratios = np.concatenate([_log_ratios(values, side) for side in WINDOWS_PX])
    return float(ratios.sum() / (ratios.size + FEW_WINDOWS))


def _log_ratios(values: _Values, side_px: int) -> _Values:
    if min(values.shape) < side_px:
        return np.empty(0)
    stride = side_px // 3
    windows = np.lib.stride_tricks.sliding_window_view(values, (side_px, side_px))
    windows = windows[::stride, ::stride].reshape(-1, side_px * side_px)
    windows = windows[windows.min(axis=1) < (1 - LEAST_RANGE) * windows.max(axis=1)]
    rows, columns = np.indices((side_px, side_px)).reshape(2, -1) - (side_px - 1) / 2
    slopes = np.stack([rows, columns], axis=1)
    slopes /= np.linalg.norm(slopes, axis=0)
    # The log needs no zero: 1e-5 is far below what any measured plane leaves over.
    direct, reciprocal = (_residuals(w, slopes) + 1e-5 for w in (windows, 1 / windows))
    planar = np.minimum(direct, reciprocal) < MOST_RESIDUAL
    return np.asarray(np.log(direct[planar] / reciprocal[planar]))


def _residuals(windows: _Values, slopes: _Values) -> _Values:
    """Share of each row's variance that no affine map of the coordinates explains."""
    # Slopes add up to 0, so that they need no centred values.
    explained = np.square(windows @ slopes).sum(axis=1)
    squares = np.einsum("ij,ij->i", windows, windows)
    variance = squares - windows.shape[1] * windows.mean(axis=1) ** 2
    return np.asarray(1 - explained / variance).clip(0)


NEAREST_MM = 100.0
"""The longest lens that cameras are drawn with, of 85 mm, focuses no nearer."""

TOO_NEAR_MM = 50.0
"""A whole scene within this of the lens is no photograph."""

TOO_FAR_MM = 200e3
"""Nothing of a scene whose nearest point is so far gets blurred by any lens."""

USUAL_MM = 3000.0
UNIT_FACTORS = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4)


def check_same_size(
    image: NDArray[np.float32], values: NDArray[np.float64], image_path: Path, path: Path
) -> None:
    """Refuse a map of another size than its image.

    Args:
        image: H x W x 3.
        values: H x W.
        image_path: of the image.
        path: of the map.

    Raises:
        InputError: naming both files and sizes.
    """
    if image.shape[:2] == values.shape:
        return
    (height, width), (map_height, map_width) = image.shape[:2], values.shape
    turned = (height, width) == (map_width, map_height)
    remedy = "turn one by 90 degrees" if turned else "resize one, or is it another's map?"
    raise InputError(
        f"{image_path} has {width} x {height} px but {path} has {map_width} x {map_height}: "
        f"expected two of one size; {remedy}"
    )


def check_unit(depth_mm: NDArray[np.float64], path: Path) -> None:
    """Refuse depths that no camera takes, which are signs of a wrong unit.

    Args:
        depth_mm: H x W, over 0.
        path: of the map.

    Raises:
        InputError: naming the file, the depths, and the factor that would make them usual.
    """
    nearest, median, farthest = (float(q) for q in np.quantile(depth_mm, (0, 0.5, 1)))
    if NEAREST_MM <= nearest <= TOO_FAR_MM:
        return
    depths = f"{path}: depths from {nearest:.4g} to {farthest:.4g} mm"
    factor = min(UNIT_FACTORS, key=lambda f: abs(np.log(f * median / USUAL_MM)))
    if farthest < TOO_NEAR_MM:
        look = "look like metres, or another unit, given as millimetres"
    elif nearest > TOO_FAR_MM:
        look = "look like millimetres, or another unit, given as metres"
    elif NEAREST_MM <= nearest * factor:
        look = f"come nearer than the {NEAREST_MM:g} mm at which a lens can focus"
    else:
        share = float((depth_mm < NEAREST_MM).mean())
        raise InputError(
            f"{depths} come nearer than the {NEAREST_MM:g} mm at which a lens can focus, at "
            f"{share:.2%} of the pixels. Mark them as unknown (0) if they are errors, or check the "
            "unit"
        )
    raise InputError(
        f"{depths} {look}. With {factor:g} times as many millimetres per unit they would be "
        f"{nearest * factor / 1000:.3g} to {farthest * factor / 1000:.3g} m; check the unit"
    )


def check_direction(depth_mm: NDArray[np.float64], path: Path, remedy: str) -> None:
    """Refuse a map that is most likely upside down: disparity taken for depth, or the reverse.

    Args:
        depth_mm: H x W, over 0.
        path: of the map.
        remedy: what to do if it is.

    Raises:
        InputError: naming the file. Doubtful maps pass.
    """
    if evidence_of_disparity(depth_mm) > UPSIDE_DOWN:
        raise InputError(
            f"{path}: looks upside down: what should be far lies at the bottom of the picture, and "
            f"planes do not look flat. {remedy}. If it is right, set check_direction to false"
        )
