"""How sharp a photograph is where it is sharpest, which is where its subject is taken to be."""

from typing import NamedTuple

import cv2
import numpy as np

from dmenet.sample import Map

SUBJECT_SHARE = 0.2
"""Side of the square that is looked at, of the shorter side of the photograph."""


class Sharpness(NamedTuple):
    """Of a photograph.

    Attributes:
        subject_sigma_px: median blur in the sharpest square.
        top, left, side: of that square in px.
        median_sigma_px: of the whole photograph.
        sharp_share: of its pixels, those whose blur is at most the threshold.
    """

    subject_sigma_px: float
    top: int
    left: int
    side: int
    median_sigma_px: float
    sharp_share: float


def sharpness(sigma_px: Map, threshold_px: float = 1.0) -> Sharpness:
    """How sharp a photograph is, and where most.

    The subject is taken to be the square of a fifth of the shorter side whose mean blur is least;
    a smaller one would find any single edge.

    Args:
        sigma_px: H x W.
        threshold_px: up to which a pixel is sharp.
    """
    side = max(1, round(SUBJECT_SHARE * min(sigma_px.shape)))
    mean = cv2.boxFilter(sigma_px, -1, (side, side), anchor=(0, 0))
    whole = mean[: sigma_px.shape[0] - side + 1, : sigma_px.shape[1] - side + 1]
    top, left = (int(place) for place in np.unravel_index(int(whole.argmin()), whole.shape))
    subject = sigma_px[top : top + side, left : left + side]
    return Sharpness(
        float(np.median(subject)),
        top,
        left,
        side,
        float(np.median(sigma_px)),
        float(np.mean(sigma_px <= threshold_px)),
    )
