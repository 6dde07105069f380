"""VGG19's published ImageNet weights, for B's encoder and for C.

The file is torchvision's ``vgg19-dcbb9e9d.pth`` (``features.0.weight`` ...), or the same state dict
as safetensors.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.hub import download_url_to_file, get_dir

from dmenet.errors import InputError
from dmenet.networks.vgg19 import BLOCKS, MEAN_BGR_255, VGG19
from dmenet.weights.tensor_files import read_state_dict

URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
SHA256_BEGINS = "dcbb9e9d"

# What torchvision's weights were trained on: RGB in [0, 1], minus mean, over deviation.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def downloaded_vgg19() -> Path:
    """The file, downloaded (575 MB) to where torch keeps such files, unless it is there.

    Raises:
        InputError: it cannot be had, or what came has another checksum.
    """
    path = Path(get_dir()) / "checkpoints" / URL.rpartition("/")[2]
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        download_url_to_file(URL, str(path), hash_prefix=SHA256_BEGINS)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"initial_weights.vgg19=download: {URL} could not be downloaded to {path} "
            f"({error}). Copy the file there from elsewhere, or give it as "
            "initial_weights.vgg19=FILE"
        ) from error
    return path


def torchvision_names() -> dict[str, str]:
    """``conv1_1`` ... to ``features.N``: one index per convolution, ReLU and pooling."""
    names, index = {}, 0
    for block, (_, count) in enumerate(BLOCKS, start=1):
        for number in range(1, count + 1):
            names[f"conv{block}_{number}"] = f"features.{index}"
            index += 2
        index += 1
    return names


def adapt_first_convolution(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Make conv1_1 of torchvision's VGG19 take the input of ours (BGR x 255 minus means).

    Both inputs are affine in the image, so that the difference can be folded into the weights; with
    borders that repeat pixels the result is the same everywhere.

    Args:
        weight: 64 x 3 x 3 x 3, over RGB.
        bias: 64.
    """
    mean = torch.tensor(MEAN, dtype=torch.float64)
    deviation = torch.tensor(DEVIATION, dtype=torch.float64)
    offset = (torch.tensor(MEAN_BGR_255, dtype=torch.float64).flip(0) / 255 - mean) / deviation
    wide = weight.double()
    shift = (wide.sum(dim=(2, 3)) * offset).sum(dim=1)
    scaled = wide / (255 * deviation).view(1, 3, 1, 1)
    return scaled.flip(1).to(weight.dtype), (bias.double() + shift).to(bias.dtype)


def load_vgg19(path: Path, networks: Iterable[VGG19]) -> None:
    """Fill VGG19 convolutions from torchvision's file.

    Raises:
        InputError: the file is not a state dict, an entry is missing or of another shape (published
            weights need width 1).
    """
    state = read_state_dict(path)
    for network in networks:
        for ours, theirs in torchvision_names().items():
            if ours not in network.convs:
                continue
            try:
                weight, bias = state[f"{theirs}.weight"], state[f"{theirs}.bias"]
            except KeyError as error:
                raise InputError(
                    f"{path} lacks the entry {error}: expected torchvision's VGG19"
                ) from error
            target = cast("nn.Conv2d", network.convs[ours])
            if weight.shape != target.weight.shape:
                raise InputError(
                    f"{path}: {theirs}.weight has shape {tuple(weight.shape)} where {ours} expects "
                    f"{tuple(target.weight.shape)}; published VGG19 weights need width 1 "
                    "(initial_weights.vgg19=null trains without them)"
                )
            if ours == "conv1_1":
                weight, bias = adapt_first_convolution(weight, bias)
            with torch.no_grad():
                target.weight.copy_(weight)
                cast("Tensor", target.bias).copy_(bias)
