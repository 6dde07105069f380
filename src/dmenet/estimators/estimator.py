"""The protocol of every method that is compared, and methods of which only figures are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dmenet.errors import UnavailableError
from dmenet.sample import DefocusMap, Image, Map, Sample


@dataclass(frozen=True)
class Estimate:
    """What a method finds out about one image.

    Attributes:
        sigma_px: Gaussian sigma of the blur in px at every pixel, H x W, float32.
        own: the map values that the sigma was made from, if the method has any: published errors of
            a network are those of its own map.
    """

    sigma_px: Map
    own: DefocusMap | None = None


class Estimator(Protocol):
    """Estimates how blurred each pixel of an image is."""

    range_px: tuple[float, float]
    """The least and the greatest sigma that the method can answer, in px."""

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Called once before a test set is estimated.

        By default nothing is done. Only bounds that are meant to know the truth (the best constant)
        look at it.

        Raises:
            UnavailableError: the method cannot run here, since something it needs is absent.
        """

    def __call__(self, image: Image) -> Estimate:
        """Estimate the blur of an image, H x W x 3, RGB in [0, 1], of any size."""
        ...


class UnavailableEstimator(Estimator):
    """A row of a table that says why it has no scores of ours.

    Args:
        reason: what is missing, and where published figures are.
        range_px: the least and the greatest sigma that the method can answer.
    """

    def __init__(self, reason: str, range_px: tuple[float, float]) -> None:
        self.reason = reason
        self.range_px = (range_px[0], range_px[1])

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Raise ``UnavailableError`` with the reason."""
        raise UnavailableError(self.reason)

    def __call__(self, image: Image) -> Estimate:
        """Likewise."""
        raise UnavailableError(self.reason)
