"""What the methods call the grey image: three different things."""

import numpy as np
from numpy.typing import NDArray

from dmenet.sample import Image, Map

Grey = NDArray[np.float64]
"""H x W; brightness."""

_LUMA = (0.2989, 0.5870, 0.1140)
_STUDIO_LUMA = (65.481, 128.553, 24.966)


def luma(image: Image) -> Grey:
    """Luma after ITU-R BT.601, in [0, 1]: MATLAB's ``rgb2gray``."""
    return _weighted(image, _LUMA)


def studio_luma(image: Image) -> Grey:
    """Luma in the range of television, [16/255, 235/255]: the Y of MATLAB's ``rgb2ycbcr``."""
    return (16 + _weighted(image, _STUDIO_LUMA)) / 255


def value(image: Image) -> Map:
    """The largest of the three channels: the V of HSV."""
    largest: Map = image.max(axis=2)
    return largest


def _weighted(image: Image, weights: tuple[float, ...]) -> Grey:
    grey: Grey = image.astype(np.float64) @ np.array(weights)
    return grey
