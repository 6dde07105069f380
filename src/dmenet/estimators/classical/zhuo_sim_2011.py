"""Zhuo & Sim, "Defocus map estimation from a single image", Pattern Recognition 44(9), 2011."""

from collections.abc import Sequence

import numpy as np

from dmenet.estimators.base import Estimate
from dmenet.estimators.classical.edges import canny_edges
from dmenet.estimators.classical.grey import Grey, luma
from dmenet.estimators.classical.propagation import propagate
from dmenet.estimators.classical.reblurring import (
    gradient_magnitude,
    gradient_ratio,
    sigma_from_ratio,
)
from dmenet.estimators.classical.sparse_smoothing import joint_bilateral
from dmenet.sample import Image, Sample

LEAST_RATIO = 1.01
"""Edges with a smaller ratio of gradients are taken for noise (the authors' code)."""


class ZhuoSim2011:
    """Blur of edges by two re-blurs, spread by the matting Laplacian.

    Where nothing can be measured (a constant image) the answer is 0 everywhere.

    Args:
        edge_sigma_px: of Canny's detector.
        edge_threshold: its upper threshold as a share of the image's largest gradient; the lower is
            0.4 of it (the authors' example).
        first_sigma_px, second_sigma_px: of the two re-blurs (the authors' code).
        max_sigma_px: larger measurements are clipped to it.
        smoothing_px: sigma in px of the joint bilateral filter (the authors' code); windows have a
            radius of twice as much.
        smoothing_colour: its sigma in colours of [0, 1]; the authors take ``max_sigma_px`` / 10.
        weight: of the measurements against the smoothness (the paper's lambda).
        epsilon: of the matting Laplacian (the authors' code, after Levin et al. 2008).
    """

    def __init__(
        self,
        *,
        edge_sigma_px: float,
        edge_threshold: float,
        first_sigma_px: float,
        second_sigma_px: float,
        max_sigma_px: float,
        smoothing_px: float,
        smoothing_colour: float,
        weight: float,
        epsilon: float,
    ) -> None:
        self.edge_sigma_px = edge_sigma_px
        self.edge_threshold = edge_threshold
        self.first_sigma_px = first_sigma_px
        self.second_sigma_px = second_sigma_px
        self.smoothing_px = smoothing_px
        self.smoothing_colour = smoothing_colour
        self.weight = weight
        self.epsilon = epsilon
        self.range_px = (0.0, max_sigma_px)

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Nothing to learn from the test set."""

    def __call__(self, image: Image) -> Estimate:
        """Measure at edges, smooth, spread."""
        smooth = joint_bilateral(
            self.measure(image),
            image,
            spatial_px=self.smoothing_px,
            colour=self.smoothing_colour,
            radius=int(2 * self.smoothing_px),
        )
        dense = propagate(smooth, image, weight=self.weight, epsilon=self.epsilon)
        return Estimate(dense.clip(*self.range_px), smooth.astype(np.float32))

    def measure(self, image: Image) -> Grey:
        """Sigma in px at edges, nan elsewhere."""
        grey = luma(image)
        edges = canny_edges(grey, self.edge_sigma_px, self.edge_threshold)
        ratio = gradient_ratio(
            gradient_magnitude(grey, self.first_sigma_px, "nearest"),
            gradient_magnitude(grey, self.second_sigma_px, "nearest"),
        )
        sigma_px = sigma_from_ratio(ratio, self.first_sigma_px, self.second_sigma_px)
        trusted = edges & (ratio > LEAST_RATIO)
        return np.where(trusted, sigma_px.clip(*self.range_px), np.nan)
