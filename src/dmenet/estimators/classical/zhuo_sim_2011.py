"""Zhuo & Sim, "Defocus map estimation from a single image", Pattern Recognition 44(9), 2011."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dmenet.estimators.classical.edges import (
    Grey,
    Mask,
    gradient_magnitude,
    gradient_ratio,
    luma,
    sigma_from_ratio,
)
from dmenet.estimators.estimator import Estimate, Estimator
from dmenet.ranges import FilterSigma, Positive
from dmenet.sample import Image, Map

LEAST_RATIO = 1.01
"""Edges with a smaller ratio of gradients are taken for noise (the authors' code)."""


@dataclass(kw_only=True)
class ZhuoSim2011(Estimator):
    """Blur of edges by two re-blurs, spread by the matting Laplacian.

    Where nothing can be measured (a constant image) the answer is 0 everywhere.

    Args:
        edges: finds them in a grey image.
        first_sigma_px, second_sigma_px: of the two re-blurs.
        max_sigma_px: larger measurements are clipped to it.
        smoothing: of the measurements under the image as guide.
        propagation: from the measurements to every pixel, under the same guide.
    """

    edges: Callable[[Grey], Mask]
    first_sigma_px: FilterSigma
    second_sigma_px: FilterSigma
    max_sigma_px: Positive
    smoothing: Callable[[Grey, Image], Grey]
    propagation: Callable[[Grey, Image], Map]

    def __post_init__(self) -> None:
        self.range_px = (0.0, self.max_sigma_px)

    def __call__(self, image: Image) -> Estimate:
        """Measure at edges, smooth, spread."""
        smooth = self.smoothing(self.measure(image), image)
        return Estimate(self.propagation(smooth, image).clip(*self.range_px))

    def measure(self, image: Image) -> Grey:
        """Sigma in px at edges, nan elsewhere."""
        grey = luma(image)
        ratio = gradient_ratio(
            gradient_magnitude(grey, self.first_sigma_px, "nearest"),
            gradient_magnitude(grey, self.second_sigma_px, "nearest"),
        )
        sigma_px = sigma_from_ratio(ratio, self.first_sigma_px, self.second_sigma_px)
        trusted = self.edges(grey) & (ratio > LEAST_RATIO)
        return np.where(trusted, sigma_px.clip(*self.range_px), np.nan)
