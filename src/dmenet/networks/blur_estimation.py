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
    doubled,
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

    ``forward`` takes N x 3 x H x W, RGB in [0, 1], and gives a ``BlurEstimate``. Batch norm stands
    right after its convolution, so that inference can fold it.

    Inference runs large images in parts: ``coarse_input`` and ``fine`` look at a small
    neighbourhood and run tile by tile, ``coarse`` looks far and runs on everything at a quarter of
    the size. A network that defines ``forward`` alone is all ``fine``.
    """

    size_multiple: int
    """Sides of an image must be multiples of it."""
    margin: int = 0
    """So many pixels beyond each border are made up at inference, by reflection; a multiple of
    ``size_multiple``. For networks that take what lies beyond an image for black."""
    coarse_factor: int | None = None
    """How much smaller than the image the features of ``coarse_input`` and ``coarse`` are; None for
    a network without these parts."""
    feature_channels: int
    """Of ``BlurEstimate.feature``."""
    width: float
    variant: Variant

    def coarse_input(self, image: Tensor) -> Tensor:
        """N x 3 x H x W to features N x C x H/4 x W/4."""
        return image[:, :0, :: self.size_multiple, :: self.size_multiple]

    def coarse(self, features: Tensor) -> tuple[Tensor, ...]:
        """Those of ``coarse_input`` to the stages up to a quarter of the size."""
        return (features,)

    def fine(self, image: Tensor, coarse: Tensor) -> Tensor:
        """The image and the last stage of ``coarse`` to the map, N x 1 x H x W, float32."""
        x = image.to(next(self.parameters()).dtype)
        return self.forward(x).defocus.float()  # type: ignore[no-any-return]

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
    coarse_factor = 4

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
        full, half = self._near(image)
        coarse = self.coarse(self.encoder.block(3, half))
        *fine, logits = self._fine(full, half, coarse[-1])
        return BlurEstimate(torch.sigmoid(logits.to(image.dtype)), (*coarse, *fine))

    def coarse_input(self, image: Tensor) -> Tensor:
        """The features of the encoder's third block."""
        _, half = self._near(image)
        return self.encoder.block(3, half)

    def coarse(self, features: Tensor) -> tuple[Tensor, ...]:
        """The deepest feature, and the decoder's stages at 1/8 and 1/4 of the size."""
        eighth = self.encoder.block(4, features)
        deepest = self.encoder.block(5, eighth)
        stage = self._decoded(0, deepest, eighth)
        return deepest, stage, self._decoded(1, stage, features)

    def fine(self, image: Tensor, coarse: Tensor) -> Tensor:
        """The map."""
        return torch.sigmoid(self._fine(*self._near(image), coarse)[-1].float())

    def _near(self, image: Tensor) -> tuple[Tensor, Tensor]:
        full = self.encoder.block(1, self.encoder.normalised(image))
        return full, self.encoder.block(2, full)

    def _fine(self, full: Tensor, half: Tensor, coarse: Tensor) -> tuple[Tensor, ...]:
        half_stage = self._decoded(2, coarse, half)
        stage = self._decoded(3, half_stage, full)
        return half_stage, stage, self.head(self.residual(stage))

    def _decoded(self, number: int, below: Tensor, skip: Tensor) -> Tensor:
        stage: Tensor = self.decoder[number](torch.cat([doubled(below), skip], dim=1))
        return stage


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
