"""B: from an image to its defocus map (VGG19 encoder, U-Net decoder), with its auxiliary heads."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dmenet.networks.blocks import (
    ConvNormAct,
    ResidualBlock,
    Variant,
    conv_stack,
    convolution,
    initialise,
    scaled,
)
from dmenet.networks.vgg19 import VGG19

RESIDUAL_BLOCKS = 7
DECODER_WIDTHS = (256, 128, 64, 64)
DECODER_CONVS = (3, 3, 3, 1)
AUXILIARY_WIDTHS = (256, 128, 64, 32, 32)


class BlurEstimate(NamedTuple):
    """What B computes for a batch of images."""

    defocus: Tensor
    """N x 1 x H x W: the map, in [0, 1]."""
    stages: tuple[Tensor, ...]
    """Inputs of the auxiliary heads: the deepest feature, then each decoder stage."""

    @property
    def feature(self) -> Tensor:
        """N x C x H x W: the decoder's last stage, which the domain discriminator sees."""
        return self.stages[-1]


class BlurNetwork(nn.Module):
    """What every kind of B has.

    ``forward`` takes N x 3 x H x W, RGB in [0, 1], and gives a ``BlurEstimate``.
    """

    size_multiple: int
    """Sides of an image must be multiples of it."""
    receptive_radius: int
    """No pixel of the map depends on the image farther away than this; a multiple of
    ``size_multiple``."""
    margin: int = 0
    """So many pixels beyond each border are made up at inference, by reflection; a multiple of
    ``size_multiple``. For networks that take what lies beyond an image for black."""
    feature_channels: int
    """Of ``BlurEstimate.feature``."""
    width: float
    variant: Variant

    def check_size(self, image: Tensor) -> None:
        """Raise a ValueError where a side is not a multiple of ``size_multiple``."""
        if image.shape[-2] % self.size_multiple or image.shape[-1] % self.size_multiple:
            raise ValueError(
                f"B takes images whose sides are multiples of {self.size_multiple}, "
                f"not {tuple(image.shape[-2:])}: pad them first"
            )


class BlurEstimator(BlurNetwork):
    """Subnetwork B (paper Section 3.2; supplement Table 1).

    Args:
        width: scales every channel count; 1.0 is the paper.
        variant: ``official`` or ``supplement``.
    """

    size_multiple = 16
    receptive_radius = 208

    def __init__(self, width: float = 1.0, variant: Variant = "official") -> None:
        super().__init__()
        self.width = width
        self.variant = variant
        self.encoder = VGG19(width)
        channels = self.encoder.channels[-1]
        self.decoder = nn.ModuleList()
        skips = reversed(self.encoder.channels[:-1])
        for skip, base, convs in zip(skips, DECODER_WIDTHS, DECODER_CONVS, strict=True):
            self.decoder.append(conv_stack(channels + skip, scaled(base, width), convs, variant))
            channels = scaled(base, width)
        self.feature_channels = channels
        self.residual = nn.Sequential(
            *(ResidualBlock(channels, variant) for _ in range(RESIDUAL_BLOCKS))
        )
        self.head = nn.Sequential(
            ConvNormAct(channels, channels),
            ConvNormAct(channels, scaled(32, width)),
            convolution(scaled(32, width), 1, 3),
        )
        initialise(self)

    def forward(self, image: Tensor) -> BlurEstimate:
        """Estimate the defocus map.

        Args:
            image: N x 3 x H x W, RGB in [0, 1]; H and W multiples of 16.

        Raises:
            ValueError: a side is not a multiple of 16.
        """
        self.check_size(image)
        *skips, x = self.encoder(image)
        stages = [x]
        for stage, skip in zip(self.decoder, reversed(skips), strict=True):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = stage(torch.cat([x, skip], dim=1))
            stages.append(x)
        return BlurEstimate(torch.sigmoid(self.head(self.residual(x))), tuple(stages))


class AuxiliaryHeads(nn.Module):
    """Five small heads that predict the map from B's coarse to fine features (supplement Table 1).

    Args:
        width, variant: those of the ``BlurEstimator`` whose features they take.
    """

    def __init__(self, width: float = 1.0, variant: Variant = "official") -> None:
        super().__init__()
        inputs = (512, *DECODER_WIDTHS)
        self.heads = nn.ModuleList(
            nn.Sequential(
                ConvNormAct(scaled(channels, width), scaled(hidden, width)),
                ConvNormAct(scaled(hidden, width), 1, act=nn.Sigmoid())
                if variant == "official"
                else convolution(scaled(hidden, width), 1, 3),
            )
            for channels, hidden in zip(inputs, AUXILIARY_WIDTHS, strict=True)
        )
        initialise(self)

    def forward(self, stages: tuple[Tensor, ...]) -> list[Tensor]:
        """``BlurEstimate.stages`` to five maps N x 1 x h x w, h = H/16, H/8, H/4, H/2, H."""
        return [head(stage) for head, stage in zip(self.heads, stages, strict=True)]
