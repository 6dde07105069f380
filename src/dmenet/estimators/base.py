"""The protocol of every method that is compared."""

from collections.abc import Sequence
from typing import Protocol

from dmenet.data.sample import Image, Map, Sample


class Estimator(Protocol):
    """Estimates how blurred each pixel of an image is."""

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Called once before a test set is estimated.

        Only bounds that are meant to know the truth (the best constant) look at it.
        """

    def __call__(self, image: Image) -> Map:
        """H x W x 3, RGB in [0, 1], to the Gaussian sigma of the blur, H x W in px."""
        ...
