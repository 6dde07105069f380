"""D: tells features of synthetic images from those of real ones, patch by patch."""

from itertools import pairwise

from torch import Tensor, nn

from dmenet.networks.blocks import ShiftBatchNorm2d, Variant, activation, initialise, scaled

KERNEL, STRIDE = 4, 2


def pad_same(x: Tensor) -> Tensor:
    """Zero-pad as TensorFlow's SAME does for a 4x4 kernel at stride 2.

    One pixel on each side at an even size; at an odd size one before and two after.
    """
    odd_height, odd_width = x.shape[-2] % 2, x.shape[-1] % 2
    return nn.functional.pad(x, (1, 1 + odd_width, 1, 1 + odd_height))


class PatchDiscriminator(nn.Module):
    """Subnetwork D (paper Section 3.3; supplement Table 2).

    Args:
        width: scales every channel count, that of the input feature included.
        variant: leaky ReLU (``official``) or ReLU (``supplement``).
    """

    def __init__(self, width: float = 1.0, variant: Variant = "official") -> None:
        super().__init__()
        channels = [scaled(c, width) for c in (64, 64, 128, 256, 512)]
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(i, o, KERNEL, STRIDE, bias=False),
                ShiftBatchNorm2d(o),
                activation(variant),
            )
            for i, o in pairwise(channels)
        )
        self.logit = nn.Conv2d(channels[-1], 1, KERNEL, STRIDE, bias=False)
        initialise(self)

    def forward(self, feature: Tensor) -> Tensor:
        """``BlurEstimate.feature`` to one logit per patch, N x 1 x ~H/32 x ~W/32.

        Positive means "synthetic".
        """
        for layer in self.layers:
            feature = layer(pad_same(feature))
        logits: Tensor = self.logit(pad_same(feature))
        return logits
