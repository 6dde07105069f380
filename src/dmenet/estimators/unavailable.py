"""Methods of which only published figures are known."""

from collections.abc import Sequence

from dmenet.errors import UnavailableError
from dmenet.estimators.base import Estimate
from dmenet.sample import Image, Sample


class UnavailableEstimator:
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
