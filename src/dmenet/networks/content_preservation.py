"""C: deep features of a defocus map, so that its structure can be compared, not only its values."""

from torch import Tensor, nn

from dmenet.networks.blocks import initialise
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
