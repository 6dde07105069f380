"""Sharp parts of photographs, blurred by a known amount: real texture with a true label."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dmenet.data.augmentation import PIXEL_SIGMA_PX, gaussian_blur
from dmenet.sample import DrawnSamples, Image, Map, Sample
from dmenet.units import MAX_SIGMA_PX, Unit, map_from_sigma_px, sigma_px_from_map

SIGMAS_PX = (0.25, MAX_SIGMA_PX)
LAYERS = (1, 3)
REDUCED = (1.5, 3.0)
"""Photographs are made this much smaller first: at full size few are sharp to the pixel."""

SHARP_SIDE_PX = 96
"""Of larger squares few are sharp all over: a part of this side is mirrored to fill the crop."""

TRIES = 8
SHARP_SHARE = 0.98
SAMPLES = 5
"""Of a disc's edge, across a pixel."""
LOOKS_ALIKE = 1.09
"""Sigma of the Gaussian that looks like a disc, over that of the disc's second moment: the table of
RTF (D'Andres et al. 2016) has 1.08 to 1.13 for radii of 1 to 6 px."""

RENDERED_SIGMA_PX = 0.4
"""Of what is rendered, before it is: photographs of NYUv2 have 0.4 to 0.6 px, of Middlebury 0.35 to
0.6, by two networks that were trained on known blur; drawn textures have a pixel's box. With labels
that call them perfectly sharp, 0.1 to 0.2 px are missing in maps of other photographs."""


class KnownBlur(DrawnSamples):
    """Rendered samples, in whose place a photograph blurred by us comes now and then.

    As a sequence, for validation and test, they are the rendered ones alone.

    Args:
        rendered: samples of the synthetic domain.
        photographs: with masks (0 where sharp), of which sharp parts are taken.
        share: how often a photograph comes, 0 to 1.
        crop: side in px of what is made of a photograph.
        unit: of the map values.
    """

    def __init__(
        self,
        rendered: Sequence[Sample],
        photographs: Sequence[Sample],
        share: float,
        crop: int,
        unit: Unit,
    ) -> None:
        self.rendered = rendered
        self.photographs = photographs
        self.share = share
        self.crop = crop
        self.unit: Unit = unit

    def __len__(self) -> int:
        return len(self.rendered)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        return self.rendered[index]

    def draw(self, index: int, seed: int) -> Sample:
        """A blurred photograph, or the rendered sample at ``index``: also where none is sharp."""
        rng = np.random.default_rng(seed)
        if rng.random() < self.share:
            for _ in range(TRIES):
                photograph = self.photographs[int(rng.integers(len(self.photographs)))]
                sharp = sharp_part(photograph, min(self.crop, SHARP_SIDE_PX), rng)
                if sharp is not None:
                    image, sigma_px = blur_in_layers(mirrored(sharp, self.crop, rng), rng)
                    defocus = map_from_sigma_px(sigma_px, self.unit)
                    return {"name": photograph["name"], "image": image, "defocus": defocus}
        rendered = self.rendered
        sample = (
            rendered.draw(index, seed) if isinstance(rendered, DrawnSamples) else rendered[index]
        )
        defocus = with_own_blur(sample["defocus"], self.unit)
        return {"name": sample["name"], "image": sample["image"], "defocus": defocus}


def with_own_blur(defocus: Map, unit: Unit) -> Map:
    """Map values of a rendering with the blur of the photograph that was rendered."""
    sigma_px = sigma_px_from_map(defocus, unit)
    return map_from_sigma_px(np.hypot(sigma_px, np.float32(RENDERED_SIGMA_PX)), unit)


