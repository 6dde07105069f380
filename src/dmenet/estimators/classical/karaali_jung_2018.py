"""Karaali & Jung, "Edge-based defocus blur estimation with adaptive scale selection".

IEEE Transactions on Image Processing 27(3), 2018.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import MinLen

from dmenet.estimators.classical.edges import (
    Grey,
    canny_edges,
    gradient_magnitude,
    gradient_ratio,
    last_scale_of,
    sigma_from_ratio,
    studio_luma,
)
from dmenet.estimators.classical.filters import along_edges
from dmenet.estimators.estimator import Estimate, Estimator
from dmenet.ranges import Count, FilterSigma, Positive
from dmenet.sample import Image, Map


@dataclass(kw_only=True)
class KaraaliJung2018(Estimator):
    """Blur of edges by two re-blurs, the second as wide as the edge's surroundings allow.

    Where nothing counts as an edge (a constant image) the answer is 0 everywhere. All parameters
    are those of the authors' code.

    Args:
        gamma: exponent of the luma before anything is measured.
        scales_px: sigmas of Canny's detector.
        edge_scales: an edge is one that is seen at so many of the first scales.
        first_sigma_px: of the first re-blur; the second has half of the last scale at which the
            edge is still seen.
        max_sigma_px: larger measurements are clipped to it.
        stiffness: of the smoothing along edges.
        guide: smooths the image that guides the spreading.
        spreading: from the measurements to every pixel under the guide, with a sigma in px.
        spread_share: that sigma as a share of the image's shorter side.
    """

    gamma: Positive
    scales_px: Annotated[Sequence[FilterSigma], MinLen(1)]
    edge_scales: Count
    first_sigma_px: FilterSigma
    max_sigma_px: Positive
    stiffness: Positive
    guide: Callable[[Image, Image], Image]
    spreading: Callable[..., Map]
    spread_share: Positive

    def __post_init__(self) -> None:
        self.range_px = (0.0, self.max_sigma_px)

    def __call__(self, image: Image) -> Estimate:
        """Measure at edges, smooth along them, spread."""
        smooth = self.measure(image).astype(np.float32)
        if not np.isfinite(smooth).any():
            return Estimate(np.zeros(smooth.shape, np.float32))
        spatial_px = min(smooth.shape) * self.spread_share
        dense = self.spreading(smooth, self.guide(image, image), spatial_px=spatial_px)
        return Estimate(dense.clip(*self.range_px))

    def measure(self, image: Image) -> Grey:
        """Sigma in px at edges, smoothed along them; nan elsewhere.

        Edges whose gradients no blur can have count as sharp, as in the authors' code.
        """
        grey = studio_luma(image) ** self.gamma
        edges = np.stack([canny_edges(grey, scale) for scale in self.scales_px])
        lasting = edges[: self.edge_scales].all(axis=0)
        scale = np.array(self.scales_px)[last_scale_of(edges)]
        first = gradient_magnitude(grey, self.first_sigma_px, "reflect")
        measured = np.full(grey.shape, np.nan)
        for scale_px in np.unique(scale[lasting]):
            second_px = scale_px / 2
            here = lasting & (scale == scale_px)
            ratio = gradient_ratio(first, gradient_magnitude(grey, second_px, "reflect"))
            sigma_px = sigma_from_ratio(ratio[here], self.first_sigma_px, second_px)
            measured[here] = np.nan_to_num(sigma_px).clip(*self.range_px)
        return along_edges(measured, 1 + edges.sum(axis=0), self.stiffness)
