"""How far a network looks, from its convolutions."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dmenet.networks.blur_estimation import BlurNetwork


class Reach(NamedTuple):
    """How many px around a part of the image influence the same part of a result.

    The borders of a part lie at multiples of the network's ``size_multiple`` (for ``whole``) or of
    its ``coarse_factor``, if it has one (for ``coarse_input`` and ``fine``); so does the reach.
    """

    coarse_input: int
    fine: int
    whole: int


@torch.inference_mode()
def reach_of(network: BlurNetwork) -> Reach:
    """The reach of the parts of B, in evaluation mode."""
    side = network.size_multiple
    image = next(network.parameters()).new_zeros(1, 3, side, side)
    coarse = network.coarse(network.coarse_input(image))[-1]
    factor = network.coarse_factor or side
    return Reach(
        _reach(network, partial(network.coarse_input, image), side, factor),
        _reach(network, partial(network.fine, image, coarse), side, factor),
        _reach(network, partial(network, image), side, side),
    )


def _reach(network: nn.Module, call: Callable[[], object], side: int, multiple: int) -> int:
    """The sum over all convolutions that ``call`` runs, rounded up to a multiple.

    No path through the network can reach farther. Where features are s times smaller than the
    image, half a kernel is s times as many px, and up to s - 1 px more are seen because a small
    pixel is seen as a whole; ``multiple`` is the largest s.

    Args:
        network: with the convolutions.
        call: runs them.
        side: of the image that it takes, in px.
        multiple: to round up to.
    """
    total = multiple - 1

    def add(layer: nn.Conv2d, _: object, out: Tensor) -> None:
        nonlocal total
        smaller_by = side // (out.shape[-1] * layer.stride[0])
        total += layer.kernel_size[0] // 2 * smaller_by

    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    handles = [layer.register_forward_hook(add) for layer in convolutions]
    try:
        call()
    finally:
        for handle in handles:
            handle.remove()
    return -(-total // multiple) * multiple
