"""Taking out of a photograph the blur that a map says is in it.

The photograph is deconvolved at a few sigmas, and each pixel is blended from its two neighbours.
Two things keep edges in depth from ringing. A deconvolution looks only at pixels whose blur is
nearly its own and that get nearly all of their light from such pixels. And where a pixel gets much
light from a surface with another blur, which no deconvolution can undo, the photograph is kept.
"""

from collections.abc import Callable
from functools import partial
from typing import TypedDict, Unpack

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import convolve
from torch import Tensor

from dmenet.errors import InputError, check_number
from dmenet.images.light import linear_from_srgb, srgb_from_linear
from dmenet.restoration.deconvolution import PRIORS, Prior, deconvolve
from dmenet.sample import Image, Map
from dmenet.synthesis.rendering.apertures import GAUSSIAN, Aperture, kernel, spread_planes

LEAST_SIGMA_PX = 0.5
"""Less blur is left alone."""

LEVEL_RATIO = 1.3
"""Of one sigma to the next. Between them, two results that are 13 % off at most are blended."""

NEAR_LEVELS, FAR_LEVELS = 2.0, 3.0
"""Pixels whose sigma is up to two levels off count as blurred alike, those three levels off not."""

PIXEL_SIGMA_PX = 0.7
"""Even a sharp edge spreads so far: pixels are no points, and maps are a pixel off."""

LOOKED_AT_FROM = 0.95
"""A deconvolution looks at pixels that get more than this share of their light from their like."""

KEPT_UNDER = 0.9
"""With less light than this from its like, a pixel of the photograph is kept."""

TAKEN_OUT = 0.9
"""Of a map's sigma: taking out too much rings, too little is only soft; maps are never exact."""

HELPED_PX = (0.5, 0.9, 4.0, 8.0)
"""``all_in_focus`` sets in between the first two sigmas, and fades between the last two, where a
deconvolution has little to go by and draws."""

LEAST_NOISE = 1 / 255
"""Compression smooths the finest detail away, by which noise is told, and leaves coarser errors."""

Report = Callable[[float], object]


class Deblurring(TypedDict, total=False):
    """How a photograph is deblurred."""

    aperture: Aperture
    """Whose shape the blur has; a Gaussian if it is not given."""
    prior: Prior
    """See ``deconvolution``; ``total_variation`` if it is not given. ``wiener`` is the fastest, and
    neither keeps noise down nor knows edges in depth."""
    noise: float | None
    """Standard deviation in the values that are deconvolved; None estimates it. More noise gives a
    smoother result."""
    linear_light: bool
    """Whether to deconvolve light, which is what a lens blurs, and the image is sRGB. Its values as
    they are, the default, give fewer artefacts in photographs: noise and the traces of compression
    are alike in the dark and in the light there."""
    report: Report
    """Called now and then with the share that was done since."""


def deblur(image: Image, sigma_px: Map, **how: Unpack[Deblurring]) -> Image:
    """A photograph without the blur of a map.

    Args:
        image: H x W x 3 in [0, 1].
        sigma_px: H x W, its blur.
        how: see ``Deblurring``.

    Returns:
        H x W x 3 in [0, 1].

    Raises:
        InputError: the sizes differ, or an argument is out of its range.
    """
    if image.shape[:2] != sigma_px.shape:
        raise InputError(
            f"photograph of {image.shape[1]} x {image.shape[0]} px with a map of "
            f"{sigma_px.shape[1]} x {sigma_px.shape[0]} px: expected equal sizes"
        )
    prior, noise = how.get("prior", "total_variation"), how.get("noise")
    if prior not in PRIORS:
        raise InputError(f"prior={prior}: expected one of {list(PRIORS)}")
    linear_light = how.get("linear_light", False)
    seen = linear_from_srgb(image) if linear_light else image
    if noise is None:
        noise = estimate_noise(seen, sigma_px)
    check_number("noise", noise, over=0)
    planes = torch.from_numpy(np.ascontiguousarray(seen.transpose(2, 0, 1)))
    restored = _restored(
        planes,
        sigma_px * np.float32(TAKEN_OUT),
        how.get("aperture", GAUSSIAN),
        partial(deconvolve, noise=noise, prior=prior),
        how.get("report", lambda _: None),
    )
    pixels = np.ascontiguousarray(restored.clamp(0, 1).permute(1, 2, 0).numpy())
    return srgb_from_linear(pixels) if linear_light else pixels


