"""A stand-in for the released checkpoint: made-up weights, those of the reference arrays."""

import csv
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dmenet.networks import (
    AuxiliaryHeads,
    BlurEstimator,
    ContentFeatures,
    PatchDiscriminator,
    SharpnessCalibrator,
)
from dmenet.weights.released import load_released

REFERENCE = Path(__file__).parent / "reference"

PAPER_WEIGHTS = {
    "defocus": 1.0,
    "auxiliary": 1.0,
    "content": 1e-4,
    "sharpness": 2e-2,
    "adversarial": 1e-3,
    "discriminator": 1e-3,
    "reblurring": 0.0,
}


def made_up(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The value of variable ``name`` in the reference computations."""
    random = np.random.RandomState((zlib.crc32(name.encode()) ^ 20190616) & 0xFFFFFFFF)
    if name.endswith("/bias:0"):
        wide = "/encoder/" in name or name.startswith("perceptual/")
        return np.float32((5 if wide else 0.1) * random.randn(*shape))
    if name.endswith("/beta:0"):
        return np.float32(0.3 * random.randn(*shape))
    fan_in = int(np.prod(shape[:-1]))
    fan_out = int(np.prod(shape[:-2])) if shape[-1] == 1 else 0
    return np.float32(np.sqrt(2 / (fan_in + fan_out)) * random.randn(*shape))


@cache
def official_weights() -> dict[str, NDArray[np.float32]]:
    """Every variable of a released checkpoint."""
    weights = dict(np.load(REFERENCE / "batchnorm_statistics.npz"))
    with (REFERENCE / "variables.csv").open() as file:
        for row in csv.DictReader(file):
            if row["name"] not in weights:
                shape = tuple(int(n) for n in row["shape"].split("x"))
                weights[row["name"]] = made_up(row["name"], shape)
    return weights


def official_networks(checkpoint: Path) -> dict[str, nn.Module]:
    """B, its heads, D and S from ``checkpoint``; C from the formula."""
    networks: dict[str, nn.Module] = {
        "blur_estimation": BlurEstimator(),
        "auxiliary": AuxiliaryHeads(),
        "domain_adaptation": PatchDiscriminator(),
        "sharpness_calibration": SharpnessCalibrator(),
    }
    load_released(checkpoint, **networks)
    content = ContentFeatures()
    for name, conv in content.vgg.convs.items():
        out, into, *kernel = conv.weight.shape
        kernel_array = made_up(f"perceptual/{name}/kernel:0", (*kernel, into, out))
        conv.weight.data = torch.from_numpy(kernel_array).permute(3, 2, 0, 1).contiguous()
        conv.bias.data = torch.from_numpy(made_up(f"perceptual/{name}/bias:0", (out,)))
    return {**networks, "content_preservation": content}


def nchw(array: NDArray[np.float32]) -> Tensor:
    """TensorFlow's order to torch's."""
    return torch.from_numpy(np.moveaxis(np.atleast_1d(array), -1, -3).copy())
