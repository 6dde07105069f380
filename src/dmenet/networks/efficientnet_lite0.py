"""The convolutions of EfficientNet-Lite0 (Tan & Le 2019, its "lite" edition of 2020)."""

from typing import NamedTuple

from torch import Tensor, nn

from dmenet.networks.blocks import pad_same

BATCH_NORM_EPS = 1e-3
BATCH_NORM_MOMENTUM = 0.01
STEM_CHANNELS = 32


class Stage(NamedTuple):
    """Blocks of one width, of which the first may halve the size."""

    repeats: int
    channels: int
    stride: int
    kernel_size: int
    expansion: int


STAGES = (
    Stage(1, 16, 1, 3, 1),
    Stage(2, 24, 2, 3, 6),
    Stage(2, 40, 2, 5, 6),
    Stage(3, 80, 2, 3, 6),
    Stage(3, 112, 1, 5, 6),
    Stage(4, 192, 2, 5, 6),
    Stage(1, 320, 1, 3, 6),
)
FEATURE_STAGES = (0, 1, 2, 4, 6)
"""The last stage at each size: 1/2, 1/4, 1/8, 1/16 and 1/32."""

CHANNELS = tuple(STAGES[stage].channels for stage in FEATURE_STAGES)


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM)


class InvertedBottleneck(nn.Module):
    """Expand by 1x1, filter each channel by itself, project by 1x1; beside it a skip path.

    Expansion 1 has no first convolution. The skip path exists where input and output are alike.

    Args:
        in_channels, out_channels: of the block.
        kernel_size, stride: of the filter.
        expansion: channels of the filter, as a multiple of the block's input.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        inner = in_channels * expansion
        self.kernel_size, self.stride = kernel_size, stride
        self.expands = expansion != 1
        self.adds_input = stride == 1 and in_channels == out_channels
        if self.expands:
            self._expand_conv = nn.Conv2d(in_channels, inner, 1, bias=False)
            self._bn0 = _batch_norm(inner)
        self._depthwise_conv = nn.Conv2d(
            inner, inner, kernel_size, stride, groups=inner, bias=False
        )
        self._bn1 = _batch_norm(inner)
        self._project_conv = nn.Conv2d(inner, out_channels, 1, bias=False)
        self._bn2 = _batch_norm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W to N x C' x H/stride x W/stride."""
        y = x
        if self.expands:
            y = nn.functional.relu6(self._bn0(self._expand_conv(y)), inplace=True)
        y = self._depthwise_conv(pad_same(y, self.kernel_size, self.stride))
        y = nn.functional.relu6(self._bn1(y), inplace=True)
        y = self._bn2(self._project_conv(y))
        out: Tensor = x + y if self.adds_input else y
        return out


class EfficientNetLite0(nn.Module):
    """The encoder: ImageNet's classifier up to its last block; 3.0 M parameters.

    Its parameters have the names of the published checkpoint (``weights.efficientnet_lite0``).

    Source: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
    """

    channels = CHANNELS

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, STEM_CHANNELS, 3, 2, bias=False)
        self._bn0 = _batch_norm(STEM_CHANNELS)
        self._blocks = nn.ModuleList()
        self._taps: list[int] = []
        channels = STEM_CHANNELS
        for number, stage in enumerate(STAGES):
            for repeat in range(stage.repeats):
                self._blocks.append(
                    InvertedBottleneck(
                        channels,
                        stage.channels,
                        stage.kernel_size,
                        stage.stride if repeat == 0 else 1,
                        stage.expansion,
                    )
                )
                channels = stage.channels
            if number in FEATURE_STAGES:
                self._taps.append(len(self._blocks) - 1)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Features of an image.

        Args:
            image: N x 3 x H x W, RGB in [0, 1]; H and W multiples of 32.

        Returns:
            Five tensors with 16, 24, 40, 112 and 320 channels, at 1/2 to 1/32 of the size.
        """
        return self.features(self.stem(image))

    def stem(self, image: Tensor) -> Tensor:
        """The first convolution: N x 3 x H x W to N x 32 x H/2 x W/2."""
        x = (image * 2 - 1).to(self._conv_stem.weight.dtype)
        return nn.functional.relu6(self._bn0(self._conv_stem(pad_same(x, 3, 2))), inplace=True)

    def features(self, x: Tensor, first: int = 0, last: int = len(CHANNELS) - 1) -> list[Tensor]:
        """Those of ``forward`` from number ``first`` to ``last``.

        Args:
            x: the feature before, or the result of ``stem``.
            first, last: 0 to 4.
        """
        features = []
        begin = self._taps[first - 1] + 1 if first else 0
        for number in range(begin, self._taps[last] + 1):
            x = self._blocks[number](x)
            if number in self._taps:
                features.append(x)
        return features
