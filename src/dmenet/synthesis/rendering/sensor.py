"""What a sensor and its file add to the image of a lens."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Interval

from dmenet.images.encoding import through_jpeg
from dmenet.images.light import linear_from_srgb, srgb_from_linear
from dmenet.ranges import Range, Share
from dmenet.sample import Image


def ideal(image: Image, rng: np.random.Generator) -> tuple[Image, dict[str, Any]]:
    """Nothing: the image as the lens gives it."""
    return image, {}


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """Shot noise, read noise and JPEG, drawn for each image.

    Noise is added in linear light, where its variance is light / full_well + read_noise^2, light
    being 1 at white; the image is sRGB.

    Args:
        full_well: range of the number of electrons at white, drawn by equal stops; the fewer, the
            noisier, as at high ISO.
        read_noise: range of the standard deviation in the dark, white being 1.
        jpeg_quality: range of the quality, from 1 to 100, at which the image is written and read
            again; None for no JPEG.
    """

    full_well: Range[Annotated[float, Ge(1)]]
    read_noise: Range[Share]
    jpeg_quality: Range[Annotated[int, Interval(ge=1, le=100)]] | None = None

    def __call__(self, image: Image, rng: np.random.Generator) -> tuple[Image, dict[str, Any]]:
        """Take the image.

        Args:
            image: H x W x 3 in [0, 1].
            rng: of what is drawn and of the noise.

        Returns:
            H x W x 3 in [0, 1], and what was drawn.
        """
        low, high = np.log(self.full_well)
        drawn: dict[str, Any] = {
            "full_well": float(np.exp(rng.uniform(low, high))),
            "read_noise": float(rng.uniform(*self.read_noise)),
        }
        light = linear_from_srgb(image)
        deviation = np.sqrt(light / drawn["full_well"] + drawn["read_noise"] ** 2)
        noise = rng.standard_normal(light.shape, dtype=np.float32)
        noisy = srgb_from_linear(np.clip(light + deviation * noise, 0, 1))
        if self.jpeg_quality is not None:
            low_quality, high_quality = self.jpeg_quality
            drawn["jpeg_quality"] = int(rng.integers(low_quality, high_quality, endpoint=True))
            noisy = through_jpeg(noisy, drawn["jpeg_quality"])
        return noisy, drawn
