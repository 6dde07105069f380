"""The convolutions of VGG19 (Simonyan & Zisserman 2015), for B's encoder and for C."""

import torch
from torch import Tensor, nn

from dmenet.networks.blocks import convolution, scaled

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""Channels and number of 3x3 convolutions of conv1_x to conv5_x."""

# Means over ImageNet in blue, green, red: the order and offset that the released weights expect.
MEAN_BGR_255 = (103.939, 116.779, 123.68)


class VGG19(nn.Module):
    """VGG19's first ``blocks`` blocks of convolutions; ``features`` yields the last ReLU of each.

    Attributes:
        convs: the convolutions by their usual names, ``conv1_1`` to ``conv5_4``.
    """

    mean_bgr_255: Tensor

    def __init__(self, width: float = 1.0, blocks: int = len(BLOCKS)) -> None:
        super().__init__()
        self.convs = nn.ModuleDict()
        self.channels: list[int] = []
        self.depths = [count for _, count in BLOCKS[:blocks]]
        in_channels = 3
        for block, (channels, count) in enumerate(BLOCKS[:blocks], start=1):
            out_channels = scaled(channels, width)
            for number in range(1, count + 1):
                self.convs[f"conv{block}_{number}"] = convolution(in_channels, out_channels, 3)
                in_channels = out_channels
            self.channels.append(out_channels)
        self.register_buffer(
            "mean_bgr_255", torch.tensor(MEAN_BGR_255).view(1, 3, 1, 1), persistent=False
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Features of an image.

        Args:
            image: N x 3 x H x W, RGB in [0, 1].

        Returns:
            One tensor per block, at 1/1, 1/2, 1/4, ... of the size.
        """
        x = self.normalised(image)
        features = []
        for number in range(1, len(self.depths) + 1):
            x = self.block(number, x)
            features.append(x)
        return features

    def normalised(self, image: Tensor) -> Tensor:
        """The image as the first convolution takes it, in the type of its weights."""
        x = image.flip(1) * 255 - self.mean_bgr_255
        return x.to(next(self.parameters()).dtype)

    def block(self, number: int, x: Tensor) -> Tensor:
        """One block: for 2 and more of the features of the one before, halved."""
        if number > 1:
            x = nn.functional.max_pool2d(x, 2)
        for conv in range(1, self.depths[number - 1] + 1):
            x = nn.functional.relu(self.convs[f"conv{number}_{conv}"](x), inplace=True)
        return x
