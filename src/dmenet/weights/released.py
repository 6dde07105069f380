"""The authors' released checkpoint: a NumPy archive of TensorFlow variables.

Entries are named ``main_net/defocus_net/decoder/u3/c1/kernel:0`` and so on; some copies lack
``main_net/``. Kernels are stored height, width, in, out.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dmenet.errors import InputError
from dmenet.networks.blur_estimation import RESIDUAL_BLOCKS
from dmenet.networks.vgg19 import BLOCKS

# The released graph's unused classification head, and C's copy of VGG19.
IGNORED = re.compile(r"defocus_net/encoder/(conv6_1|c_logits_\d)/|discriminator/perceptual/")

Layer = tuple[str, str, str]
"""Kind ("conv", "conv_no_bias" or "norm"), its name in the archive, its name in our module."""


def _conv_norm(archive: str, conv: str, norm: str, ours: str) -> Iterator[Layer]:
    yield "conv", f"{archive}/{conv}", f"{ours}.conv"
    yield "norm", f"{archive}/{norm}", f"{ours}.norm"


def _blur_estimation() -> Iterator[Layer]:
    for block, (_, count) in enumerate(BLOCKS, start=1):
        for number in range(1, count + 1):
            name = f"conv{block}_{number}"
            yield "conv", f"defocus_net/encoder/{name}", f"encoder.convs.{name}"
    decoder = "defocus_net/decoder"
    for stage in range(3):
        for i in range(3):
            yield from _conv_norm(
                f"{decoder}/u{3 - stage}", f"c{i + 1}", f"b{i + 1}", f"decoder.{stage}.{i}"
            )
    u0 = f"{decoder}/u0"
    yield from _conv_norm(u0, "c_init", "b_init", "decoder.3.0")
    for i in range(RESIDUAL_BLOCKS):
        yield from _conv_norm(u0, f"c_res{i}", f"b_res{i}", f"residual.{i}.skip")
        yield from _conv_norm(u0, f"c{i}_1", f"b{i}_1", f"residual.{i}.main.0")
        yield from _conv_norm(u0, f"c{i}_2", f"b{i}_2", f"residual.{i}.main.1")
    yield from _conv_norm(f"{decoder}/uf", "c1", "b1", "head.0")
    yield from _conv_norm(f"{decoder}/uf", "c2", "b2", "head.1")
    yield "conv", f"{decoder}/uf/c3", "head.2"


def _auxiliary() -> Iterator[Layer]:
    for i in range(5):
        for j in range(2):
            archive = f"defocus_net/decoder/u{4 - i}_aux"
            yield from _conv_norm(archive, f"c{j + 1}", f"b{j + 1}", f"heads.{i}.{j}")


def _sharpness_calibration() -> Iterator[Layer]:
    for i in range(9):
        archive = f"binary_net/l{i // 3 + 1}"
        yield from _conv_norm(archive, f"c{i % 3 + 1}", f"b{i % 3 + 1}", f"layers.{i}")
    yield "conv", "binary_net/l4/c1", "layers.9"


def _domain_adaptation() -> Iterator[Layer]:
    for i in range(4):
        yield "conv_no_bias", f"discriminator/feature/h{i}/c1", f"layers.{i}.0"
        yield "norm", f"discriminator/feature/h{i}/b1", f"layers.{i}.1"
    yield "conv_no_bias", "discriminator/feature/h4/c1", "logit"


def _variables(layers: Iterator[Layer]) -> dict[str, str]:
    """State-dict name to archive name for every array of some layers."""
    parts = {
        "conv": {"weight": "kernel", "bias": "bias"},
        "conv_no_bias": {"weight": "kernel"},
        "norm": {
            "bias": "beta",
            "running_mean": "moving_mean",
            "running_var": "moving_variance",
        },
    }
    return {
        f"{ours}.{part}": f"{archive}/{variable}:0"
        for kind, archive, ours in layers
        for part, variable in parts[kind].items()
    }


VARIABLES: Mapping[str, Mapping[str, str]] = {
    "blur_estimation": _variables(_blur_estimation()),
    "auxiliary": _variables(_auxiliary()),
    "domain_adaptation": _variables(_domain_adaptation()),
    "sharpness_calibration": _variables(_sharpness_calibration()),
}
"""For each subnetwork, the state-dict name of every array and its name in the archive."""


def read_released(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read a released checkpoint; names come without ``main_net/``, ignored entries are left out.

    Raises:
        InputError: no such file, not an ``.npz``, an entry that holds Python objects, or an entry
            that no released checkpoint has.
    """
    if not path.is_file():
        raise InputError(
            f"no checkpoint at {path}: expected the released .npz file (docs/photographs.md has "
            "where it is)"
        )
    known = {name for names in VARIABLES.values() for name in names.values()}
    arrays: dict[str, NDArray[np.float32]] = {}
    try:
        # `np.load` would also open pickles: only an archive is taken, objects in it are refused.
        if not zipfile.is_zipfile(path):
            raise ValueError("it is not a zip archive")
        with np.load(path, allow_pickle=False) as archive:
            for key in archive.files:
                name = key.removeprefix("main_net/")
                if not IGNORED.search(name):
                    arrays[name] = archive[key]
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is not a released checkpoint: expected an .npz of plain arrays ({error})"
        ) from error
    if unknown := sorted(set(arrays) - known):
        raise InputError(
            f"{path} has {len(unknown)} entries that no released checkpoint has, "
            f"the first is {unknown[0]!r}: is it a checkpoint of another network?"
        )
    return arrays


def _as_torch(array: NDArray[np.float32]) -> Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    return tensor.permute(3, 2, 0, 1) if tensor.ndim == 4 else tensor


def load_released(path: Path, **networks: nn.Module) -> None:
    """Fill subnetworks from a released checkpoint.

    Args:
        path: the ``.npz`` file.
        networks: modules of ``dmenet.networks`` (variant ``official``, width 1, S of kernel 1x1) by
            the keys of ``VARIABLES``.

    Raises:
        InputError: what ``read_released`` raises, or an entry is missing or of another shape.
    """
    arrays = read_released(path)
    for subnetwork, module in networks.items():
        state = module.state_dict()
        for ours, name in VARIABLES[subnetwork].items():
            if name not in arrays:
                raise InputError(f"{path} lacks the entry {name!r} that {subnetwork} needs")
            tensor = _as_torch(arrays[name])
            if ours not in state or state[ours].shape != tensor.shape:
                expected = tuple(state[ours].shape) if ours in state else "nothing"
                raise InputError(
                    f"{path}: entry {name!r} has shape {tuple(tensor.shape)} (torch order) where "
                    f"{subnetwork} expects {expected}; released checkpoints fit the official "
                    "variant at width 1"
                )
            state[ours] = tensor
        module.load_state_dict(state)