def sharp_part(photograph: Sample, side: int, rng: np.random.Generator) -> Image | None:
    """A square of the reduced photograph that its mask calls sharp; None where there is none."""
    image, mask = photograph["image"], photograph["mask"]
    by = min(rng.uniform(*REDUCED), min(image.shape[:2]) / side)
    if by < 1:
        return None
    size = tuple(max(side, round(n / by)) for n in image.shape[1::-1])
    image, mask = (
        np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)
        for whole in (image, mask)
    )
    places = np.argwhere(sharp_share(mask, side) >= SHARP_SHARE)
    if not len(places):
        return None
    top, left = places[rng.integers(len(places))]
    return image[top : top + side, left : left + side]


def sharp_share(mask: Map, side: int) -> NDArray[np.float64]:
    """Of each square of a side in a mask, by its upper left corner: how much of it is sharp."""
    sums = cv2.integral((mask < 0.5).astype(np.uint8))
    sharp = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    share: NDArray[np.float64] = sharp / side**2
    return share


def mirrored(image: Image, side: int, rng: np.random.Generator) -> Image:
    """A square continued by its mirror images to a larger one, anywhere in it."""
    first, last = (rng.integers(side - len(image) + 1) for _ in range(2))
    rest = side - len(image)
    borders = int(first), int(rest - first), int(last), int(rest - last)
    return np.asarray(cv2.copyMakeBorder(image, *borders, cv2.BORDER_REFLECT), np.float32)


def blur_in_layers(sharp: Image, rng: np.random.Generator) -> tuple[Image, Map]:
    """Blur regions with smooth random outlines by a Gaussian or disc each.

    Half in linear light. Each layer is blurred with its outline, as a surface in front is.

    Args:
        sharp: H x W x 3 in [0, 1].
        rng: decides everything.

    Returns:
        The image; sigma in px, that of the pixel's own box included.
    """
    shape = sharp.shape[:2]
    count = int(rng.integers(LAYERS[0], LAYERS[1] + 1))
    discs, linear = rng.random() < 0.5, rng.random() < 0.5
    sigmas = np.exp(rng.uniform(np.log(SIGMAS_PX[0]), np.log(SIGMAS_PX[1]), count))
    sigmas[rng.random(count) < 0.15] = 0
    light = sharp**2.2 if linear else sharp
    image = blur(light, float(sigmas[0]), discs)
    sigma_px = np.full(shape, sigmas[0], np.float32)
    for sigma in map(float, sigmas[1:]):
        coarse = rng.standard_normal((4, 4)).astype(np.float32)
        field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
        inside = (field > rng.uniform(-0.3, 0.5)).astype(np.float32)
        opacity = cv2.GaussianBlur(inside, (0, 0), max(sigma, 0.5))[..., None]
        image = image * (1 - opacity) + opacity * blur(light, sigma, discs)
        sigma_px = np.where(inside > 0, np.float32(sigma), sigma_px)
    if linear:
        image = np.clip(image, 0, 1) ** (1 / 2.2)
    looks_like = sigma_px * np.float32(LOOKS_ALIKE if discs else 1)
    return image.astype(np.float32), np.hypot(looks_like, np.float32(PIXEL_SIGMA_PX))


def blur(image: Image, sigma_px: float, disc: bool) -> Image:
    """By a Gaussian, or by a disc of the same second moment (radius 2 sigma)."""
    if sigma_px < 0.15:
        return image
    if disc and sigma_px > 0.3:
        kernel = disc_kernel(2 * sigma_px)
        blurred = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)
        return np.asarray(blurred, np.float32)
    return gaussian_blur(image, sigma_px)


def disc_kernel(radius_px: float) -> NDArray[np.float32]:
    """A disc's share of each pixel, summing to 1."""
    side = 2 * int(np.ceil(radius_px + 1)) + 1
    at = (np.arange(side * SAMPLES) + 0.5) / SAMPLES - side / 2
    inside = np.hypot(at[:, None], at) <= radius_px
    shares = inside.reshape(side, SAMPLES, side, SAMPLES).sum((1, 3)).astype(np.float32)
    kernel: NDArray[np.float32] = shares / shares.sum()
    return kernel
