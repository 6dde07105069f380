"""Augmentation of training samples: as in the paper, or for a network for any photograph.

The second changes sizes, colours, noise and JPEG: light and colour before the sensor's noise, which
only rendered images lack. Everything is a function of a sample and a seed.
"""

import os

# Its import asks the network for a newer version, which takes seconds where there is none.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations as A
import cv2
import numpy as np

from dmenet.images.encoding import through_jpeg
from dmenet.sample import Image, Map, Sample

LARGEST_SHORT_SIDE = 800

PIXEL_SIGMA_PX = 12**-0.5
"""Of a pixel's own box, under which no photograph is sharp."""

ADDED_SIGMA_PX = (0.5, 4.0)
"""Range, by equal ratios, of the blur of ``reblur``."""

RESIZED = 0.7
"""Share of the photographs that are reduced, by as much as the crop allows."""

LEAST_SCALE_OF_MASKED = 0.7
"""A mask that calls 1.5 px blurred is wrong of the photograph reduced by much more."""


class TrainingTransform:
    """A random crop, flipped or turned in one of the eight ways (paper Section 4.1).

    An image whose short side is under the crop is enlarged to it, one over 800 reduced; maps
    follow, their blur values unchanged, as in the released code. Crops are uniform over all
    positions.

    Args:
        crop: side of the square in px.
    """

    def __init__(self, crop: int) -> None:
        self.crop = crop
        targets = {"defocus": "mask", "sigma_px": "mask", "mask": "mask"}
        self.augment = A.Compose(
            [A.RandomCrop(crop, crop), A.D4(p=1.0)], additional_targets=targets
        )
        linear = {"interpolation": cv2.INTER_LINEAR, "mask_interpolation": cv2.INTER_LINEAR}
        self.enlarge = A.Compose([A.SmallestMaxSize(crop, **linear)], additional_targets=targets)
        self.reduce = A.Compose(
            [A.SmallestMaxSize(LARGEST_SHORT_SIDE, **linear)], additional_targets=targets
        )

    def __call__(self, sample: Sample, seed: int) -> Sample:
        """Augment one sample; the result is a function of ``sample`` and ``seed`` alone."""
        arrays = {key: value for key, value in sample.items() if key != "name"}
        short = min(sample["image"].shape[:2])
        if short < self.crop:
            arrays = self.enlarge(**arrays)
        elif short > LARGEST_SHORT_SIDE:
            arrays = self.reduce(**arrays)
        self.augment.set_random_seed(seed)
        arrays = self.augment(**arrays)
        if "mask" in arrays:
            # Resizing leaves fractions at the borders of a mask.
            arrays["mask"] = (arrays["mask"] >= 0.5).astype(np.float32)
        augmented: Sample = {"name": sample["name"], **arrays}  # type: ignore[typeddict-item]
        return augmented


class PhotographicTransform:
    """A random crop, flipped, of other light and colour; photographs are reduced at random.

    Args:
        crop: side of the square in px.
        domain: "synthetic" images get a sensor's noise, sharpening and JPEG, and are never resized,
            since that would change their known blur; photographs are the other way round.
    """

    def __init__(self, crop: int, domain: str) -> None:
        self.crop = crop
        self.synthetic = domain == "synthetic"
        self.least_scale = LEAST_SCALE_OF_MASKED if domain == "real" else 0.0

    def __call__(self, sample: Sample, seed: int) -> Sample:
        """Augment one sample; the result is a function of ``sample`` and ``seed`` alone."""
        rng = np.random.default_rng(seed)
        image, label = sample["image"], "defocus" if "defocus" in sample else "mask"
        map_ = sample.get("defocus", sample.get("mask", image[..., 0]))
        image, map_ = self._resize(image, map_, rng)
        image, map_ = flip(*cut(image, map_, self.crop, rng), rng)
        image = colour(image, rng)
        if self.synthetic:
            image = sensor(image, rng)
        augmented: Sample = {"name": sample["name"], "image": image}
        if label in sample:
            augmented[label] = np.ascontiguousarray(map_)  # type: ignore[literal-required]
        return augmented

    def _resize(self, image: Image, map_: Map, rng: np.random.Generator) -> tuple[Image, Map]:
        least = self.crop / min(image.shape[:2])
        scale = max(1.0, least)
        if not self.synthetic and rng.random() < RESIZED:
            scale = rng.uniform(max(least, self.least_scale), 1.0) if least < 1 else least
        if scale == 1:
            return image, map_
        height, width = (max(self.crop, round(n * scale)) for n in image.shape[:2])
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        return (
            resized(image, (width, height), how),
            resized(map_, (width, height), cv2.INTER_NEAREST),
        )


