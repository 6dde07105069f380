"""DMENet: defocus map estimation from one photograph (Lee et al., CVPR 2019).

Three lines give the blur of every pixel::

    import dmenet

    model = dmenet.load()
    result = model("photo.jpg")

``result.sigma_px`` is the map, in px. What a map is good for is in ``dmenet.restoration``.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from dmenet.errors import InputError

if TYPE_CHECKING:
    import torch

    from dmenet.api import Model, Result
    from dmenet.networks.precision import Precision
    from dmenet.networks.scales import Scales

__all__ = ["InputError", "Model", "Result", "load"]


def load(
    weights: str | Path = "mobile",
    *,
    device: "str | torch.device | None" = None,
    precision: "Precision" = "float32",
    tile: int | None = None,
    scales: "Scales" = "auto",
    working_size: int | None = None,
) -> "Model":
    """A model that tells how blurred each pixel of a photograph is.

    Args:
        weights: the name of weights that the package carries, or a file: a checkpoint of ours
            (``.ckpt``), weights that we publish (``.safetensors``), or the authors' released
            checkpoint (``.npz``).
        device: such as ``cpu`` or ``cuda:1``; None takes a GPU where there is one.
        precision: ``bfloat16`` is faster on processors and GPUs that have it, and off by a few
            hundredths of a px; without it, it is slower. ``auto`` asks the processor.
        tile: larger photographs are estimated in tiles of this side in px, which bounds the memory;
            the map is the same.
        scales: ``one``: a map of at most 7 px, what the network knows. ``auto``: where a photograph
            is blurred by more, it is also estimated at half its size, a quarter, and so on.
        working_size: larger photographs are reduced to this longest side in px first, which is
            faster; the map is in px of the photograph all the same.

    Raises:
        InputError: there are no such weights, no such device, or an argument is out of its range.

    >>> import dmenet
    >>> from skimage import data
    >>> model = dmenet.load()
    >>> result = model(data.chelsea()[100:228, 60:252])
    >>> result.sigma_px.shape, result.sigma_px.dtype
    ((128, 192), dtype('float32'))
    >>> blurred = result.mask(1.0)
    >>> blurred.shape, blurred.dtype
    ((128, 192), dtype('bool'))
    """
    from dmenet.api import Model

    return Model(
        weights,
        device=device,
        precision=precision,
        tile=tile,
        scales=scales,
        working_size=working_size,
    )


def __getattr__(name: str) -> object:
    """The classes by their names here; PyTorch is imported only when they are used."""
    if name in ("Model", "Result"):
        from dmenet import api

        return getattr(api, name)
    raise AttributeError(f"module 'dmenet' has no attribute {name!r}")
