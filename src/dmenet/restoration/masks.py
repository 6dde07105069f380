"""A map as a mask: what is blurred and what is sharp."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from dmenet.errors import check_number
from dmenet.sample import Map

LEAST_SHARE = 1e-3
"""Of a picture; smaller specks are taken for noise of the map."""


def blurred_mask(
    sigma_px: Map, threshold_px: float = 1.0, least_share: float = LEAST_SHARE
) -> NDArray[np.bool_]:
    """Where a photograph is blurred, without specks and pinholes.

    Args:
        sigma_px: H x W.
        threshold_px: of the sigma, over which a pixel is blurred; at least 0.
        least_share: of all pixels; connected parts that are smaller take the value around them.

    Returns:
        H x W, true where blurred.

    Raises:
        InputError: an argument is out of its range.

    >>> sigma_px = np.zeros((40, 40), np.float32)
    >>> sigma_px[:, 20:] = 3
    >>> sigma_px[7, 7] = 3
    >>> int(blurred_mask(sigma_px).sum())
    800
    """
    check_number("threshold_px", threshold_px, least=0)
    check_number("least_share", least_share, least=0, most=1)
    mask = np.asarray(sigma_px > threshold_px)
    least = least_share * mask.size
    # Pinholes first: a large part with many of them is not broken up by a coarse picture of it.
    return _without_small(~_without_small(~mask, least), least)


def _without_small(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    parts, _ = label(mask)
    large = np.bincount(parts.ravel()) >= least
    large[0] = False
    return np.asarray(large[parts])
