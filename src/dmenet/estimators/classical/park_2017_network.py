"""The network of Park et al. 2017: which of eleven blurs the features of a patch show."""

from pathlib import Path

import torch
from torch import Tensor, nn

from dmenet.errors import InputError
from dmenet.estimators.classical.park_2017_features import KINDS, LENGTH
from dmenet.weights.caffe import read_caffemodel

LABELS = 11
LAYERS = ("conv1", "conv2", "conv3", "conv4", "fc1", "fc2", "fc3")
"""Those that have weights."""


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
