"""S: decides from a defocus map alone which pixels are blurred."""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from dmenet.networks.blocks import (
    ConvNormAct,
    Variant,
    activation,
    convolution,
    initialise,
    scaled,
)


class SharpnessCalibrator(nn.Module):
    """Subnetwork S (paper Section 3.5; supplement Table 3 and Figure 1).

    Args:
        kernel_size: 1 in the paper; 3 shows how a wider S smudges the defocus map.
        width: scales every channel count.
        variant: that of B. ReLU for ``supplement``, else leaky ReLU.
    """

    def __init__(
        self, kernel_size: Literal[1, 3] = 1, width: float = 1.0, variant: Variant = "official"
    ) -> None:
        super().__init__()
        channels = [1, *(scaled(c, width) for c in (64, 64, 64, 32, 32, 32, 16, 16, 16))]
        self.layers = nn.Sequential(
            *(ConvNormAct(i, o, kernel_size, activation(variant)) for i, o in pairwise(channels)),
            convolution(channels[-1], 1, kernel_size),
        )
        initialise(self)

    def forward(self, defocus: Tensor) -> Tensor:
        """A map N x 1 x H x W in [0, 1] to logits of the same shape; positive means "blurred"."""
        logits: Tensor = self.layers(defocus)
        return logits


class DirectCalibrator(nn.Module):
    """In place of S, nothing: B's map itself is taken for the probability that a pixel is blurred.

    L_S then asks B's map for the mask, which is what S is there to avoid (supplement, on S): half a
    blur is no longer a right answer. It has no parameters.
    """

    NEAREST = 1e-6
    """Values are kept so far from 0 and 1, where the logit is infinite."""

    def forward(self, defocus: Tensor) -> Tensor:
        """A map N x 1 x H x W in [0, 1] to its logits of the same shape."""
        return torch.logit(defocus, eps=self.NEAREST)
