"""Telling depth (larger is farther) from disparity (larger is nearer) by the shapes in a map."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

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
    centred = windows - windows.mean(axis=1, keepdims=True)
    explained = np.square(centred @ slopes).sum(axis=1)
    return np.asarray(1 - explained / np.square(centred).sum(axis=1)).clip(0)
