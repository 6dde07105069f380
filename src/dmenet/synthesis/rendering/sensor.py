"""What a sensor and its file add to the image of a lens."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import check_range
from dmenet.images.encoding import through_jpeg
from dmenet.images.light import linear_from_srgb, srgb_from_linear

Image = NDArray[np.float32]


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

    Raises:
        InputError: if a range is none.
    """

    full_well: tuple[float, float]
    read_noise: tuple[float, float]
    jpeg_quality: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        check_range("full_well", self.full_well, 1)
        check_range("read_noise", self.read_noise, 0, 1)
        if self.jpeg_quality is not None:
            check_range("jpeg_quality", self.jpeg_quality, 1, 100)

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
