"""Photographs as a Python caller has them: a path, an array, a picture of Pillow's, a tensor."""

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageOps

from dmenet.errors import InputError
from dmenet.images.reading import read_image, unit_range
from dmenet.sample import Image

Photograph: TypeAlias = str | Path | NDArray[Any] | PillowImage.Image | torch.Tensor

_CHANNELS = (1, 3, 4)


def image_of(photograph: Photograph) -> Image:
    """A photograph as H x W x 3 RGB in [0, 1].

    Args:
        photograph: the path of a file; an array H x W, or H x W x C with C = 1 (grey), 3 (RGB) or 4
            (RGB and alpha, which is dropped); a picture of Pillow's, which is turned upright as
            its EXIF says; a tensor H x W or C x H x W. Integers are of 8 or 16 bits, floats in
            [0, 1].

    Raises:
        InputError: it is none of these, or a file that cannot be read.

    >>> image_of(np.full((2, 3), 255, np.uint8)).shape
    (2, 3, 3)
    """
    if isinstance(photograph, str | Path):
        return read_image(Path(photograph).expanduser())
    if isinstance(photograph, PillowImage.Image):
        return _from_pixels(_pillow_pixels(photograph), "picture")
    if isinstance(photograph, torch.Tensor):
        return _from_pixels(_tensor_pixels(photograph), "tensor")
    if isinstance(photograph, np.ndarray):
        return _from_pixels(photograph, "array")
    raise InputError(
        f"a {type(photograph).__name__} is no photograph: expected a path, an array, a picture of "
        "Pillow's, a tensor, or a list of these"
    )


def _pillow_pixels(picture: PillowImage.Image) -> NDArray[Any]:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        return np.asarray(upright)
    opaque = upright.convert("RGBA") if upright.mode == "P" else upright
    return np.asarray(opaque.convert("RGB"))


def _tensor_pixels(tensor: torch.Tensor) -> NDArray[Any]:
    if tensor.ndim == 3:
        if tensor.shape[0] not in _CHANNELS:
            raise InputError(
                f"tensor of shape {tuple(tensor.shape)}: expected channels first, 3 x H x W"
            )
        tensor = tensor.movedim(0, 2)
    if tensor.dtype in (torch.bfloat16, torch.float16):
        tensor = tensor.float()
    pixels: NDArray[Any] = tensor.detach().cpu().numpy()
    return pixels


def _from_pixels(pixels: NDArray[Any], what: str) -> Image:
    grey = pixels.ndim == 2
    if not (grey or (pixels.ndim == 3 and pixels.shape[2] in _CHANNELS)) or pixels.size == 0:
        raise InputError(
            f"{what} of shape {pixels.shape}: expected one photograph, H x W x 3 (a tensor: "
            "3 x H x W), or H x W if grey; several are given as a list"
        )
    colours = pixels[..., np.newaxis] if grey else pixels
    if colours.shape[2] == 1:
        colours = np.repeat(colours, 3, axis=2)
    try:
        return unit_range(colours[..., :3])
    except ValueError as error:
        raise InputError(f"{what}: {error}") from error
