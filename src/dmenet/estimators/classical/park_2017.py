"""Park, Tai, Cho & Kweon, "A unified approach of multi-scale deep and hand-crafted features".

"... for defocus estimation", CVPR 2017.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dmenet.errors import UnavailableError
from dmenet.estimators.base import Estimate
from dmenet.estimators.classical.edge_preserving import rolling_guidance, weighted_median
from dmenet.estimators.classical.edges import canny_edges
from dmenet.estimators.classical.grey import Grey, value
from dmenet.estimators.classical.park_2017_features import SIZES, extract
from dmenet.estimators.classical.park_2017_network import LABELS, ParkNetwork, load_park_network
from dmenet.estimators.classical.propagation import propagate
from dmenet.estimators.classical.sparse_smoothing import joint_bilateral
from dmenet.sample import Image, Sample

SIGMAS_PX = np.linspace(0.5, 2.0, LABELS)
"""What the labels mean."""

NO_EDGE = -1

_AT_ONCE = 2048

Kinds = NDArray[np.int_]
"""H x W: of each edge a position in ``SIZES``, ``NO_EDGE`` elsewhere."""


class Park2017:
    """A network classifies the patches around edges; the sparse map is smoothed, spread, smoothed.

    The weights are the authors'; see ``docs/methods.md`` for where they are and for what could not
    be compared with the original. Without any edge the answer is 0.5 px, the least, everywhere.

    Args:
        network: ``DHDE_model.caffemodel``.
        edge_sigma_px: of Canny's detector (MATLAB's default).
        edge_thresholds: its upper thresholds for weak and strong edges, as shares of the image's
            largest gradient.
        edge_low_of_high: the lower thresholds as shares of the upper ones.
        guide_px, guide_colour, guide_iterations: of the rolling guidance filter of the guide.
        smoothing_px, smoothing_colour, smoothing_radius, smoothing_trust: of the joint bilateral
            filter of the measurements; ``smoothing_trust`` is the sigma of the weight of
            1 - probability.
        weight, epsilon: of the propagation, as of ``ZhuoSim2011``. The authors add 1e-5 to
            covariances, which is an epsilon of 9e-5.
        median_radius, median_colour, median_iterations: of the weighted median that comes last.
    """

    range_px = (float(SIGMAS_PX[0]), float(SIGMAS_PX[-1]))

    def __init__(
        self,
        network: str | Path,
        *,
        edge_sigma_px: float,
        edge_thresholds: Sequence[float],
        edge_low_of_high: float,
        guide_px: float,
        guide_colour: float,
        guide_iterations: int,
        smoothing_px: float,
        smoothing_colour: float,
        smoothing_radius: int,
        smoothing_trust: float,
        weight: float,
        epsilon: float,
        median_radius: int,
        median_colour: float,
        median_iterations: int,
    ) -> None:
        self.path = Path(network).expanduser()
        self.edge_sigma_px = edge_sigma_px
        self.edge_thresholds = tuple(edge_thresholds)
        self.edge_low_of_high = edge_low_of_high
        self.guide = {"spatial_px": guide_px, "colour": guide_colour}
        self.guide_iterations = guide_iterations
        self.smoothing = {"spatial_px": smoothing_px, "colour": smoothing_colour}
        self.smoothing_radius = smoothing_radius
        self.smoothing_trust = smoothing_trust
        self.weight = weight
        self.epsilon = epsilon
        self.median_radius = median_radius
        self.median_colour = median_colour
        self.median_iterations = median_iterations

    @cached_property
    def network(self) -> ParkNetwork:
        """With the authors' weights."""
        if not self.path.is_file():
            raise UnavailableError(
                f"Park et al. 2017: no network at {self.path}. It is DHDE_model.caffemodel of the "
                "authors' repository DHDE_CVPR17: give estimator.park_2017.network=FILE"
            )
        return load_park_network(self.path)

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Read the network.

        Raises:
            UnavailableError: there is none.
            InputError: the file is of another network.
        """
        _ = self.network

    def __call__(self, image: Image) -> Estimate:
        """Measure at edges, smooth, spread, smooth."""
        measured, probability = self.measure(image, self.edges(image))
        guide = rolling_guidance(image, **self.guide, iterations=self.guide_iterations)
        smooth = joint_bilateral(
            measured,
            guide,
            **self.smoothing,
            radius=self.smoothing_radius,
            trust=np.exp(-((1 - probability) ** 2) / (2 * self.smoothing_trust**2)),
        )
        dense = weighted_median(
            propagate(smooth, guide, weight=self.weight, epsilon=self.epsilon),
            guide,
            radius=self.median_radius,
            colour=self.median_colour,
            iterations=self.median_iterations,
        )
        return Estimate(
            dense.clip(*self.range_px),
            sparse_sigma_px=measured.astype(np.float32),
            confidence=probability.astype(np.float32),
        )

    def edges(self, image: Image) -> Kinds:
        """Weak and strong edges; what is a strong edge is not a weak one."""
        grey = value(image).astype(np.float64)
        kinds = np.full(grey.shape, NO_EDGE)
        for kind, threshold in enumerate(self.edge_thresholds):
            edges = canny_edges(grey, self.edge_sigma_px, threshold, self.edge_low_of_high)
            kinds[edges] = kind
        return kinds

    def measure(self, image: Image, kinds: Kinds) -> tuple[Grey, Grey]:
        """Sigma in px at edges, nan elsewhere, and its probability, 0 elsewhere."""
        sigma_px, probability = np.full(kinds.shape, np.nan), np.zeros(kinds.shape)
        for kind in range(len(SIZES)):
            all_rows, all_columns = np.nonzero(kinds == kind)
            for start in range(0, len(all_rows), _AT_ONCE):
                rows = all_rows[start : start + _AT_ONCE]
                columns = all_columns[start : start + _AT_ONCE]
                features = extract(image, rows, columns, kind)
                with torch.inference_mode():
                    chances = self.network(*map(torch.from_numpy, features))
                best, label = (array.numpy() for array in chances.max(dim=1))
                sigma_px[rows, columns] = SIGMAS_PX[label]
                probability[rows, columns] = best
        return sigma_px, probability
