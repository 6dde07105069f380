"""Blurring a photograph further, as a lens would that is opened wider or focused elsewhere.

A map says how blurred a pixel is, not whether it lies behind the plane of focus or in front of it.
So one has to be assumed (``BlurredSide``): as a rule the subject is in front and sharp, and what is
blurred lies behind it, the farther the more blurred.
"""

import math
from typing import Literal, get_args

import numpy as np

from dmenet.errors import InputError, check_number
from dmenet.sample import Image, Map
from dmenet.synthesis.rendering.apertures import Aperture
from dmenet.synthesis.rendering.image_with_depth import blur_by_map

BlurredSide = Literal["behind", "in_front"]

DISC = Aperture("disc")

SHARP_UNDER_PX = 0.7
"""Pixels with less blur count as in focus and stay as they are: maps are seldom 0 there."""


def magnify(
    image: Image,
    sigma_px: Map,
    factor: float = 2.0,
    aperture: Aperture = DISC,
    side: BlurredSide = "behind",
) -> Image:
    """Blur what is blurred ``factor`` times as much, as a lens of a lower f-number does.

    What is sharp stays so, and keeps its edges: the renderer lets no colour of it into the blur of
    what lies behind. Blurs add by their squares, so sqrt(factor^2 - 1) sigma is added. Light is
    blurred rather than the stored values, so that highlights become discs.

    Args:
        image: H x W x 3 in [0, 1], sRGB.
        sigma_px: H x W, its blur.
        factor: at least 1.
        aperture: whose shape the highlights take.
        side: of the plane of focus on which everything blurred is assumed to lie.

    Returns:
        H x W x 3 in [0, 1].

    Raises:
        InputError: the factor is under 1, the side is unknown, or the sizes differ.
    """
    check_number("factor", factor, least=1)
    blurred = np.sqrt(np.maximum(sigma_px**2 - np.float32(SHARP_UNDER_PX) ** 2, 0))
    added = np.float32(math.sqrt(factor**2 - 1)) * blurred
    return blur_by_map(image, _signed(added, side), aperture)


def refocus(
    image: Image,
    sigma_px: Map,
    focus_sigma_px: float,
    aperture: Aperture = DISC,
    side: BlurredSide = "behind",
) -> Image:
    """Focus on what had a blur of ``focus_sigma_px``, and blur what was sharp.

    Args:
        image: all in focus (see ``all_in_focus``), H x W x 3 in [0, 1], sRGB.
        sigma_px: H x W, the blur of the photograph before.
        focus_sigma_px: of what is to be sharp, at least 0.
        aperture: whose shape the blur takes.
        side: of the old plane of focus on which everything blurred is assumed to lie; blur is then
            as good as depth, since it grows linearly with the inverse of depth.

    Returns:
        H x W x 3 in [0, 1].

    Raises:
        InputError: an argument is out of its range, or the sizes differ.
    """
    check_number("focus_sigma_px", focus_sigma_px, least=0)
    return blur_by_map(image, _signed(sigma_px - np.float32(focus_sigma_px), side), aperture)


def _signed(sigma_px: Map, side: BlurredSide) -> Map:
    if side not in get_args(BlurredSide):
        raise InputError(f"side={side}: expected one of {list(get_args(BlurredSide))}")
    return sigma_px if side == "behind" else -sigma_px
