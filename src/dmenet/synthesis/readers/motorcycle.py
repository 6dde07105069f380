"""The motorcycle of Middlebury 2014, a photograph with depth that comes with scikit-image."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from skimage.data import stereo_motorcycle

from dmenet.synthesis.readers.holes import fill_from_behind
from dmenet.synthesis.readers.reader import RGBD

FOCAL_LENGTH_PX = 994.978
WIDTH_PX = 741
BASELINE_MM = 193.001
PRINCIPAL_POINTS_OFFSET_PX = 31.086
MIXED_STEP_PX = 1.5
"""A disparity this far from both the least and the greatest around it is on neither surface."""


def load_motorcycle() -> RGBD:
    """The left photograph, 500 x 741, with depths of 2.1 to 5.1 m.

    Where the disparity is unknown, mostly where the right camera's view is blocked, the farther of
    the nearest known neighbours in the row is taken. The 0.6 % of the pixels whose disparity is a
    mix of two surfaces count as unknown.

    Source: Scharstein et al., High-resolution stereo datasets with subpixel-accurate ground truth,
    GCPR 2014; calibration from the docstring of ``skimage.data.stereo_motorcycle``; a point at
    infinity has the disparity of minus the offset of the principal points.
    """
    left, _, disparity = stereo_motorcycle()  # type: ignore[no-untyped-call]
    known = np.isfinite(disparity)
    known &= ~between_surfaces(disparity, known)
    filled = fill_from_behind(disparity, known)
    depth_mm = BASELINE_MM * FOCAL_LENGTH_PX / (filled + PRINCIPAL_POINTS_OFFSET_PX)
    image = left.astype(np.float32) / 255
    return RGBD("motorcycle", image, depth_mm.astype(np.float32), known, FOCAL_LENGTH_PX)


def between_surfaces(disparity: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find pixels at edges whose disparity was averaged over two surfaces by downscaling.

    There is nothing at that depth; left in, they are sharp specks where it is in focus.

    Args:
        disparity: H x W in px.
        known: H x W.
    """
    least = minimum_filter(np.where(known, disparity, np.inf), size=3)
    greatest = maximum_filter(np.where(known, disparity, -np.inf), size=3)
    within = np.where(known, disparity, 0)
    nearest_end = np.minimum(greatest - within, within - least)
    mixed: NDArray[np.bool_] = known & (nearest_end > MIXED_STEP_PX)
    return mixed
