"""Blur beyond what a network knows: the image at half its size, and half of that, has less."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

Scales = Literal["one", "auto"]

SAYS_BLURRED_PX = (2.0, 3.0)
FROM_HALF_PX = (3.0, 5.0)
"""Half the size takes over gradually where both estimates exceed these ranges: the network's own,
and that at half the size. With the weights of the package, estimates follow the truth up to 4 px,
are 6 px where it is 10 px, and 4 px again where it is 40 px: 4 px may stand for more, 2 px may not.
"""

MOST_HALVINGS = 5
LEAST_SIDE = 64
"""In px: smaller images are not estimated."""


def estimate_at_scales(estimate: Callable[[Tensor, float], Tensor], image: Tensor) -> Tensor:
    """Sigma maps of any range.

    The size is halved as often as some of the image is still too blurred. At each pixel, the finest
    size at which its blur is within reach decides, blended smoothly.

    Args:
        estimate: takes images of any size, and the share of all the work that this is, at most; to
            their sigma in px, N x 1 x H x W.
        image: N x 3 x H x W.

    Returns:
        N x 1 x H x W: sigma in px of ``image``.
    """
    return _at_scales(estimate, image, 0)


def _at_scales(estimate: Callable[[Tensor, float], Tensor], image: Tensor, halvings: int) -> Tensor:
    # Sizes have 3/4, 3/16, ... of the pixels of all.
    sigma_px = estimate(image, 0.75 * 0.25**halvings)
    height, width = image.shape[-2:]
    if (
        halvings == MOST_HALVINGS
        or min(height, width) < 2 * LEAST_SIDE
        or float(sigma_px.max()) <= SAYS_BLURRED_PX[0]
    ):
        return sigma_px
    half = avg_pool2d(image, 2, ceil_mode=True)
    coarser = enlarged(_at_scales(estimate, half, halvings + 1), height, width) * 2
    weight = _rise(sigma_px, *SAYS_BLURRED_PX) * _rise(coarser, *FROM_HALF_PX)
    return torch.lerp(sigma_px, coarser, weight)


def _rise(x: Tensor, low: float, high: float) -> Tensor:
    """From 0 to 1 without a kink."""
    share = ((x - low) / (high - low)).clamp(0, 1)
    return share * share * (3 - 2 * share)


def enlarged(map_: Tensor, height: int, width: int) -> Tensor:
    """A map N x 1 x h x w at another size; its values stay."""
    return interpolate(map_, (height, width), mode="bilinear", align_corners=False)


def reduced(image: Tensor, longest_side: int) -> Tensor:
    """Images N x 3 x H x W, averaged to a longest side in px, where they are larger."""
    height, width = image.shape[-2:]
    factor = longest_side / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return interpolate(image, size, mode="bilinear", align_corners=False, antialias=True)