def _restored(
    planes: Tensor,
    sigma_px: Map,
    aperture: Aperture,
    deconvolve_by: Callable[[Tensor, Tensor, Tensor], Tensor],
    report: Report,
) -> Tensor:
    """Blend deconvolutions of 3 x H x W; where they could not help, it is kept."""
    levels = _levels_px(float(sigma_px.max()))
    place = _places(sigma_px, len(levels))
    share = _share_of_like(place, levels, aperture)
    looked_at = _ramp(share, LOOKED_AT_FROM, 1)
    blended = planes * torch.from_numpy(_near(place, -1, 0, 1))
    for number, level in enumerate(levels):
        weight = _near(place, number, 0, 1)
        if weight.any():
            taps = torch.from_numpy(kernel(aperture, level).astype(np.float32))
            known = looked_at * _near(place, number, NEAR_LEVELS, FAR_LEVELS)
            box = _box_around(weight > 0, len(taps))
            sharp = deconvolve_by(planes[:, *box], torch.from_numpy(known[box]), taps)
            blended[:, *box] += torch.from_numpy(weight[box]) * sharp
        report(1 / len(levels))
    return torch.lerp(planes, blended, torch.from_numpy(_ramp(share, KEPT_UNDER, 1)))


def all_in_focus(image: Image, sigma_px: Map, **how: Unpack[Deblurring]) -> Image:
    """A photograph that is as sharp as can be where its blur can be undone, and else unchanged.

    The arguments, the result and the errors are those of ``deblur``; see ``HELPED_PX``.
    """
    restored = deblur(image, sigma_px, **how)
    helped = _ramp(sigma_px, *HELPED_PX[:2]) * (1 - _ramp(sigma_px, *HELPED_PX[2:]))
    mixed: Image = image + helped[..., np.newaxis] * (restored - image)
    return mixed


def estimate_noise(image: Image, sigma_px: Map) -> float:
    """The standard deviation of the noise in a photograph.

    Looked for where the photograph is most blurred, since any detail there is noise: the median of
    differences between the diagonals of 2 x 2 pixels, as of the finest wavelet of Haar.

    Args:
        image: H x W x 3, values in [0, 1].
        sigma_px: H x W, its blur.

    Returns:
        In the image's values, at least ``LEAST_NOISE``.

    Source: Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, 1994.
    """
    diagonal = np.array([[1, -1], [-1, 1]], np.float32)[..., np.newaxis] / 2
    detail = np.abs(convolve(image, diagonal))
    smooth = sigma_px >= np.quantile(sigma_px, 0.75)
    return max(float(np.median(detail[smooth])) / 0.6745, LEAST_NOISE)


def _levels_px(greatest_px: float) -> NDArray[np.float64]:
    steps = np.log(max(greatest_px / LEAST_SIGMA_PX, 1)) / np.log(LEVEL_RATIO)
    levels: NDArray[np.float64] = LEAST_SIGMA_PX * LEVEL_RATIO ** np.arange(np.ceil(steps) + 1)
    return levels


def _places(sigma_px: Map, levels: int) -> Map:
    """Where among the levels each pixel is: -1 where it is left alone, else up to the last one."""
    logarithm = np.log(np.maximum(sigma_px, 1e-3) / LEAST_SIGMA_PX) / np.log(LEVEL_RATIO)
    place: Map = logarithm.clip(-1, levels - 1).astype(np.float32)
    return place


def _near(place: Map, level: int, near: float, far: float) -> Map:
    """1 up to ``near`` levels off, falling to 0 at ``far``."""
    return 1 - _ramp(np.abs(place - np.float32(level)), near, far)


def _ramp(values: Map, start: float, stop: float) -> Map:
    """From 0 at ``start`` to 1 at ``stop``."""
    risen: Map = ((values - np.float32(start)) / np.float32(stop - start)).clip(0, 1)
    return risen


def _share_of_like(place: Map, levels: NDArray[np.float64], aperture: Aperture) -> Map:
    """The share of each pixel's light that comes from pixels which are blurred about as it is."""
    total, like = np.zeros_like(place), np.zeros_like(place)
    for number in range(-1, len(levels)):
        weight = _near(place, number, 0, 1)
        if weight.any():
            sigma_px = max(float(levels[number]) if number >= 0 else 0.0, PIXEL_SIGMA_PX)
            spread = spread_planes(weight[np.newaxis], sigma_px, aperture)[0]
            total += spread
            like += spread * _near(place, number, NEAR_LEVELS, FAR_LEVELS)
    return np.asarray(like / np.maximum(total, 1e-6), np.float32)


def _box_around(used: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(0, places[0] - margin), places[-1] + 1 + margin)
        for places in (np.flatnonzero(used.any(axis=axis)) for axis in (1, 0))
    )
    return rows, columns