def resized(picture: Image, size: tuple[int, int], how: int) -> Image:
    """H x W or H x W x 3 to another (width, height)."""
    return cv2.resize(picture, size, interpolation=how).astype(np.float32, copy=False)


def gaussian_blur(picture: Image, sigma_px: float) -> Image:
    """H x W or H x W x 3; what lies beyond its borders is its mirror image."""
    blurred = cv2.GaussianBlur(picture, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)
    return blurred.astype(np.float32, copy=False)


def cut(image: Image, map_: Map, crop: int, rng: np.random.Generator) -> tuple[Image, Map]:
    """A square of side ``crop``, which fits into the image."""
    top, left = (int(rng.integers(n - crop + 1)) for n in image.shape[:2])
    rows, columns = slice(top, top + crop), slice(left, left + crop)
    return image[rows, columns], map_[rows, columns]


def flip(image: Image, map_: Map, rng: np.random.Generator) -> tuple[Image, Map]:
    """Left to right in half of the cases, upside down in some."""
    if rng.random() < 0.5:
        image, map_ = image[:, ::-1], map_[:, ::-1]
    if rng.random() < 0.15:
        image, map_ = image[::-1], map_[::-1]
    return image, map_


def colour(image: Image, rng: np.random.Generator) -> Image:
    """Other gamma, white balance and contrast; grey in some cases."""
    image = np.clip(image, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.2)))
    image = image * np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
    if rng.random() < 0.3:
        mean = image.mean()
        image = mean + (image - mean) * np.float32(rng.uniform(0.4, 1.2))
    if rng.random() < 0.15:
        image = np.repeat(image.mean(2, keepdims=True), 3, 2)
    return np.clip(image, 0, 1).astype(np.float32)


def sensor(image: Image, rng: np.random.Generator) -> Image:
    """Mild sharpening (15 %), noise of 0.4 to 6 of 255 levels (60 %) and JPEG (50 %)."""
    if rng.random() < 0.15:
        soft = gaussian_blur(image, rng.uniform(0.6, 1.2))
        image = np.clip(image + np.float32(rng.uniform(0.1, 0.5)) * (image - soft), 0, 1)
    if rng.random() < 0.6:
        level = np.float32(np.exp(rng.uniform(np.log(0.4), np.log(6.0))) / 255)
        shot = np.float32(rng.random())
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        if rng.random() < 0.3:
            noise = np.repeat(noise[..., :1], 3, 2)
        image = np.clip(image + level * np.sqrt(1 - shot + 2 * shot * image) * noise, 0, 1)
    if rng.random() < 0.5:
        image = through_jpeg(image, int(rng.integers(70, 99)))
    return np.ascontiguousarray(image, dtype=np.float32)


def reblur(image: Image, seed: int) -> tuple[Image, float]:
    """The image blurred further by a Gaussian, and its sigma in px: a truth without labels."""
    low, high = np.log(ADDED_SIGMA_PX)
    sigma_px = float(np.exp(np.random.default_rng(seed).uniform(low, high)))
    return gaussian_blur(image, sigma_px), sigma_px
