"""Answers that do not look at the image: what every method must beat."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmenet.estimators.estimator import Estimate, Estimator
from dmenet.ranges import NotNegative
from dmenet.sample import Image, Sample
from dmenet.units import MAX_SIGMA_PX


class FixedEstimator(Estimator):
    """The same sigma everywhere in every image.

    Args:
        sigma_px: in px.
    """

    def __init__(self, sigma_px: NotNegative) -> None:
        self.sigma_px = float(sigma_px)
        self.range_px = (self.sigma_px, self.sigma_px)

    def __call__(self, image: Image) -> Estimate:
        """That sigma, at every pixel."""
        return Estimate(np.full(image.shape[:2], self.sigma_px, np.float32))


class ConstantEstimator(FixedEstimator):
    """The constant that fits the truth of the whole test set best.

    It knows the truth, so that no other choice of a constant is better. In test sets that have only
    masks, blurred counts as 7 px and sharp as 0; where it is known only by how much images were
    blurred further, the constant is fitted to that.

    Args:
        statistic: "mean" minimises the squared error, "median" the absolute error.
    """

    def __init__(self, statistic: Literal["mean", "median"]) -> None:
        super().__init__(0.0)
        self.statistic = statistic

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Fit the constant to the true sigma of all pixels, holding one image at a time."""
        fit = _mean if self.statistic == "mean" else _median
        self.sigma_px = float(np.float32(fit(samples)))
        self.range_px = (self.sigma_px, self.sigma_px)


class AllBlurredEstimator(Estimator):
    """Calls every pixel blurred, as measures understand it that adapt to the range of a map.

    The paper's threshold lies between the least and the greatest value of a map, and calls all of a
    constant map sharp. So this map is 7 px everywhere but in the top left pixel, where it is 0.
    """

    range_px = (0.0, MAX_SIGMA_PX)

    def __call__(self, image: Image) -> Estimate:
        """7 px at every pixel but one."""
        sigma_px = np.full(image.shape[:2], MAX_SIGMA_PX, np.float32)
        sigma_px[0, 0] = 0
        return Estimate(sigma_px)


def _truths(samples: Sequence[Sample]) -> Iterator[NDArray[np.float32]]:
    for sample in samples:
        if "sigma_px" in sample:
            yield sample["sigma_px"].ravel()
        elif "mask" in sample:
            yield MAX_SIGMA_PX * sample["mask"].ravel()
        else:  # blurred further: all that is known is by how much
            yield np.array([sample["added_sigma_px"]], np.float32)


def _mean(samples: Sequence[Sample]) -> float:
    total, pixels = 0.0, 0
    for sigmas in _truths(samples):
        total += float(sigmas.sum(dtype=np.float64))
        pixels += sigmas.size
    return total / pixels


def _median(samples: Sequence[Sample]) -> float:
    """Exact: the bits of floats that are not negative have the order of the floats.

    Counting by the upper, then by the lower half of the bits finds the value of any rank.
    """
    upper = _counts(samples, None)
    pixels = int(upper.sum())
    middle = []
    for rank in ((pixels - 1) // 2, pixels // 2):
        high = int(np.searchsorted(upper.cumsum(), rank, side="right"))
        lower = _counts(samples, high)
        low = int(np.searchsorted(lower.cumsum(), rank - upper[:high].sum(), side="right"))
        middle.append(np.uint32(high << 16 | low).view(np.float32))
    return float(np.mean(middle, dtype=np.float64))


def _counts(samples: Sequence[Sample], high: int | None) -> NDArray[np.int64]:
    """How many sigmas have each upper half of bits; with ``high`` as such, each lower half."""
    counts = np.zeros(2**16, np.int64)
    for sigmas in _truths(samples):
        bits = np.abs(sigmas, dtype=np.float32).view(np.uint32)
        halves = bits >> 16 if high is None else bits[bits >> 16 == high] & 0xFFFF
        counts += np.bincount(halves, minlength=2**16)
    return counts
