"""D: tells features of synthetic images from those of real ones, patch by patch."""

from itertools import pairwise

from torch import Tensor, nn

from dmenet.networks.blocks import (
    ShiftBatchNorm2d,
    Variant,
    activation,
    initialise,
    pad_same,
    scaled,
)

KERNEL, STRIDE = 4, 2
FEATURE_CHANNELS = {"official": 64, "supplement": 64, "mobile": 16}
"""Of the feature that D sees, at width 1."""


class PatchDiscriminator(nn.Module):
    """Subnetwork D (paper Section 3.3; supplement Table 2).

    Args:
        width: scales every channel count, that of the input feature included.
        variant: that of B. ReLU for ``supplement``, else leaky ReLU; for ``mobile``, whose feature
            has 16 channels where the paper's has 64, every channel count is smaller by that.
    """

    def __init__(self, width: float = 1.0, variant: Variant = "official") -> None:
        super().__init__()
        width *= FEATURE_CHANNELS[variant] / 64
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
            feature = layer(pad_same(feature, KERNEL, STRIDE))
        logits: Tensor = self.logit(pad_same(feature, KERNEL, STRIDE))
        return logits
