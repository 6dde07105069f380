"""Spreading the light of a slice, all of it alike, over the image of the aperture."""

import cv2
import numpy as np

from dmenet.synthesis.rendering.apertures import Aperture, kernel, radius_px
from dmenet.synthesis.rendering.blur import Stack, blur_grown, gaussian_kernel


def spread_planes(planes: Stack, sigma_px: float, aperture: Aperture) -> Stack:
    """Blur planes with zeros around them by the image of an aperture.

    Args:
        planes: C x H x W.
        sigma_px: at least 0.
        aperture: whose shape the blur has.

    Returns:
        C x H x W; what spreads over the borders is lost.
    """
    if sigma_px == 0:
        return planes
    border = cv2.BORDER_CONSTANT
    if aperture.shape == "gaussian":
        taps = gaussian_kernel(sigma_px).astype(np.float32)
        return np.stack([cv2.sepFilter2D(p, -1, taps, taps, borderType=border) for p in planes])
    weights = kernel(aperture, sigma_px)[::-1, ::-1].astype(np.float32)
    return np.stack([cv2.filter2D(plane, -1, weights, borderType=border) for plane in planes])


def spread_grown(planes: Stack, sigma_px: float, aperture: Aperture) -> Stack:
    """Blur planes with zeros around them, keeping all that spreads over their borders.

    Args:
        planes: C x H x W.
        sigma_px: at least 0.
        aperture: whose shape the blur has.

    Returns:
        C x (H + 2 r) x (W + 2 r), r = ``radius_px(aperture, sigma_px)``.
    """
    if aperture.shape == "gaussian":
        return blur_grown(planes, sigma_px)
    radius = radius_px(aperture, sigma_px)
    around = ((0, 0), (radius, radius), (radius, radius))
    return spread_planes(np.pad(planes, around), sigma_px, aperture)
