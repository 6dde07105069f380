"""B as inference runs it: the same function with fewer passes over memory."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dmenet.networks.blur_estimation import BlurNetwork


def folded(network: BlurNetwork, dtype: torch.dtype = torch.float32) -> BlurNetwork:
    """A copy of B in evaluation mode that computes the same map faster; it cannot be trained.

    Batch norm is folded into the convolutions, activations work in place, borders are repeated
    without a copy of the feature, and tensors are channels_last.

    Args:
        network: B, whose moving averages are used.
        dtype: of weights and features; ``torch.float32`` gives the same map up to rounding.
    """
    copy = without_batch_norm(network)
    for module in list(copy.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d) and child.padding_mode == "replicate":
                setattr(module, name, ReplicateConv2d(child))
            elif isinstance(child, nn.LeakyReLU):
                child.inplace = True
    for parameter in copy.parameters():
        # Buffers, such as the mean that is taken off an image, keep their precision.
        layout = torch.channels_last if parameter.ndim == 4 else torch.contiguous_format
        parameter.data = parameter.data.to(dtype, memory_format=layout)
    return copy


def without_batch_norm(network: BlurNetwork) -> BlurNetwork:
    """A copy of B in evaluation mode, with batch norm folded into the convolutions."""
    copy = deepcopy(network).eval().requires_grad_(False)
    for module in list(copy.modules()):
        _fold_children(module)
    return copy


def _fold_children(module: nn.Module) -> None:
    """Fold every batch norm into the convolution that stands right before it in ``module``."""
    before: tuple[str, nn.Module] | None = None
    for name, child in list(module.named_children()):
        if (
            isinstance(child, nn.BatchNorm2d)
            and before is not None
            and isinstance(before[1], nn.Conv2d)
        ):
            setattr(module, before[0], fuse_conv_bn_eval(before[1], child))
            setattr(module, name, nn.Identity())
        before = name, child


class ReplicateConv2d(nn.Module):
    """A 3x3 convolution whose borders repeat the edge pixel, without a padded copy of its input.

    It convolves with zeros around, then again near the border, where that is wrong.

    Args:
        conv: with padding mode ``replicate``.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        assert conv.kernel_size == (3, 3)
        assert conv.stride == (1, 1)
        self.weight, self.bias = conv.weight, conv.bias

    def forward(self, x: Tensor) -> Tensor:
        """N x C x H x W to N x C' x H x W."""
        if min(x.shape[-2:]) < 2:
            return self._padded(x, (1, 1, 1, 1))
        out = nn.functional.conv2d(x, self.weight, self.bias, padding=1)
        out[..., :1, :] = self._padded(x[..., :2, :], (1, 1, 1, 0))
        out[..., -1:, :] = self._padded(x[..., -2:, :], (1, 1, 0, 1))
        out[..., :, :1] = self._padded(x[..., :, :2], (1, 0, 1, 1))
        out[..., :, -1:] = self._padded(x[..., :, -2:], (0, 1, 1, 1))
        return out

    def _padded(self, x: Tensor, sides: tuple[int, int, int, int]) -> Tensor:
        padded = nn.functional.pad(x, sides, mode="replicate")
        return nn.functional.conv2d(padded, self.weight, self.bias)
