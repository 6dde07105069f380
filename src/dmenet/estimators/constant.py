"""The best answer that does not look at the image: what every method must beat."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from dmenet.data.sample import Image, Sample
from dmenet.estimators.base import Estimate


class ConstantEstimator:
    """The constant that fits the truth of the whole test set best.

    It is told the truth, so that no constant chosen in any other way can do better.

    Args:
        statistic: "mean" minimises the squared error, "median" the absolute error.
    """

    def __init__(self, statistic: Literal["mean", "median"]) -> None:
        self.statistic = statistic
        self.sigma_px = np.float32(0)

    @property
    def range_px(self) -> tuple[float, float]:
        """The constant, twice."""
        return float(self.sigma_px), float(self.sigma_px)

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Fit the constant to the true sigma of all pixels."""
        sigmas = np.concatenate([sample["sigma_px"].ravel() for sample in samples])
        self.sigma_px = np.float32(
            np.mean(sigmas) if self.statistic == "mean" else np.median(sigmas)
        )

    def __call__(self, image: Image) -> Estimate:
        """The constant, at every pixel."""
        return Estimate(np.full(image.shape[:2], self.sigma_px, np.float32))
