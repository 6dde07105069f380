"""B for everyday use on a CPU: EfficientNet-Lite0 encoder, full-size branch, small decoder."""

import torch
from torch import Tensor, nn

from dmenet.networks.blocks import LRELU_SLOPE, doubled, scaled
from dmenet.networks.blur_estimation import BlurEstimate, BlurNetwork
from dmenet.networks.efficientnet_lite0 import EfficientNetLite0

FULL_SIZE_CHANNELS = 16
HALF_SIZE_CHANNELS = 32
DECODER_WIDTHS = (96, 96, 64, 48, 32)
"""Of the stages at 1/32, 1/16, 1/8, 1/4 and 1/2 of the size."""

LAST_WIDTHS = (32, 16)
"""Of the two convolutions at full size, the dearest of all.

Multiples of 16: with 24 a step of training took half as long again on a CPU.
"""

INITIAL_LOGIT = -1.5
"""Of every map before training: most pixels of most images are nearer to sharp than to 7 px."""


class ConvBatchNormAct(nn.Sequential):
    """Convolution without bias, batch norm with scale and shift, leaky ReLU; borders are zeros."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride, kernel_size // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(out_channels)
        self.act = nn.LeakyReLU(LRELU_SLOPE, inplace=True)


class MobileBlurEstimator(BlurNetwork):
    """Subnetwork B for everyday use: under 45 kMAC a pixel, 3.3 M parameters.

    Blur of a pixel or less shows in the highest frequencies alone, which the encoder's stem throws
    away; hence the branch at full size, two convolutions whose results skip to the decoder's end.

    Args:
        width: scales the channels of the branch and the decoder; the encoder is as published.
    """

    size_multiple = 32
    coarse_factor = 4
    margin = 32
    variant = "mobile"

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = width
        self.encoder = EfficientNetLite0()
        full, half = scaled(FULL_SIZE_CHANNELS, width), scaled(HALF_SIZE_CHANNELS, width)
        widths = [scaled(channels, width) for channels in DECODER_WIDTHS]
        last = scaled(LAST_WIDTHS[0], width)
        self.feature_channels = scaled(LAST_WIDTHS[1], width)
        self.full_size = nn.Sequential(ConvBatchNormAct(3, full), ConvBatchNormAct(full, full))
        self.half_size = ConvBatchNormAct(full, half, 3, 2)
        finest, *coarser, deepest = self.encoder.channels
        self.bottleneck = ConvBatchNormAct(deepest, widths[0], 1)
        skips = (*reversed(coarser), finest + half)
        self.decoder = nn.ModuleList(
            ConvBatchNormAct(below + skip, out)
            for below, skip, out in zip(widths[:-1], skips, widths[1:], strict=True)
        )
        self.last = nn.Sequential(
            ConvBatchNormAct(widths[-1] + full, last),
            ConvBatchNormAct(last, self.feature_channels),
        )
        self.head = _head(self.feature_channels, 3)

    def forward(self, image: Tensor) -> BlurEstimate:
        """Estimate the defocus map.

        Args:
            image: N x 3 x H x W, RGB in [0, 1]; H and W multiples of 32.

        Returns:
            The map, and six stages: 96, 96, 64, 48, 32 and 16 channels at 1/32 to the full size.

        Raises:
            ValueError: a side is not a multiple of 32.
        """
        self.check_size(image)
        finest = self._finest(image)
        coarse = self.coarse(self._quarter(finest))
        *fine, logits = self._fine(image, finest, coarse[-1])
        return BlurEstimate(torch.sigmoid(logits.to(image.dtype)), (*coarse, *fine))

    def coarse_input(self, image: Tensor) -> Tensor:
        """The encoder's feature at a quarter of the size."""
        return self._quarter(self._finest(image))

    def coarse(self, features: Tensor) -> tuple[Tensor, ...]:
        """The bottleneck at 1/32, and the decoder's stages at 1/16, 1/8 and 1/4 of the size."""
        *skips, deepest = features, *self.encoder.features(features, first=2)
        stages = [self.bottleneck(deepest)]
        for number, skip in enumerate(reversed(skips)):
            stages.append(self._decoded(number, stages[-1], skip))
        return tuple(stages)

    def fine(self, image: Tensor, coarse: Tensor) -> Tensor:
        """The map."""
        return torch.sigmoid(self._fine(image, self._finest(image), coarse)[-1].float())

    def _finest(self, image: Tensor) -> Tensor:
        (finest,) = self.encoder.features(self.encoder.stem(image), last=0)
        return finest

    def _quarter(self, finest: Tensor) -> Tensor:
        (quarter,) = self.encoder.features(finest, first=1, last=1)
        return quarter

    def _fine(self, image: Tensor, finest: Tensor, coarse: Tensor) -> tuple[Tensor, ...]:
        full_size = self.full_size((image * 2 - 1).to(finest.dtype))
        half_stage = self._decoded(-1, coarse, finest, self.half_size(full_size))
        stage = self.last(torch.cat([doubled(half_stage), full_size], dim=1))
        return half_stage, stage, self.head(stage)

    def _decoded(self, number: int, below: Tensor, *skips: Tensor) -> Tensor:
        stage: Tensor = self.decoder[number](torch.cat([doubled(below), *skips], dim=1))
        return stage


class MobileAuxiliaryHeads(nn.Module):
    """A 1x1 convolution on each decoder stage of 1/16 to 1/2 of the size.

    Args:
        width: that of the ``MobileBlurEstimator`` whose features they take.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.heads = nn.ModuleList(_head(scaled(c, width), 1) for c in DECODER_WIDTHS[1:])

    def forward(self, stages: tuple[Tensor, ...]) -> list[Tensor]:
        """``BlurEstimate.stages`` to four maps N x 1 x h x w in [0, 1], h = H/16 to H/2."""
        pairs = zip(self.heads, stages[1:-1], strict=True)
        return [torch.sigmoid(head(stage)) for head, stage in pairs]


def _head(channels: int, kernel_size: int) -> nn.Conv2d:
    head = nn.Conv2d(channels, 1, kernel_size, padding=kernel_size // 2)
    assert head.bias is not None
    nn.init.constant_(head.bias, INITIAL_LOGIT)
    return head
