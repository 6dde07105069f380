"""The building blocks that B, D and S share."""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from dmenet.errors import check_number

Variant = Literal["official", "supplement", "mobile"]
"""Which kind of B the subnetworks belong to.

``official`` is what the released code computes, ``supplement`` what the paper's tables print, and
``mobile`` a network of ours for everyday use.
"""

LRELU_SLOPE = 0.2
MAX_WIDTH = 4.0


def scaled(channels: int, width: float) -> int:
    """Channel count at a relative ``width`` (1.0 is the paper).

    Raises:
        InputError: the width is not a number over 0 and at most four times the paper's.
    """
    check_number("width", width, over=0, most=MAX_WIDTH)
    return max(1, round(channels * width))


class ShiftBatchNorm2d(nn.BatchNorm2d):
    """Batch norm with a learned shift and no scale, as in the released code.

    The scale exists as a frozen parameter of ones, because ``SyncBatchNorm`` drops the gradient of
    the shift when there is none. The moving variance averages torch's unbiased batch variance; the
    released code averages the biased one, n / (n - 1) smaller (0.15 % at the coarsest features of
    three 240 x 240 crops).
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-5, momentum=0.1)
        self.weight.requires_grad_(False)


def pad_same(x: Tensor, kernel_size: int, stride: int) -> Tensor:
    """Zero-pad height and width as TensorFlow's SAME does; an odd pixel goes after."""

    def before_and_after(size: int) -> tuple[int, int]:
        total = max((-(-size // stride) - 1) * stride + kernel_size - size, 0)
        return total // 2, total - total // 2

    height, width = x.shape[-2:]
    return nn.functional.pad(x, (*before_and_after(width), *before_and_after(height)))


def doubled(x: Tensor) -> Tensor:
    """N x C x H x W to N x C x 2H x 2W; each pixel is repeated."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def convolution(in_channels: int, out_channels: int, kernel_size: int) -> nn.Conv2d:
    """A convolution that keeps the size; borders repeat the edge pixel."""
    return nn.Conv2d(
        in_channels,
        out_channels,
        kernel_size,
        padding=kernel_size // 2,
        padding_mode="replicate" if kernel_size > 1 else "zeros",
    )


def activation(variant: Variant) -> nn.Module:
    """What D and S use: ReLU in the supplement, else leaky ReLU as in the released code."""
    return nn.ReLU() if variant == "supplement" else nn.LeakyReLU(LRELU_SLOPE)


class ConvNormAct(nn.Sequential):
    """Convolution, batch norm, leaky ReLU (or ``act``)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        act: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.conv = convolution(in_channels, out_channels, kernel_size)
        self.norm = ShiftBatchNorm2d(out_channels)
        self.act = act or nn.LeakyReLU(LRELU_SLOPE)


def conv_stack(in_channels: int, out_channels: int, count: int, variant: Variant) -> nn.Sequential:
    """``count`` 3x3 convolutions, normalised after each (official) or the last (supplement)."""
    channels = [in_channels] + [out_channels] * count
    pairs = list(pairwise(channels))
    if variant == "official":
        return nn.Sequential(*(ConvNormAct(i, o) for i, o in pairs))
    return nn.Sequential(*(convolution(i, o, 3) for i, o in pairs[:-1]), ConvNormAct(*pairs[-1]))


class ResidualBlock(nn.Module):
    """Two convolutions beside a skip path; their sum is not activated.

    The skip path is a normalised 1x1 convolution (official) or the identity (supplement).
    """

    def __init__(self, channels: int, variant: Variant) -> None:
        super().__init__()
        self.main = conv_stack(channels, channels, 2, variant)
        self.skip = ConvNormAct(channels, channels, 1) if variant == "official" else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W to the same shape."""
        out: Tensor = self.main(x)
        # In place: features at full size are what decides on the memory of inference.
        out += self.skip(x)
        return out


def initialise(module: nn.Module) -> None:
    """The released code's initial values, for every convolution below ``module``.

    He, a normal of nominal variance 2.6 / fan_in truncated at two deviations (its variance is then
    2 / fan_in); Xavier uniform where there is one output channel; biases zero.
    """
    for layer in module.modules():
        if not isinstance(layer, nn.Conv2d):
            continue
        if layer.out_channels == 1:
            nn.init.xavier_uniform_(layer.weight)
        else:
            deviation = (2.6 / layer.weight[0].numel()) ** 0.5
            nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
