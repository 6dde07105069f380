"""Augmentation for a network that shall work on any photograph: sizes, colours, noise, JPEG.

Everything is a function of a sample and a seed. Light and colour change before the sensor's noise,
which only rendered images lack.
"""

import cv2
import numpy as np

from dmenet.sample import Image, Map, Sample

PIXEL_SIGMA_PX = 12**-0.5
"""Of a pixel's own box, under which no photograph is sharp."""

ADDED_SIGMA_PX = (0.5, 4.0)
"""Range, by equal ratios, of the blur of ``reblur``."""

RESIZED = 0.7
"""Share of the photographs that are reduced, by as much as the crop allows."""

LEAST_SCALE_OF_MASKED = 0.7
"""A mask that calls 1.5 px blurred is wrong of the photograph reduced by much more."""


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
        stored = np.rint(image[..., ::-1] * 255).astype(np.uint8)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 99))]
        coded = cv2.imdecode(cv2.imencode(".jpg", stored, quality)[1], cv2.IMREAD_COLOR)
        image = np.asarray(coded, np.float32)[..., ::-1] / np.float32(255)
    return np.ascontiguousarray(image, dtype=np.float32)


def reblur(image: Image, seed: int) -> tuple[Image, float]:
    """The image blurred further by a Gaussian, and its sigma in px: a truth without labels."""
    low, high = np.log(ADDED_SIGMA_PX)
    sigma_px = float(np.exp(np.random.default_rng(seed).uniform(low, high)))
    return gaussian_blur(image, sigma_px), sigma_px
