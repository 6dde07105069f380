"""Park, Tai, Cho & Kweon, "A unified approach of multi-scale deep and hand-crafted features".

"... for defocus estimation", CVPR 2017.
"""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dmenet.errors import InputError, UnavailableError
from dmenet.estimators.classical.edges import Grey, Mask, value
from dmenet.estimators.classical.park_2017_features import KINDS, LENGTH, SIZES, extract
from dmenet.estimators.estimator import Estimate, Estimator
from dmenet.ranges import Positive
from dmenet.sample import Image, Map, Sample
from dmenet.weights.caffe import read_caffemodel

LABELS = 11
LAYERS = ("conv1", "conv2", "conv3", "conv4", "fc1", "fc2", "fc3")
"""Those that have weights."""

SIGMAS_PX = np.linspace(0.5, 2.0, LABELS)
"""What the labels mean."""

NO_EDGE = -1

_AT_ONCE = 2048

EdgeKinds = NDArray[np.int_]
"""H x W: of each edge a position in ``SIZES``, ``NO_EDGE`` elsewhere."""


class ParkNetwork(nn.Module):
    """After the published ``DHDE_test.prototxt``; pooling rounds up, as Caffe's does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 25, 3)
        self.conv2 = nn.Conv2d(25, 50, 3)
        self.conv3 = nn.Conv2d(50, 50, 3)
        self.conv4 = nn.Conv2d(50, 25, 1)
        self.fc1 = nn.Linear(len(KINDS) * LENGTH + 25, 300)
        self.fc2 = nn.Linear(300, 150)
        self.fc3 = nn.Linear(150, LABELS)
        self.pool = nn.MaxPool2d(3, stride=3, ceil_mode=True)

    def forward(self, dct: Tensor, gradient: Tensor, singular: Tensor, pixels: Tensor) -> Tensor:
        """Probabilities of the labels, N x 11.

        Args:
            dct, gradient, singular: N x 40.
            pixels: N x 3 x 27 x 27.
        """
        deep = self.pool(self.conv1(pixels).relu())
        deep = self.pool(self.conv2(deep).relu())
        deep = self.conv4(self.conv3(deep).relu()).relu()
        hidden = self.fc1(torch.cat([dct, gradient, singular, deep.flatten(1)], dim=1)).relu()
        scores: Tensor = self.fc3(self.fc2(hidden).relu()).relu()
        return scores.softmax(dim=1)


def load_park_network(path: Path) -> ParkNetwork:
    """The network with the weights of a ``.caffemodel``.

    Raises:
        InputError: the file cannot be read, or is of another network.
    """
    network = ParkNetwork()
    blobs = read_caffemodel(path)
    for name in LAYERS:
        parameters = list(network.get_submodule(name).parameters())
        found = blobs.get(name, [])
        expected = [parameter.numel() for parameter in parameters]
        if [blob.size for blob in found] != expected:
            raise InputError(
                f"{path}: layer {name} has {[blob.size for blob in found]} weights and biases, "
                f"expected {expected}: give the DHDE_model.caffemodel of Park et al."
            )
        for parameter, blob in zip(parameters, found, strict=True):
            parameter.data = torch.from_numpy(blob).reshape(parameter.shape)
    return network.eval()


@dataclass
class Park2017(Estimator):
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

    network: str | Path
    _: KW_ONLY
    edges: Callable[..., Mask]
    thresholds: tuple[Positive, Positive]
    guide: Callable[[Image], Image]
    smoothing: Callable[..., Grey]
    trust: Positive
    propagation: Callable[[Grey, Image], Map]
    median: Callable[[Map, Image], Map]

    range_px = (float(SIGMAS_PX[0]), float(SIGMAS_PX[-1]))

    @cached_property
    def classifier(self) -> ParkNetwork:
        """The network with the authors' weights."""
        path = Path(self.network).expanduser()
        if not path.is_file():
            raise UnavailableError(
                f"Park et al. 2017: no network at {path}. It is DHDE_model.caffemodel of the "
                "authors' repository DHDE_CVPR17: give estimator.park_2017.network=FILE"
            )
        return load_park_network(path)

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Read the network.

        Raises:
            UnavailableError: there is none.
            InputError: the file is of another network.
        """
        _ = self.classifier

    def __call__(self, image: Image) -> Estimate:
        """Measure at edges, smooth, spread, smooth."""
        measured, probability = self.measure(image, self.kinds_of_edges(image))
        guide = self.guide(image)
        trust = np.exp(-((1 - probability) ** 2) / (2 * self.trust**2))
        smooth = self.smoothing(measured, guide, trust=trust)
        dense = self.median(self.propagation(smooth, guide), guide)
        return Estimate(dense.clip(*self.range_px))

    def kinds_of_edges(self, image: Image) -> EdgeKinds:
        """Weak and strong edges; what is a strong edge is not a weak one."""
        grey = value(image).astype(np.float64)
        kinds = np.full(grey.shape, NO_EDGE)
        for kind, threshold in enumerate(self.thresholds):
            kinds[self.edges(grey, threshold=threshold)] = kind
        return kinds

    def measure(self, image: Image, kinds: EdgeKinds) -> tuple[Grey, Grey]:
        """Sigma in px at edges, nan elsewhere, and its probability, 0 elsewhere."""
        sigma_px, probability = np.full(kinds.shape, np.nan), np.zeros(kinds.shape)
        for kind in range(len(SIZES)):
            all_rows, all_columns = np.nonzero(kinds == kind)
            for start in range(0, len(all_rows), _AT_ONCE):
                rows = all_rows[start : start + _AT_ONCE]
                columns = all_columns[start : start + _AT_ONCE]
                features = extract(image, rows, columns, kind)
                with torch.inference_mode():
                    chances = self.classifier(*map(torch.from_numpy, features))
                best, label = (array.numpy() for array in chances.max(dim=1))
                sigma_px[rows, columns] = SIGMAS_PX[label]
                probability[rows, columns] = best
        return sigma_px, probability
