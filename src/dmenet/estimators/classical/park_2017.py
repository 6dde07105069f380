"""Park, Tai, Cho & Kweon, "A unified approach of multi-scale deep and hand-crafted features".

"... for defocus estimation", CVPR 2017.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dmenet.errors import UnavailableError
from dmenet.estimators.base import Estimate
from dmenet.estimators.classical.edges import Mask
from dmenet.estimators.classical.grey import Grey, value
from dmenet.estimators.classical.park_2017_features import SIZES, extract
from dmenet.estimators.classical.park_2017_network import LABELS, ParkNetwork, load_park_network
from dmenet.ranges import Positive
from dmenet.sample import Image, Map, Sample

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
        edges: finds them in a grey image with an upper threshold.
        thresholds: for weak and for strong edges, as shares of the image's largest gradient.
        guide: smooths the image that guides what follows.
        smoothing: of the measurements under the guide, with a factor of each one's weight.
        trust: sigma of the weight of 1 - probability.
        propagation: from the measurements to every pixel under the guide.
        median: of the dense map under the guide; the last step.
    """

    range_px = (float(SIGMAS_PX[0]), float(SIGMAS_PX[-1]))

    def __init__(
        self,
        network: str | Path,
        *,
        edges: Callable[..., Mask],
        thresholds: tuple[Positive, Positive],
        guide: Callable[[Image], Image],
        smoothing: Callable[..., Grey],
        trust: Positive,
        propagation: Callable[[Grey, Image], Map],
        median: Callable[[Map, Image], Map],
    ) -> None:
        self.path = Path(network).expanduser()
        self.find_edges = edges
        self.thresholds = tuple(thresholds)
        self.guide = guide
        self.smoothing = smoothing
        self.trust = trust
        self.propagation = propagation
        self.median = median

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
        guide = self.guide(image)
        trust = np.exp(-((1 - probability) ** 2) / (2 * self.trust**2))
        smooth = self.smoothing(measured, guide, trust=trust)
        dense = self.median(self.propagation(smooth, guide), guide)
        return Estimate(dense.clip(*self.range_px))

    def edges(self, image: Image) -> Kinds:
        """Weak and strong edges; what is a strong edge is not a weak one."""
        grey = value(image).astype(np.float64)
        kinds = np.full(grey.shape, NO_EDGE)
        for kind, threshold in enumerate(self.thresholds):
            kinds[self.find_edges(grey, threshold=threshold)] = kind
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
