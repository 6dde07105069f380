"""C: deep features of a defocus map, so that its structure can be compared, not only its values."""

from typing import Self

from torch import Tensor, nn

from dmenet.networks.blocks import initialise
from dmenet.networks.efficientnet_lite0 import EfficientNetLite0
from dmenet.networks.vgg19 import VGG19


class ContentFeatures(nn.Module):
    """Subnetwork C: a frozen VGG19 up to the ReLU of conv4_4 (paper Section 3.4).

    Args:
        width: scales every channel count; published VGG19 weights need 1.0.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.vgg = VGG19(width, blocks=4)
        initialise(self)
        self.requires_grad_(False)

    def forward(self, defocus: Tensor) -> Tensor:
        """A map N x 1 x H x W in [0, 1] to features N x 512 x H/8 x W/8."""
        features: list[Tensor] = self.vgg(defocus.expand(-1, 3, -1, -1))
        return features[-1]


class EfficientNetContentFeatures(nn.Module):
    """In place of C's VGG19, a frozen EfficientNet-Lite0 at the same resolution.

    Not the paper's. For where VGG19's weights are not at hand: those of the encoder of ``mobile``
    (``initial_weights.encoder``) fill both. Batch norm keeps its ImageNet statistics.
    """

    STAGE = 2
    """Of the encoder's features: 40 channels at 1/8."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNetLite0()
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, so that training does not change the statistics."""
        return super().train(False)

    def forward(self, defocus: Tensor) -> Tensor:
        """A map N x 1 x H x W in [0, 1], sides multiples of 8, to features N x 40 x H/8 x W/8."""
        features: list[Tensor] = self.encoder(defocus.expand(-1, 3, -1, -1))
        return features[self.STAGE]
