"""Small test sets and a method that can be watched, for tests of evaluations."""

import numpy as np

from dmenet.estimators import Estimate
from dmenet.sample import Image, Sample
from dmenet.units import map_from_sigma_px


def noise_samples(count: int, seed: int = 0) -> list[Sample]:
    """Images whose brightness is their sigma / 7 px, roughly."""
    rng = np.random.default_rng(seed)
    samples: list[Sample] = []
    for number in range(count):
        sigma_px = 7 * rng.random((20, 24), np.float32)
        image = np.repeat(sigma_px[..., None] / 7, 3, 2)
        samples.append(
            {
                "name": f"{number:02d}",
                "image": (image + 0.2 * rng.random(image.shape, np.float32)).clip(0, 1),
                "sigma_px": sigma_px,
                "defocus": map_from_sigma_px(sigma_px, "sigma7"),
                "mask": (sigma_px > 3).astype(np.float32),
            }
        )
    return samples


class Brightness:
    """Takes brightness for blur, counts its images, and can be stopped before one of them."""

    range_px = (0.0, 7.0)

    def __init__(self, stop_before: int | None = None) -> None:
        self.seen = 0
        self.prepared = 0
        self.stop_before = stop_before

    def prepare(self, samples: object) -> None:
        self.prepared += 1

    def __call__(self, image: Image) -> Estimate:
        if self.seen == self.stop_before:
            raise KeyboardInterrupt
        self.seen += 1
        return Estimate(7 * image.mean(2))
