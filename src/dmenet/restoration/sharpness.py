"""How sharp a photograph is where it is sharpest, which is where its subject is taken to be."""

from typing import NamedTuple

import numpy as np

from dmenet.images.summary import sharpest_region
from dmenet.sample import Map


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

    The subject is taken to be in the sharpest square of a fifth of the shorter side.

    Args:
        sigma_px: H x W.
        threshold_px: up to which a pixel is sharp.
    """
    top, left, side, _ = sharpest_region(sigma_px)
    subject = sigma_px[top : top + side, left : left + side]
    return Sharpness(
        float(np.median(subject)),
        top,
        left,
        side,
        float(np.median(sigma_px)),
        float(np.mean(sigma_px <= threshold_px)),
    )
